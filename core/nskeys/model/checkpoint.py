"""The checkpoint: the signed statement of what everything was after a change (FORMAT.md, "Checkpoint").

One document, RFC 8785 JSON, signed by the server key at every change: the only row of its table in the
CMDB, and with what it names in the home (`model.home_checkpoint`). Whatever contradicts it is a mismatch
(`model.mismatches`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from nskeys.errors import NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.signed_json import (
    Fields,
    Json,
    Malformed,
    canonical_json,
    integer,
    items,
    mapping,
    parse,
    to_base64url,
)
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem, Versioned

VERSION = 1
DOCUMENT_LIMIT = 1 << 20
"""Bytes of a checkpoint."""
VOID_LIMIT = 100
"""Ranges of numbers that were abandoned; the two oldest are joined when there is one more."""
STEP = 1_000_000
"""How far the numbers go on where what was known is not sure to be all."""
_PREDECESSORS = 1_000
_UNEXPLAINED = 100
_MEMBERS = (
    "version",
    "cmdb_id",
    "server_key",
    "number",
    "previous",
    "moment",
    "store_id",
    "keys",
    "register",
    "diary",
    "audit",
    "rotation",
    "recovery",
    "predecessors",
    "void",
    "unexplained",
    "last_check",
)


class Predecessor(NamedTuple):
    """A server key that signed before this one, and the number of the last change that counts under it."""

    server_key: str
    upto: int


class Unexplained(NamedTuple):
    """A mismatch that changes went on beside."""

    what: str
    since: datetime
    expected: str
    found: str


class LastCheck(NamedTuple):
    """The last look at everything: the number of the change that wrote it down, when, and how many
    mismatches it found."""

    number: int
    moment: datetime
    findings: int


class Checkpoint(NamedTuple):
    """What was after the change with this number. Hashes are SHA-256 in hex; None where there is nothing to
    be hashed."""

    cmdb_id: str
    server_key: str
    number: int
    previous: str | None
    moment: datetime
    store_id: str
    keys: str
    register: str
    diary: str
    audit: AuditHead
    rotation: str | None
    recovery: str | None
    predecessors: tuple[Predecessor, ...] = ()
    void: tuple[tuple[int, int], ...] = ()
    unexplained: tuple[Unexplained, ...] = ()
    last_check: LastCheck | None = None


class SignedCheckpoint(NamedTuple):
    """A checkpoint as it is stored: `text` is exactly what `signature` covers."""

    text: str
    signature: bytes

    @property
    def sha256(self) -> str:
        """The hash by which the next checkpoint names this one."""
        return sha256_of(self.text.encode("utf-8", "replace"))


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def hash_of(value: Json) -> str:
    """Return the hash of a value in canonical JSON."""
    return sha256_of(canonical_json(value))


def row_hash(body: str, signature: bytes | None) -> str:
    """Return the hash by which a checkpoint's lists name a signed row."""
    return hash_of([body, None if signature is None else to_base64url(signature)])


def to_document(checkpoint: Checkpoint) -> Mapping[str, Json]:
    """Return the members of a checkpoint."""
    last = checkpoint.last_check
    return {
        "version": VERSION,
        "cmdb_id": checkpoint.cmdb_id,
        "server_key": checkpoint.server_key,
        "number": checkpoint.number,
        "previous": checkpoint.previous,
        "moment": to_rfc3339(checkpoint.moment),
        "store_id": checkpoint.store_id,
        "keys": checkpoint.keys,
        "register": checkpoint.register,
        "diary": checkpoint.diary,
        "audit": {"count": checkpoint.audit.count, "head": checkpoint.audit.digest.hex()},
        "rotation": checkpoint.rotation,
        "recovery": checkpoint.recovery,
        "predecessors": [
            {"server_key": one.server_key, "upto": one.upto} for one in checkpoint.predecessors
        ],
        "void": [list(one) for one in checkpoint.void],
        "unexplained": [
            {
                "what": one.what,
                "since": to_rfc3339(one.since),
                "expected": one.expected,
                "found": one.found,
            }
            for one in checkpoint.unexplained
        ],
        "last_check": None
        if last is None
        else {"number": last.number, "moment": to_rfc3339(last.moment), "findings": last.findings},
    }


def to_text(checkpoint: Checkpoint) -> str:
    """Return a checkpoint as it is stored and signed."""
    return canonical_json(to_document(checkpoint)).decode("utf-8")


def from_text(text: str) -> Checkpoint:
    """Return the checkpoint in a text; its signature is not checked here. Raises Malformed,
    NewerVersion."""
    document = parse(text.encode("utf-8", "replace"), DOCUMENT_LIMIT)
    found = integer(document.get("version") if isinstance(document, Mapping) else None, lowest=1)
    if found > VERSION:
        raise NewerVersion(Versioned.CHECKPOINT, found, VERSION)
    read = Fields(document).only(*_MEMBERS)
    audit = read.fields("audit").only("count", "head")
    return Checkpoint(
        cmdb_id=read.hexadecimal("cmdb_id", 32),
        server_key=read.hexadecimal("server_key", 64),
        number=read.integer("number", lowest=1),
        previous=_hash(read, "previous"),
        moment=read.moment("moment"),
        store_id=read.hexadecimal("store_id", 32),
        keys=read.hexadecimal("keys", 64),
        register=read.hexadecimal("register", 64),
        diary=read.hexadecimal("diary", 64),
        audit=AuditHead(audit.integer("count"), bytes.fromhex(audit.hexadecimal("head", 64))),
        rotation=_hash(read, "rotation"),
        recovery=_hash(read, "recovery"),
        predecessors=tuple(map(_predecessor, read.items("predecessors", _PREDECESSORS))),
        void=_void(read.items("void", VOID_LIMIT)),
        unexplained=tuple(map(_unexplained, read.items("unexplained", _UNEXPLAINED))),
        last_check=None if read.is_null("last_check") else _last_check(read.fields("last_check")),
    )


def is_void(void: Sequence[tuple[int, int]], number: int) -> bool:
    """Return whether a number was abandoned."""
    return any(first <= number <= last for first, last in void)


def with_void(void: Sequence[tuple[int, int]], first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Return the abandoned ranges with one more; the two oldest are joined where there are too many."""
    ranges = (*void, (first, last))
    while len(ranges) > VOID_LIMIT:
        ranges = ((ranges[0][0], ranges[1][1]), *ranges[2:])
    return ranges


def _hash(read: Fields, name: str) -> str | None:
    return None if read.is_null(name) else read.hexadecimal(name, 64)


def _predecessor(value: Json) -> Predecessor:
    read = Fields(value).only("server_key", "upto")
    return Predecessor(read.hexadecimal("server_key", 64), read.integer("upto"))


def _void(ranges: Sequence[Json]) -> tuple[tuple[int, int], ...]:
    found = []
    for value in ranges:
        pair = items(value, 2)
        if len(pair) != 2:  # a range has a first and a last number
            raise Malformed(Problem.WRONG_VALUE)
        first = integer(pair[0], lowest=1)
        found.append((first, integer(pair[1], lowest=first)))
    return tuple(found)


def _unexplained(value: Json) -> Unexplained:
    read = Fields(value).only("what", "since", "expected", "found")
    return Unexplained(read.text("what"), read.moment("since"), read.text("expected"), read.text("found"))


def _last_check(read: Fields) -> LastCheck:
    read.only("number", "moment", "findings")
    return LastCheck(read.integer("number", lowest=1), read.moment("moment"), read.integer("findings"))


def documents(value: Json) -> tuple[Mapping[str, Json], ...]:
    """Return a list of objects. Raises Malformed."""
    return tuple(mapping(item) for item in items(value))
