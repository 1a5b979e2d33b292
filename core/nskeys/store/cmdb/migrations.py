"""The CMDB's tables, and the steps that make them. Forward only: a released step never changes.

    meta         name, value: `cmdb_id`, `schema` (the last step applied), `audit_signature`
    keys         key_no, kid, and how many secrets the key ever sealed
    credentials  the bound fields, the sealed secret, the key that sealed it, and how many seals all keys
                 had made by then (`seal_no`): whatever a drill saw has a number up to the last one of its
                 moment, and what was sealed later has a greater one, however clocks jump. Times are
                 seconds since 1970
    listing      derived from the bound fields: a key for each order, and the text that is searched.
                 Apart from `credentials`, so that re-sealing writes no more than the seal
    register     one row for each copy of each backup: RFC 8785 JSON and the server key's signature
    drills       the diary: RFC 8785 JSON and, where it was at hand, the server key's signature
    rotations    what was begun and how far it came
    audit        lines and their chain of hashes

`credentials` and `listing` lie in the order of their ids: a rotation, which goes through the ids, then
writes each page once. `credentials_by_use` answers "which keys seal how many, since when, up to which
number" by itself; each `listing_by_...` is one order of the list, with the kind for the filter that is used
most. A step is plain SQL of its own time and never touches a field that a seal binds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

TABLES = frozenset({"meta", "keys", "credentials", "listing", "register", "drills", "rotations", "audit"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where the databases differ in their SQL."""

    text: str
    """A text type that sorts by code point."""
    blob: str
    clustered: str
    """Behind a table whose rows lie in the order of its primary key."""


@dataclass(frozen=True, slots=True)
class Step:
    """Migrates schema `number - 1` to `number`."""

    number: int
    statements: Callable[[Spelling], Sequence[str]]


_FIRST_TABLES = (
    "CREATE TABLE meta (name {text} NOT NULL PRIMARY KEY, value {text} NOT NULL)",
    """CREATE TABLE keys (
        key_no INTEGER NOT NULL PRIMARY KEY,
        kid {text} NOT NULL UNIQUE,
        seals BIGINT NOT NULL CHECK (seals BETWEEN 0 AND 4294967296)
    )""",
    """CREATE TABLE credentials (
        id {text} NOT NULL PRIMARY KEY,
        key_no INTEGER NOT NULL REFERENCES keys (key_no),
        kind {text} NOT NULL,
        name {text} NOT NULL,
        target {text} NOT NULL,
        account {text} NOT NULL,
        note {text} NOT NULL,
        sealed_at BIGINT NOT NULL,
        created BIGINT NOT NULL,
        updated BIGINT NOT NULL,
        seal_no BIGINT NOT NULL,
        sealed {blob} NOT NULL,
        UNIQUE (kind, name)
    ){clustered}""",
    "CREATE INDEX credentials_by_use ON credentials (key_no, kind, sealed_at, seal_no)",
    """CREATE TABLE listing (
        id {text} NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
        kind {text} NOT NULL,
        by_kind {text} NOT NULL,
        by_name {text} NOT NULL,
        by_target {text} NOT NULL,
        by_account {text} NOT NULL,
        by_updated {text} NOT NULL,
        haystack {text} NOT NULL
    ){clustered}""",
    "CREATE INDEX listing_by_kind ON listing (by_kind, id, kind)",
    "CREATE INDEX listing_by_name ON listing (by_name, id, kind)",
    "CREATE INDEX listing_by_target ON listing (by_target, id, kind)",
    "CREATE INDEX listing_by_account ON listing (by_account, id, kind)",
    "CREATE INDEX listing_by_updated ON listing (by_updated, id, kind)",
    """CREATE TABLE register (
        number INTEGER NOT NULL PRIMARY KEY,
        kms_sha256 {text} NOT NULL,
        address {text} NOT NULL,
        body {text} NOT NULL,
        signature {blob}
    )""",
    "CREATE TABLE drills (number INTEGER NOT NULL PRIMARY KEY, body {text} NOT NULL, signature {blob})",
    """CREATE TABLE rotations (
        number INTEGER NOT NULL PRIMARY KEY,
        kid {text} NOT NULL,
        stage {text} NOT NULL,
        begun BIGINT NOT NULL,
        changed BIGINT NOT NULL,
        gate_skipped BIGINT NOT NULL
    )""",
    "CREATE TABLE audit (no INTEGER NOT NULL PRIMARY KEY, line {text} NOT NULL, digest {blob} NOT NULL)",
)


def _statements(spelling: Spelling) -> Sequence[str]:
    words = {"text": spelling.text, "blob": spelling.blob, "clustered": spelling.clustered}
    return [table.format(**words) for table in _FIRST_TABLES]


STEPS: tuple[Step, ...] = (Step(1, _statements),)
