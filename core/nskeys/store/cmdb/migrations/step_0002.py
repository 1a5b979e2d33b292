"""Step 2: seals have numbers, and drills a diary.

`seal_no` is how many seals all keys had ever made when this one was: whatever a drill saw has a number up
to the last one of its moment, and what was sealed later has a greater one, however clocks jump. Rows that
were there before have 0. The index that says which keys seal how many now says the last number too.
"""

from collections.abc import Sequence

from nskeys.store.cmdb.migrations.step import Spelling, Step

_STATEMENTS = (
    "ALTER TABLE credentials ADD COLUMN seal_no BIGINT NOT NULL DEFAULT 0",
    "DROP INDEX credentials_by_use",
    "CREATE INDEX credentials_by_use ON credentials (key_no, kind, sealed_at, seal_no)",
    "CREATE TABLE drills (number INTEGER NOT NULL PRIMARY KEY, body {text} NOT NULL, signature {blob})",
)


def _statements(spelling: Spelling) -> Sequence[str]:
    return [statement.format(text=spelling.text, blob=spelling.blob) for statement in _STATEMENTS]


NUMBERED_SEALS = Step(2, _statements)
