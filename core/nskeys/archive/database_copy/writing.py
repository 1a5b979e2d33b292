"""Writing a database copy: rows to encrypted parts, then parts to archives, in the memory of one part.

How many parts there are is known when the last row was written. So the rows go into one stream a part first
(a temporary file of the caller's), and the archives, which name all parts, are laid out after that.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from nskeys.archive.age.recipients import RecipientsRandomness, encrypting_to
from nskeys.archive.age.x25519 import X25519Recipient
from nskeys.archive.canonical_zip import build
from nskeys.archive.database_copy.facts_json import first_line, last_line, manifest_bytes, signed_facts
from nskeys.archive.database_copy.limits import (
    LEFT_OUT_SHOWN,
    LINE_LIMIT,
    MIB,
    PART_FULL,
    PARTS_LIMIT,
    UNPACKED_FULL,
)
from nskeys.archive.database_copy.lines import NoSpelling, lines_of, problem_of
from nskeys.archive.database_copy.restore_text import restore_text
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign
from nskeys.errors import CmdbDamaged
from nskeys.model.backup import MANIFEST_NAME, RESTORE_NAME, MemberFact
from nskeys.model.credentials import CredentialKind
from nskeys.model.database_copy import (
    CMDB_NAME,
    CopyFacts,
    CopyHeader,
    CopyManifest,
    LeftOut,
    LeftOutRow,
    PartFact,
    Row,
    Rows,
)
from nskeys.model.database_tables import COPIED_TABLES, CREDENTIALS, KEYS, Table
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Problem

_LEVEL = 1
"""Sealed secrets are most of a row and do not get smaller: a higher level costs time and gains little."""
_WBITS = 31
"""A gzip member (RFC 1952)."""
_SHOWN_ROW = 64
_KEY_NO, _KID = KEYS.position("key_no"), KEYS.position("kid")
_OF_KEY, _OF_KIND = CREDENTIALS.position("key_no"), CREDENTIALS.position("kind")


class PartStream(Protocol):
    """Where the ciphertext of one part goes."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part that was written: its fact, and the hash of the gzip member in it, which a second reader has
    to find."""

    fact: PartFact
    gzip_sha256: str


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """All parts, and what they hold."""

    parts: tuple[WrittenPart, ...]
    keys: tuple[tuple[Kid, int], ...]
    kinds: tuple[tuple[str, int], ...]
    tables: tuple[tuple[str, int], ...]
    left_out: LeftOut


@dataclass(frozen=True, slots=True)
class PartSize:
    """When a part is full: bytes of `cmdb.age`, and bytes of lines. Tests have small ones."""

    packed: int = PART_FULL
    unpacked: int = UNPACKED_FULL


FULL = PartSize()


class RowsWriter:
    """Writes the rows of the tables, in their order, into as many parts as they need.

    `header` is that of the first part; `begin_part` is called with each part's number for the stream that
    it goes to."""

    def __init__(
        self,
        header: CopyHeader,
        recipient: X25519Recipient,
        begin_part: Callable[[int], PartStream],
        *,
        size: PartSize = FULL,
        randomness: Callable[[], RecipientsRandomness] = lambda: RecipientsRandomness.fresh(1),
    ) -> None:
        self._header = header
        self._recipient, self._begin_part, self._size = recipient, begin_part, size
        self._randomness = randomness
        self._parts: list[WrittenPart] = []
        self._tables = dict.fromkeys((table.name for table in COPIED_TABLES), 0)
        self._kinds: Counter[str] = Counter()
        self._by_key: Counter[int] = Counter()
        self._kids: dict[int, Kid] = {}
        self._left_out = _LeavingOut()
        self._part = self._new_part()

    def add(self, table: Table, rows: Rows) -> None:
        """Write rows; one that has no spelling is left out and counted, and so is a credential without a
        key."""
        try:
            lines = lines_of(table, rows)
            all_fit = table is not CREDENTIALS or self._kids.keys() >= {row[_OF_KEY] for row in rows}
        except NoSpelling:
            all_fit = False
        if not all_fit:
            rows = [row for row in rows if self._has_spelling(table, row)]
            lines = lines_of(table, rows)
        if len(lines) > LINE_LIMIT:
            self._add_some(table, rows)
            return
        self._part.write(lines, len(rows))
        self._count(table, rows)
        if self._part.size >= self._size.packed or self._part.unpacked >= self._size.unpacked:
            self._parts.append(self._part.finish())
            self._part = self._new_part()

    def finish(self) -> WrittenRows:
        """End the last part. Nothing may be added afterwards."""
        self._parts.append(self._part.finish())
        kinds = tuple((kind.value, self._kinds[kind.value]) for kind in CredentialKind)
        return WrittenRows(
            parts=tuple(self._parts),
            keys=tuple((kid, self._by_key[number]) for number, kid in self._kids.items()),
            kinds=kinds,
            tables=tuple(self._tables.items()),
            left_out=self._left_out.told(),
        )

    def _add_some(self, table: Table, rows: Rows) -> None:
        """Add half of the rows, then the others, until what is spelled at once is small."""
        if len(rows) == 1:
            self._leave_out(table, rows[0], Problem.TOO_LARGE)
            return
        half = len(rows) // 2
        self.add(table, rows[:half])
        self.add(table, rows[half:])

    def _has_spelling(self, table: Table, row: Row) -> bool:
        problem = problem_of(table, row)
        if problem is None and table is CREDENTIALS and row[_OF_KEY] not in self._kids:
            problem = Problem.UNKNOWN_KEY
        if problem is not None:
            self._leave_out(table, row, problem)
        return problem is None

    def _leave_out(self, table: Table, row: Row, problem: Problem) -> None:
        number = row[_OF_KEY] if table is CREDENTIALS else row[_KEY_NO] if table is KEYS else None
        kid = self._kids.get(number) if isinstance(number, int) else None
        shown = LeftOutRow(table.name, ascii(row[0])[:_SHOWN_ROW], problem)
        self._left_out.add(shown, kid, concerns_keys=table in (CREDENTIALS, KEYS))

    def _count(self, table: Table, rows: Rows) -> None:
        self._tables[table.name] += len(rows)
        if table is KEYS:
            self._kids.update((int(row[_KEY_NO] or 0), Kid(str(row[_KID]))) for row in rows)
        elif table is CREDENTIALS:
            self._kinds.update(str(row[_OF_KIND]) for row in rows)
            self._by_key.update(int(row[_OF_KEY] or 0) for row in rows)

    def _new_part(self) -> "_Part":
        number = len(self._parts) + 1
        if number > PARTS_LIMIT:
            raise CmdbDamaged("", Problem.TOO_LARGE)
        return _Part(
            first_line(replace(self._header, part=number)),
            self._begin_part(number),
            self._recipient,
            self._randomness(),
        )


class _LeavingOut:
    """What was left out so far."""

    def __init__(self) -> None:
        self._count = 0
        self._rows: list[LeftOutRow] = []
        self._kids: dict[Kid, None] = {}
        self._unknown_key = False

    def add(self, row: LeftOutRow, kid: Kid | None, *, concerns_keys: bool) -> None:
        self._count += 1
        if len(self._rows) < LEFT_OUT_SHOWN:
            self._rows.append(row)
        if kid is not None:
            self._kids[kid] = None
        self._unknown_key |= concerns_keys and kid is None

    def told(self) -> LeftOut:
        return LeftOut(self._count, tuple(self._rows), tuple(sorted(self._kids)), self._unknown_key)


class _Part:
    """One part while it is written: lines, packed, encrypted, hashed."""

    def __init__(
        self,
        header: bytes,
        stream: PartStream,
        recipient: X25519Recipient,
        randomness: RecipientsRandomness,
    ) -> None:
        self.size = self.unpacked = 0
        self._stream = stream
        self._rows = self._lines = 0
        self._of_lines, self._of_packed, self._of_member = (hashlib.sha256() for _ in range(3))
        self._packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WBITS)
        self._age = encrypting_to(randomness, [recipient], self._put)
        self.write(header, 0)
        self._lines = 1

    def write(self, lines: bytes, rows: int) -> None:
        self._of_lines.update(lines)
        self._rows += rows
        self._lines += rows
        self._pack(lines)

    def finish(self) -> WrittenPart:
        self._pack(last_line(self._lines, self._of_lines.hexdigest()))
        self._encrypt(self._packing.flush())
        self._age.finish()
        member = MemberFact(self._of_member.hexdigest(), self.size)
        return WrittenPart(PartFact(member, self.unpacked, self._rows), self._of_packed.hexdigest())

    def _pack(self, lines: bytes) -> None:
        self.unpacked += len(lines)
        for at in range(0, len(lines), MIB):
            self._encrypt(self._packing.compress(lines[at : at + MIB]))

    def _encrypt(self, packed: bytes) -> None:
        self._of_packed.update(packed)
        self._age.write(packed)

    def _put(self, data: bytes) -> None:
        self._of_member.update(data)
        self.size += len(data)
        self._stream.write(data)


@dataclass(frozen=True, slots=True)
class SignedFacts:
    """The facts of a copy, signed."""

    facts: CopyFacts
    signature: bytes


def signed(facts: CopyFacts, server_key: SecretBytes) -> SignedFacts:
    """Sign the facts of a copy with the server key that they name."""
    public = public_of(server_key)
    if (server_thumbprint(public), public) != (facts.server_key, facts.server_public):
        raise ValueError("the facts name another server key")
    return SignedFacts(facts, sign(server_key, "copy", signed_facts(facts)))


@dataclass(frozen=True, slots=True)
class PartArchive:
    """The archive of one part, in memory."""

    part: int
    data: bytes = field(repr=False)
    sha256: str


def archive_of(copy: SignedFacts, part: int, cmdb: bytes) -> PartArchive:
    """Return the archive of one part, whose `cmdb.age` was read from where it was written to. Raises
    ValueError where it is not what was written."""
    text = restore_text(copy.facts, part)
    kept = copy.facts.parts[part - 1].member
    if MemberFact(hashlib.sha256(cmdb).hexdigest(), len(cmdb)) != kept:
        raise ValueError("the part is not what was written")
    members = (
        (RESTORE_NAME, MemberFact(hashlib.sha256(text).hexdigest(), len(text))),
        (CMDB_NAME, kept),
    )
    manifest = manifest_bytes(CopyManifest(copy.facts, copy.signature, part, members))
    data = build(((RESTORE_NAME, text), (MANIFEST_NAME, manifest), (CMDB_NAME, cmdb)))
    return PartArchive(part, data, hashlib.sha256(data).hexdigest())


def part_name(stem: str, part: int, parts: int) -> str:
    """Return the file name of a part: `<stem>-cmdb-1of3.zip`."""
    return f"{stem}-cmdb-{part}of{parts}.zip"
