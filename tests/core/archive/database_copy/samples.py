"""A small database copy to try things on, in as many parts as wanted, and ways to forge it."""

import gzip
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from nskeys.archive.age.recipients import encrypt_to
from nskeys.archive.age.x25519 import X25519Identity, X25519Recipient
from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.archive.database_copy.writing import (
    FULL,
    PartSize,
    RowsWriter,
    SignedFacts,
    WrittenRows,
    archive_of,
    signed,
)
from nskeys.crypto.keys import copy_thumbprint, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.model.audit import AuditHead
from nskeys.model.backup import MemberFact
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.database_copy import (
    CopyFacts,
    CopyHeader,
    CopyKeyFact,
    InspectedPart,
    PartFact,
    Row,
    Rows,
)
from nskeys.model.database_tables import (
    AUDIT,
    COPIED_TABLES,
    CREDENTIALS,
    DRILLS,
    KEYS,
    META,
    RECOVERY,
    REGISTER,
    ROTATIONS,
    STATEMENTS,
    ColumnKind,
    Table,
)
from nskeys.model.secret import SecretBytes
from tests.core.archive.samples import BACKED_UP, SEED

CMDB_ID = "c0" * 16
COPY_KEY = X25519Identity(SecretBytes(b"c" * 32))
RECIPIENT = X25519Recipient.parse(COPY_KEY.recipient)
CHECKPOINT = SignedCheckpoint('{"number":812}', b"z" * 64)
KIDS = ("01" * 32, "02" * 32)


def row_of(table: Table, **values: int | str | bytes | None) -> Row:
    """A row with these values, and others that fit their columns."""
    usual: dict[ColumnKind, int | str | bytes | None] = {
        ColumnKind.TEXT: "x",
        ColumnKind.NUMBER: 1,
        ColumnKind.BYTES: b"b",
        ColumnKind.BYTES_OR_NULL: None,
    }
    return tuple(values.get(column.name, usual[column.kind]) for column in table.columns)


def credential(number: int, **values: int | str | bytes | None) -> Row:
    """A credential's row."""
    told: dict[str, int | str | bytes | None] = {
        "id": f"{number:032x}",
        "kind": ("hierarchy", "pcanywhere", "run-as")[number % 3],
        "name": f"ns{number:06}",
        "note": 'quotes " and \\, a tab \t, \u2028, \U0001f511',
        "sealed": hashlib.sha256(number.to_bytes(8, "big")).digest() * 3,
        "key_no": 1 + number % 2,
    }
    return row_of(CREDENTIALS, **{**told, **values})


def tables(credentials: int = 10) -> dict[Table, list[Row]]:
    """Rows of every table."""
    return {
        META: [("cmdb_id", CMDB_ID), ("schema", "1")],
        KEYS: [row_of(KEYS, key_no=number, kid=kid) for number, kid in enumerate(KIDS, 1)],
        CREDENTIALS: [credential(number) for number in range(credentials)],
        REGISTER: [row_of(REGISTER, number=1, signature=b"s" * 64), row_of(REGISTER, number=2)],
        RECOVERY: [row_of(RECOVERY, number=1)],
        STATEMENTS: [row_of(STATEMENTS, number=700)],
        DRILLS: [],
        ROTATIONS: [row_of(ROTATIONS, number=1)],
        AUDIT: [row_of(AUDIT, no=number, digest=b"d" * 32) for number in range(1, 4)],
    }


@dataclass(frozen=True)
class Sample:
    """A copy: its parts' archives, and what they were made of."""

    copy: SignedFacts
    rows: WrittenRows
    parts: tuple[bytes, ...]

    def inspected(self) -> list[InspectedPart]:
        """Its parts, inspected."""
        return [inspect_part(f"part {number}", data) for number, data in enumerate(self.parts, 1)]


def facts_for(rows: WrittenRows, seed: SecretBytes = SEED) -> CopyFacts:
    """What a copy of these rows says of itself."""
    public = public_of(seed)
    return CopyFacts(
        server="ns01.example.net",
        cmdb_id=CMDB_ID,
        server_key=server_thumbprint(public),
        server_public=public,
        created=BACKED_UP,
        database="SQLite",
        number=812,
        checkpoint=CHECKPOINT.sha256,
        copy_key=CopyKeyFact(copy_thumbprint(RECIPIENT.public), RECIPIENT.text),
        keys=rows.keys,
        kinds=rows.kinds,
        tables=rows.tables,
        audit=AuditHead(3, b"d" * 32),
        left_out=rows.left_out,
        unexplained=False,
        parts=tuple(part.fact for part in rows.parts),
    )


def sample(
    content: dict[Table, list[Row]] | None = None,
    *,
    size: PartSize = FULL,
    batch: int = 2,
    seed: SecretBytes = SEED,
) -> Sample:
    """A copy of these rows, which are given to the writer in batches."""
    content = tables() if content is None else content
    streams: list[io.BytesIO] = []

    def begin(_: int) -> io.BytesIO:
        streams.append(io.BytesIO())
        return streams[-1]

    counts = tuple((table.name, len(content[table])) for table in COPIED_TABLES)
    writer = RowsWriter(CopyHeader(CMDB_ID, 1, CHECKPOINT, counts), RECIPIENT, begin, size=size)
    for table in COPIED_TABLES:
        for at in range(0, len(content[table]), batch):
            writer.add(table, content[table][at : at + batch])
    rows = writer.finish()
    copy = signed(facts_for(rows, seed), seed)
    parts = tuple(archive_of(copy, number, s.getvalue()).data for number, s in enumerate(streams, 1))
    return Sample(copy, rows, parts)


def read(parts: Sequence[InspectedPart], identity: X25519Identity = COPY_KEY) -> dict[str, list[Row]]:
    """Every row of a copy, by table."""
    found: dict[str, list[Row]] = {table.name: [] for table in COPIED_TABLES}
    reader = CopyReader(parts[0].facts, identity)
    for part in parts:
        for table, rows in reader.rows(part):
            found[table.name] += rows
    reader.finish()
    return found


def lines_in(part: InspectedPart) -> list[bytes]:
    """The lines of a part."""
    from nskeys.archive.age.recipients import decrypt_by

    return gzip.decompress(decrypt_by(part.cmdb, [COPY_KEY])).splitlines(keepends=True)


def forged(
    packed: bytes, told: Callable[[CopyFacts], CopyFacts] = lambda facts: facts, unpacked: int = 1 << 20
) -> InspectedPart:
    """The one part of the sample with another content, packed and signed by the server itself: what only
    the reader of the rows can find."""
    cmdb = encrypt_to([RECIPIENT], packed)
    base = sample()
    (part,) = base.copy.facts.parts
    fact = PartFact(MemberFact(hashlib.sha256(cmdb).hexdigest(), len(cmdb)), unpacked, part.rows)
    copy = signed(told(replace(base.copy.facts, parts=(fact,))), SEED)
    return inspect_part("part 1", archive_of(copy, 1, cmdb).data)


def packed(lines: Iterable[bytes]) -> bytes:
    """Lines as the writer packs them."""
    import zlib

    packing = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packing.compress(b"".join(lines)) + packing.flush()


def ended(lines: Sequence[bytes]) -> list[bytes]:
    """Lines with the last line that belongs to them."""
    from nskeys.archive.database_copy.facts_json import last_line

    return [*lines, last_line(len(lines), hashlib.sha256(b"".join(lines)).hexdigest())]


def as_rows(rows: Rows) -> list[Row]:
    return list(rows)
