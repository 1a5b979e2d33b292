"""Finding rows that nskeys did not write like this.

The database selects them, so memory does not grow with the table. Each is then read as any other, and
reported only if that fails.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from nskeys.errors import CmdbDamaged
from nskeys.model.credential_list import SortBy
from nskeys.model.credentials import (
    CHANGE_LIMIT,
    FIELD_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    CredentialKind,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.keys import Kid, RotationStage
from nskeys.reasons import Problem
from nskeys.store.cmdb.engine import Connection, Row
from nskeys.store.cmdb.paging import COLUMNS, marks
from nskeys.store.cmdb.records import rotation_of
from nskeys.store.cmdb.rows import SEALED_LIMIT, credential_of, key_info_of, sealed_of, seals_of
from nskeys.store.cmdb.values import EARLIEST, LATEST, NUMBER_LIMIT, count_of, shown_as_text

OPEN_ROTATION = (
    "SELECT number, kid, stage, begun, changed, gate_skipped FROM rotations"
    " WHERE stage <> ? ORDER BY number DESC LIMIT 1"
)
_READ_ALL = 20_000
_SHOWN = 64
_KINDS = tuple(kind.value for kind in CredentialKind)
_KEYS = "SELECT key_no, seals, kid, created, state, state_since FROM keys"
_MORE = "SELECT 1 FROM credentials LIMIT 1 OFFSET ?"
_STRAYS = "SELECT {columns} FROM credentials WHERE {stray}"
_UNLISTED = (
    "SELECT credentials.id FROM credentials WHERE NOT EXISTS"
    " (SELECT 1 FROM listing WHERE listing.id = credentials.id AND {keys})"
)
_ILL = (
    "SELECT {columns}, sealed FROM credentials WHERE key_no IS NULL OR key_no NOT IN ({known})"
    " OR (kind IN ({kinds}) AND length(id) = 32 AND {hex}"
    " AND length(name) <= ? AND length(target) <= ? AND length(account) <= ? AND length(note) <= ?"
    " AND length(sealed) <= ? AND created BETWEEN ? AND ? AND updated BETWEEN ? AND ?"
    " AND number BETWEEN 1 AND ? AND created = CAST(created AS BIGINT)"
    " AND updated = CAST(updated AS BIGINT) AND number = CAST(number AS BIGINT) AND {sound}) IS NOT TRUE"
)
_LIMITS = (
    NAME_LIMIT,
    FIELD_LIMIT,
    FIELD_LIMIT,
    NOTE_LIMIT,
    SEALED_LIMIT,
    *(EARLIEST, LATEST) * 2,
    CHANGE_LIMIT,
)


def unreadable_rows(connection: Connection, keys: Mapping[int, Kid]) -> tuple[UnreadableRow, ...]:
    """Return all of up to 20,000 credentials, and of more only those that name no key; of the list, the
    keys and the open rotation all."""
    many = connection.one(_MORE, _READ_ALL) is not None
    if many:
        found = list(_strays(connection, f"{COLUMNS}, sealed", keys))
    else:
        key_numbers = sorted(keys)
        asked = _ILL.format(
            columns=COLUMNS,
            known=marks(len(key_numbers)) if key_numbers else "0",  # a number that no key has
            kinds=marks(len(_KINDS)),
            hex=connection.hex_only.format("id"),
            sound=connection.sound,
        )
        found = connection.all(asked, *key_numbers, *_KINDS, *_LIMITS)
    credentials = (sealed_of(row, keys).credential for row in found)
    ill = [
        UnreadableRow("credentials", row.credential_id, row.problem, row)
        for row in credentials
        if isinstance(row, UnreadableCredential)
    ]
    named = {row.row for row in ill}
    missing = () if many else connection.all(_unlisted(connection))
    unlisted = (shown_as_text(row[0], _SHOWN) for row in missing)
    listing = [UnreadableRow("listing", row, Problem.NOT_LISTED) for row in unlisted if row not in named]
    return (*ill, *listing, *_records(connection))


def strays(connection: Connection, keys: Mapping[int, Kid]) -> Iterator[UnreadableCredential]:
    """Yield the credentials whose key does not exist."""
    for row in _strays(connection, COLUMNS, keys):
        found = credential_of(row, keys)
        if isinstance(found, UnreadableCredential):
            yield found


def _records(connection: Connection) -> Iterator[UnreadableRow]:
    for number, seals, *key in connection.all(_KEYS):
        try:
            count_of(number, NUMBER_LIMIT, "keys")
            seals_of(seals, key_info_of(key).kid)
        except CmdbDamaged as error:
            yield UnreadableRow("keys", shown_as_text(number, _SHOWN), error.problem)
    for row in connection.all(OPEN_ROTATION, RotationStage.FINISHED.value):
        try:
            rotation_of(row)
        except CmdbDamaged as error:
            yield UnreadableRow("rotations", shown_as_text(row[0], _SHOWN), error.problem)


def _unlisted(connection: Connection) -> str:
    """Return the condition for credentials that the list cannot show: without a row in it, or with sort
    keys that are not text."""
    keys = (connection.text_only.format(f"listing.by_{by.value}") for by in SortBy)
    return _UNLISTED.format(keys=" AND ".join(keys))


def _strays(connection: Connection, columns: str, keys: Mapping[int, Kid]) -> Iterator[Row]:
    """Yield the rows that name none of these keys: what lies between two numbers that follow one another
    is an entry of the index, while one question for all of them reads every row."""
    numbers = sorted(keys)
    asked: list[tuple[str, tuple[int, ...]]] = [("key_no IS NULL", ())]
    if numbers:
        asked += [("key_no < ?", (numbers[0],)), ("key_no > ?", (numbers[-1],))]
        asked += [("key_no > ? AND key_no < ?", pair) for pair in pairwise(numbers)]
    else:
        asked.append(("key_no IS NOT NULL", ()))
    for condition, ends in asked:
        yield from connection.all(_STRAYS.format(columns=columns, stray=condition), *ends)
