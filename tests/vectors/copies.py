"""Database copies of the CMDB of the vectors, laid out by core/FORMAT.md, section 13."""

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from nskeys.archive.age.recipients import RecipientsRandomness, encrypt_to_with, parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.canonical_zip import build
from nskeys.archive.database_copy.facts_json import last_line
from nskeys.archive.database_copy.lines import lines_of
from nskeys.crypto.signing import public_of, sign
from nskeys.model.database_tables import COPIED_TABLES
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url
from tests.vectors import records
from tests.vectors.entries import Doc, Entry
from tests.vectors.forging import copy_restore_text, fact
from tests.vectors.positives import (
    CMDB_ID,
    COPY_KEY,
    SERVER,
    SERVER_SEED,
    audit_trail,
    keys_by_kid,
    sealed_rows,
)

BY_COPY_KEY = {"identity": X25519Identity(COPY_KEY.secret).spelled().text()}
Lines = list[bytes]


def _same(_: Any) -> None: ...


def _as_is(data: bytes) -> bytes:
    return data


Edit = Callable[[Any], object]
Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class WrongPart:
    """What is done to the pieces of the last part, in the order in which they are made."""

    lines: Edit = _same
    """The lines with rows; what counts them follows."""
    last: Change = _as_is
    unpacked: Change = _as_is
    packed: Change = _as_is
    age: Change = _as_is
    facts: Edit = _same
    signature: Change = _as_is
    restore: Change = _as_is
    cmdb: Change = _as_is
    manifest: Edit = _same
    members: Edit = _same
    laid_out: Change = _as_is
    recipient: str = ""


AS_IT_MUST_BE = WrongPart()


def parts(
    wrong: WrongPart = AS_IT_MUST_BE, *, count: int = 1, database: str = "SQLite", left_out: int = 0
) -> list[bytes]:
    """Return the archives of a copy of so many parts."""
    rows = _rows()
    per_part = -(-len(rows) // count)
    made = []
    for part in range(1, count + 1):
        last = part == count
        of_part = rows[(part - 1) * per_part : part * per_part]
        made.append(_member(part, of_part, wrong if last else AS_IT_MUST_BE, left_out))
    facts = _facts(made, database, left_out)
    wrong.facts(facts)
    signature = wrong.signature(sign(SERVER_SEED, "copy", canonical_json(facts)))
    return [
        _archive(facts, signature, part, one.cmdb, wrong if part == count else AS_IT_MUST_BE)
        for part, one in enumerate(made, 1)
    ]


@dataclass(frozen=True)
class _Member:
    cmdb: bytes
    unpacked: int
    rows: int


def _rows() -> Lines:
    held = records.tables()
    spelled = b"".join(lines_of(table, held[table.name]) for table in COPIED_TABLES)
    return spelled.splitlines(keepends=True)


def first_line(part: int, left_out: int = 0, **members: Any) -> bytes:
    """The first line of a part."""
    mark = records.checkpoint()
    counts = {table.name: len(records.tables()[table.name]) for table in COPIED_TABLES}
    counts["credentials"] += left_out
    told: Doc = {
        "format": "nskeys/cmdb/1",
        "cmdb_id": CMDB_ID,
        "part": part,
        "checkpoint": {"document": mark["text"], "sig": to_base64url(bytes.fromhex(mark["signature"]))},
        "counts": counts,
    }
    return canonical_json({**told, **members}) + b"\n"


def _member(part: int, rows: Lines, wrong: WrongPart, left_out: int) -> _Member:
    lines = [first_line(part, left_out), *rows]
    wrong.lines(lines)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    unpacked = wrong.unpacked(b"".join(lines) + wrong.last(last_line(len(lines), digest)))
    recipient = parse_recipient(wrong.recipient or X25519Identity(COPY_KEY.secret).recipient)
    share = SecretBytes(hashlib.sha256(b"share of a part").digest())  # wiped once it was used
    randomness = RecipientsRandomness(bytes(range(16)), bytes(range(16)), (share,))
    cmdb = wrong.age(encrypt_to_with(randomness, [recipient], wrong.packed(gzip(unpacked))))
    return _Member(cmdb, len(unpacked), len(lines) - 1)


def gzip(data: bytes) -> bytes:
    """One gzip member in stored blocks, which every library spells alike."""
    blocks = [data[at : at + 65_535] for at in range(0, len(data), 65_535)] or [b""]
    stored = b"".join(
        struct.pack("<BHH", at == len(blocks) - 1, len(block), 0xFFFF - len(block)) + block
        for at, block in enumerate(blocks)
    )
    head = bytes.fromhex("1f8b08000000000004ff")
    return head + stored + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _facts(made: Sequence[_Member], database: str, left_out: int) -> Doc:
    told, mark, trail = sealed_rows(), records.checkpoint(), audit_trail()
    kinds = [row["kind"] for row in told["rows"]]
    kids = [row["kid"] for row in told["rows"]]
    lost = [{"table": "credentials", "row": "'ff'", "problem": "not_bytes"}] * min(left_out, 100)
    return {
        "format": "nskeys/cmdb/1",
        "server": "ns01.example.net",
        "cmdb_id": CMDB_ID,
        "server_key": SERVER,
        "server_public": to_base64url(public_of(SERVER_SEED)),
        "created": "2026-11-23T03:00:00Z",
        "database": database,
        "number": records.NUMBER,
        "checkpoint": hashlib.sha256(mark["text"].encode()).hexdigest(),
        "copy_key": {"kid": COPY_KEY.key.kid, "recipient": X25519Identity(COPY_KEY.secret).recipient},
        "keys": [{"kid": kid, "credentials": kids.count(kid)} for kid in keys_by_kid()],
        "kinds": {kind: kinds.count(kind) for kind in ("hierarchy", "pcanywhere", "run-as")},
        "tables": {table.name: len(records.tables()[table.name]) for table in COPIED_TABLES},
        "audit": {"count": 3, "head": trail["head"]},
        "left_out": {
            "count": left_out,
            "rows": lost,
            "kids": sorted(keys_by_kid())[:1] if left_out else [],
            "unknown_key": False,
        },
        "unexplained": False,
        "parts": [{**fact(one.cmdb), "unpacked": one.unpacked, "rows": one.rows} for one in made],
    }


def _archive(facts: Doc, signature: bytes, part: int, cmdb: bytes, wrong: WrongPart) -> bytes:
    restore = wrong.restore(copy_restore_text(facts, part))
    manifest: Doc = {
        "facts": deepcopy(facts),
        "part": part,
        "sig": to_base64url(signature),
        "members": {"RESTORE.txt": fact(restore), "cmdb.age": fact(cmdb)},
    }
    wrong.manifest(manifest)
    members = [
        ("RESTORE.txt", restore),
        ("manifest.json", canonical_json(manifest)),
        ("cmdb.age", wrong.cmdb(cmdb)),
    ]
    wrong.members(members)
    return wrong.laid_out(build(members))


def copies() -> list[Entry]:
    """The accepted database copies."""
    counts = {table.name: len(records.tables()[table.name]) for table in COPIED_TABLES}
    secrets = {row["name"]: row["secret"] for row in sealed_rows()["rows"]}
    keys = {kid: to_base64url(key.reveal()) for kid, key in keys_by_kid().items()}

    def of(name: str, note: str, made: list[bytes]) -> Entry:
        files: dict[str, bytes | None] = {
            f"copies/{name}-{part}of{len(made)}.zip": data for part, data in enumerate(made, 1)
        }
        given = {"rows": counts, "secrets": secrets}
        return Entry(
            "database copy", files, "13", note, opened_with={**BY_COPY_KEY, "keys": keys}, gives=given
        )

    return [
        of("sqlite", "of an SQLite database, one part", parts()),
        of("postgresql", "of a PostgreSQL database, three parts", parts(count=3, database="PostgreSQL")),
        of("left-out", "two credentials have no spelling", parts(left_out=2)),
    ]
