"""Step 1: the first tables.

`credentials` and `listing` lie in the order of their ids: a rotation, which goes through the ids, then
writes each page once. `credentials_by_use` answers "which keys seal how many, since when" by itself; each
`listing_by_...` is one order of the list, with the kind for the filter that is used most.
"""

from collections.abc import Sequence

from nskeys.store.cmdb.migrations.step import Spelling, Step

_TABLES = (
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
        sealed {blob} NOT NULL,
        UNIQUE (kind, name)
    ){clustered}""",
    "CREATE INDEX credentials_by_use ON credentials (key_no, kind, sealed_at)",
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
    return [table.format(**words) for table in _TABLES]


FIRST_TABLES = Step(1, _statements)
