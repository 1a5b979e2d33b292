"""The CMDB's tables, and the steps that make them. Forward only: a released step never changes.

    meta         name, value: `cmdb_id`, `schema` (the last step applied), `number` (of the last change)
    keys         key_no, kid, when the key was made, its state, how many secrets it ever sealed, and the
                 inventory: what the credentials that it seals must be (`nskeys.model.inventory`)
    credentials  the bound fields, the sealed secret, the key that sealed it, and the number of the change
                 that gave it its present secret and fields: whatever a drill saw has a number up to the
                 last one of its moment, however clocks jump. Times are seconds since 1970
    listing      derived from the bound fields: a key for each order, and the text that is searched.
                 Apart from `credentials`, so that re-sealing writes no more than the seal
    search       derived from `listing`: its trigrams. Only an SQLite with FTS5 has it (`SEARCH`, and the
                 tables that FTS5 makes for it); PostgreSQL has an index instead, with `pg_trgm`
    recovery     one row: who can open backups, in RFC 8785 JSON, and the server key's signature
    register     one row for each copy of each backup: RFC 8785 JSON and the server key's signature
    drills       the diary: RFC 8785 JSON and, where it was at hand, the server key's signature
    rotations    what was begun and how far it came
    audit        lines and their chain of hashes
    checkpoint   one row: the signed statement of what all the others were after the last change
    statements   what a person accepted, or a restore went on from: signed, each under its own label
    notes        drills that were made without the server key; nothing vouches for them

`credentials` lies in the order of its ids: a rotation, which goes through the ids, then writes each page
once. `listing` has row numbers, by which `search` knows its rows. `credentials_by_use` answers "which keys
seal how many, with which numbers" by itself; each `listing_by_...` is one order of the list, with the kind
for the filter that is used most. A step is plain SQL of its own time and never touches a field that a seal
binds.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

TABLES = frozenset(
    {
        "meta",
        "keys",
        "credentials",
        "listing",
        "register",
        "recovery",
        "drills",
        "rotations",
        "audit",
        "checkpoint",
        "statements",
        "notes",
    }
)


class Spelling(NamedTuple):
    """Where the databases differ in their SQL."""

    text: str
    """A text type that sorts by code point."""
    blob: str
    clustered: str
    """Behind a table whose rows lie in the order of its primary key."""


class Step(NamedTuple):
    """Migrates schema `number - 1` to `number`."""

    number: int
    statements: Callable[[Spelling], Sequence[str]]


SEARCH = (
    "CREATE VIRTUAL TABLE search USING fts5(haystack, tokenize = 'trigram case_sensitive 1',"
    " content = 'listing', content_rowid = 'rowid', columnsize = 0, detail = none)"
)
"""How SQLite's table of trigrams is made. Its text stands in the schema, and any other is not ours."""

_FIRST_TABLES = (
    "CREATE TABLE meta (name {text} NOT NULL PRIMARY KEY, value {text} NOT NULL)",
    """CREATE TABLE keys (
        key_no INTEGER NOT NULL PRIMARY KEY,
        kid {text} NOT NULL UNIQUE,
        created BIGINT NOT NULL,
        state {text} NOT NULL,
        state_since BIGINT NOT NULL,
        seals BIGINT NOT NULL CHECK (seals BETWEEN 0 AND 4294967296),
        resealed BIGINT NOT NULL,
        counted BIGINT NOT NULL,
        hierarchy_rows BIGINT NOT NULL,
        hierarchy_number_sum {text} NOT NULL,
        pcanywhere_rows BIGINT NOT NULL,
        pcanywhere_number_sum {text} NOT NULL,
        run_as_rows BIGINT NOT NULL,
        run_as_number_sum {text} NOT NULL,
        row_sum {blob} NOT NULL
    )""",
    """CREATE TABLE credentials (
        id {text} NOT NULL PRIMARY KEY,
        key_no INTEGER NOT NULL REFERENCES keys (key_no),
        kind {text} NOT NULL,
        name {text} NOT NULL,
        target {text} NOT NULL,
        account {text} NOT NULL,
        note {text} NOT NULL,
        number BIGINT NOT NULL,
        created BIGINT NOT NULL,
        updated BIGINT NOT NULL,
        sealed {blob} NOT NULL,
        UNIQUE (kind, name)
    ){clustered}""",
    "CREATE INDEX credentials_by_use ON credentials (key_no, kind, number, updated)",
    """CREATE TABLE listing (
        id {text} NOT NULL PRIMARY KEY REFERENCES credentials (id) ON DELETE CASCADE,
        kind {text} NOT NULL,
        by_kind {text} NOT NULL,
        by_name {text} NOT NULL,
        by_target {text} NOT NULL,
        by_account {text} NOT NULL,
        by_updated {text} NOT NULL,
        haystack {text} NOT NULL
    )""",
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
    """CREATE TABLE recovery (
        number INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
        body {text} NOT NULL,
        signature {blob} NOT NULL
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
    """CREATE TABLE checkpoint (
        one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        body {text} NOT NULL,
        signature {blob} NOT NULL
    )""",
    """CREATE TABLE statements (
        number BIGINT NOT NULL PRIMARY KEY,
        label {text} NOT NULL,
        body {text} NOT NULL,
        signature {blob} NOT NULL
    )""",
    "CREATE TABLE notes (number BIGINT NOT NULL PRIMARY KEY, body {text} NOT NULL)",
    "CREATE TABLE audit (no INTEGER NOT NULL PRIMARY KEY, line {text} NOT NULL, digest {blob} NOT NULL)",
)


def _statements(spelling: Spelling) -> Sequence[str]:
    words = {"text": spelling.text, "blob": spelling.blob, "clustered": spelling.clustered}
    return [table.format(**words) for table in _FIRST_TABLES]


STEPS: tuple[Step, ...] = (Step(1, _statements),)
