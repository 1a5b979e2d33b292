"""Reading the rows of a database copy, part by part, in the memory of one.

Rows come before their end was seen, so nothing may be believed, or kept, before `finish` has returned: a
cut or changed part is only known at its last chunk.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter, lt
from typing import Any

from nskeys.archive.age.recipients import FileIdentity, decrypting_by
from nskeys.archive.database_copy.facts_json import LAST_LINE_BEGINS, header_of, last_line
from nskeys.archive.database_copy.limits import LINE_LIMIT, MIB
from nskeys.archive.database_copy.lines import begins, rows_of
from nskeys.errors import BackupDamaged, CopyKeyMissing, IdentityNotRecipient, NotABackup
from nskeys.model.credentials import CredentialKind
from nskeys.model.database_copy import CMDB_NAME, CopyFacts, CopyHeader, InspectedPart, PartFact, Rows
from nskeys.model.database_tables import COPIED_TABLES, CREDENTIALS, KEYS, Table
from nskeys.model.signed_json import Malformed
from nskeys.reasons import Problem

_GZIP = bytes.fromhex("1f8b080000000000")
"""How the one gzip member begins: deflate, no flags, no time (RFC 1952, section 2.3)."""
_GZIP_HEADER = 10
_WBITS = 31
_KEY_NO, _KID, _OF_KEY = KEYS.position("key_no"), KEYS.position("kid"), CREDENTIALS.position("key_no")
_OF_KIND = CREDENTIALS.position("kind")


class CopyReader:
    """Reads the parts of one copy in their order, each with an identity of its copy key."""

    def __init__(self, facts: CopyFacts, identity: FileIdentity) -> None:
        self._facts, self._identity = facts, identity
        self._table = 0
        self._last: object = None
        self._rows: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._keys: dict[object, str] = {}
        self._by_key: Counter[object] = Counter()
        self._next = 1
        self.header: CopyHeader | None = None
        """The first line of the first part, once it was read."""

    def rows(self, part: InspectedPart) -> Iterator[tuple[Table, Rows]]:
        """Yield the rows of the next part, table by table. Raises BackupDamaged, CopyKeyMissing where the
        identity is none of this copy's key, NewerVersion."""
        if part.facts != self._facts or part.part != self._next:
            raise ValueError("not the next part of this copy")
        fact = self._facts.parts[part.part - 1]
        with self._refusing(part.path):
            lines = _Lines(self._chunks(part), fact)
            self._heed_header(header_of(lines.first()), part.part)
            for block in lines.blocks():
                for table, some in self._tables_in(block):
                    rows = rows_of(table, some)
                    self._heed(table, rows)
                    yield table, rows
            lines.finish()
        self._next += 1

    def finish(self) -> None:
        """Check that everything came that the facts and the first line say. Raises BackupDamaged."""
        facts, header = self._facts, self.header
        if header is None or self._next != len(facts.parts) + 1:
            raise ValueError("not every part was read")
        tables = tuple((table.name, self._rows[table.name]) for table in COPIED_TABLES)
        keys = tuple((kid, self._by_key[number]) for number, kid in self._keys.items())
        kinds, said = [self._kinds[kind] for kind in CredentialKind], dict(facts.kinds)
        named = [said.get(kind, 0) for kind in CredentialKind]
        if (tables, keys, kinds) != (facts.tables, facts.keys, named):
            raise BackupDamaged("", CMDB_NAME, Problem.ROWS_AND_FACTS)
        missing = sum(count for _, count in header.counts) - facts.rows
        if missing != facts.left_out.count:
            raise BackupDamaged("", CMDB_NAME, Problem.ROWS_AND_FACTS)

    def _chunks(self, part: InspectedPart) -> Iterator[bytes]:
        try:
            yield from decrypting_by(part.cmdb, [self._identity], part.path)
        except IdentityNotRecipient:
            raise CopyKeyMissing(part.path, self._facts.copy_key.kid) from None
        except NotABackup as error:
            raise BackupDamaged(part.path, CMDB_NAME, error.problem or Problem.NOT_AGE) from None

    @contextmanager
    def _refusing(self, path: str) -> Iterator[None]:
        try:
            yield
        except Malformed as error:
            raise BackupDamaged(path, CMDB_NAME, error.problem) from None
        except BackupDamaged as error:
            raise BackupDamaged(path, CMDB_NAME, error.problem) from None

    def _heed_header(self, header: CopyHeader, part: int) -> None:
        first = self.header or header
        expected = CopyHeader(self._facts.cmdb_id, part, first.checkpoint, first.counts)
        if header != expected:
            raise Malformed(Problem.ROWS_AND_FACTS)
        signed = header.checkpoint
        if (None if signed is None else signed.sha256) != self._facts.checkpoint:
            raise Malformed(Problem.ROWS_AND_FACTS)
        self.header = first

    def _tables_in(self, block: bytes) -> Iterator[tuple[Table, bytes]]:
        """Yield a block of lines cut where a table ends and the next one begins."""
        at = 0
        while at < len(block):
            beginning = begins(COPIED_TABLES[self._table])
            last = block.rfind(b"\n", 0, len(block) - 1) + 1
            if block.startswith(beginning, at) and block.startswith(beginning, last):
                end = len(block)  # between two lines of one table there is no other's
            else:
                end = at
                while block.startswith(beginning, end):
                    end = block.index(b"\n", end) + 1
            if end > at:
                yield COPIED_TABLES[self._table], block[at:end]
            if end < len(block):
                self._table, self._last = self._table + 1, None
                if self._table == len(COPIED_TABLES):
                    raise Malformed(Problem.TABLES)
            at = end

    def _heed(self, table: Table, rows: Rows) -> None:
        """Count the rows; their primary keys have to rise."""
        keys: list[Any] = [row[0] for row in rows]
        if self._last is not None:
            keys = [self._last, *keys]
        if not all(map(lt, keys, keys[1:])):
            raise Malformed(Problem.ROW_ORDER)
        self._last = keys[-1]
        self._rows[table.name] += len(rows)
        if table is KEYS:
            self._keys.update((row[_KEY_NO], str(row[_KID])) for row in rows)
        elif table is CREDENTIALS:
            self._by_key.update(map(itemgetter(_OF_KEY), rows))
            self._kinds.update(str(row[_OF_KIND]) for row in rows)
            if not self._by_key.keys() <= self._keys.keys():
                raise Malformed(Problem.UNKNOWN_KEY)


class _Lines:
    """The lines of one part, unpacked within the bounds that its fact declares."""

    def __init__(self, chunks: Iterator[bytes], fact: PartFact) -> None:
        self._fact = fact
        self._unpacked = _Unpacked(chunks, fact.unpacked)
        self._hash, self._count = hashlib.sha256(), 0
        self._ended = False
        self._pending = bytearray()

    def first(self) -> bytes:
        """Return the first line."""
        while (end := self._pending.find(b"\n")) < 0:
            if not self._more():
                raise Malformed(Problem.TRUNCATED)
        line = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        self._see(line)
        return line

    def blocks(self) -> Iterator[bytes]:
        """Yield whole lines, many at a time, up to the last one."""
        while True:
            end = self._pending.rfind(b"\n") + 1
            if end:
                block = bytes(self._pending[:end])
                del self._pending[:end]
                rows = self._without_last(block)
                if len(rows) > LINE_LIMIT and max(map(len, rows.split(b"\n"))) >= LINE_LIMIT:
                    raise Malformed(Problem.TOO_LARGE)
                if rows:
                    self._see(rows)
                    yield rows
            if self._ended or not self._more():
                return

    def finish(self) -> None:
        """Check that the last line came, and nothing behind it. Raises Malformed."""
        while self._more():
            pass
        if self._pending:
            raise Malformed(Problem.TRUNCATED if not self._ended else Problem.TOO_LARGE)
        if not self._ended:
            raise Malformed(Problem.TRUNCATED)
        if self._unpacked.size != self._fact.unpacked or self._count - 1 != self._fact.rows:
            raise Malformed(Problem.ROWS_AND_FACTS)

    def _without_last(self, block: bytes) -> bytes:
        """Return the rows of a block; its last line may be the part's."""
        last = block.rfind(b"\n", 0, len(block) - 1) + 1
        if not block.startswith(LAST_LINE_BEGINS, last):
            return block
        rows, ending = block[:last], block[last:]
        seen = self._hash.copy()
        seen.update(rows)
        if ending != last_line(self._count + rows.count(b"\n"), seen.hexdigest()):
            raise Malformed(Problem.LAST_LINE)
        self._ended = True
        return rows

    def _see(self, lines: bytes) -> None:
        self._hash.update(lines)
        self._count += lines.count(b"\n")

    def _more(self) -> bool:
        more = self._unpacked.read()
        self._pending += more
        if len(self._pending) > LINE_LIMIT + MIB and b"\n" not in self._pending:
            raise Malformed(Problem.TOO_LARGE)
        return bool(more)


class _Unpacked:
    """One gzip member, unpacked piece by piece. Raises Malformed."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks, self._limit = chunks, limit
        self._unpacking = zlib.decompressobj(_WBITS)
        self._header = b""
        self.size = 0

    def read(self) -> bytes:
        """Return up to 1 MiB more; nothing at the end."""
        pieces: list[bytes] = []
        found = 0
        while found < MIB:
            packed = self._unpacking.unconsumed_tail or next(self._chunks, b"")
            piece = self._unpack(packed, MIB - found)
            if not piece and not packed:
                break
            pieces.append(piece)
            found += len(piece)
        if not found and not self._unpacking.eof:
            raise Malformed(Problem.TRUNCATED)
        self.size += found
        if self.size > self._limit:
            raise Malformed(Problem.TOO_LARGE)
        return b"".join(pieces)

    def _unpack(self, packed: bytes, limit: int) -> bytes:
        if len(self._header) < _GZIP_HEADER:
            self._header += packed[: _GZIP_HEADER - len(self._header)]
            if not self._header.startswith(_GZIP[: len(self._header)]):
                raise Malformed(Problem.NOT_GZIP)
        if self._unpacking.eof:
            if packed:
                raise Malformed(Problem.NOT_CANONICAL)
            return b""
        try:
            piece = self._unpacking.decompress(packed, limit)
        except zlib.error:
            raise Malformed(Problem.CHECKSUM) from None
        if self._unpacking.unused_data:
            raise Malformed(Problem.NOT_CANONICAL)
        return piece
