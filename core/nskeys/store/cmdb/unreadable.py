"""Finding rows that nskeys did not write like this.

The database selects them, so memory does not grow with the table. Each is then read as any other, and
reported only if that fails.
"""

from collections.abc import Iterator, Mapping

from nskeys.errors import CmdbDamaged
from nskeys.model.credential_list import SortBy
from nskeys.model.credentials import (
    FIELD_LIMIT,
    NAME_LIMIT,
    NOTE_LIMIT,
    CredentialKind,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.keys import Kid, RotationStage
from nskeys.reasons import Problem
from nskeys.store.cmdb.engine import Connection
from nskeys.store.cmdb.paging import COLUMNS, marks
from nskeys.store.cmdb.records import rotation_of
from nskeys.store.cmdb.rows import SEAL_NO_LIMIT, SEALED_LIMIT, credential_of, sealed_of, seals_of
from nskeys.store.cmdb.values import EARLIEST, LATEST, NUMBER_LIMIT, count_of, hex_of, shown_as_text

OPEN_ROTATION = (
    "SELECT number, kid, stage, begun, changed, gate_skipped FROM rotations"
    " WHERE stage <> ? ORDER BY number DESC LIMIT 1"
)
_READ_ALL = 20_000
_SHOWN = 64
_KINDS = tuple(kind.value for kind in CredentialKind)
_KEYS = "SELECT key_no, kid, seals FROM keys"
_STRAYS = "SELECT {columns} FROM credentials WHERE key_no IS NULL OR key_no NOT IN ({known})"
_UNLISTED = (
    "SELECT credentials.id FROM credentials WHERE (SELECT count(*) FROM credentials) <= ? AND NOT EXISTS"
    " (SELECT 1 FROM listing WHERE listing.id = credentials.id AND {keys})"
)
_ILL = (
    "SELECT {columns}, sealed FROM credentials WHERE key_no IS NULL OR key_no NOT IN ({known})"
    " OR (SELECT count(*) FROM credentials) <= ? AND (kind IN ({kinds}) AND length(id) = 32 AND {hex}"
    " AND length(name) <= ? AND length(target) <= ? AND length(account) <= ? AND length(note) <= ?"
    " AND length(sealed) <= ? AND sealed_at BETWEEN ? AND ? AND created BETWEEN ? AND ?"
    " AND updated BETWEEN ? AND ? AND seal_no BETWEEN 0 AND ?"
    " AND sealed_at = CAST(sealed_at AS BIGINT) AND created = CAST(created AS BIGINT)"
    " AND updated = CAST(updated AS BIGINT) AND seal_no = CAST(seal_no AS BIGINT) AND {sound}) IS NOT TRUE"
)
_LIMITS = (
    NAME_LIMIT,
    FIELD_LIMIT,
    FIELD_LIMIT,
    NOTE_LIMIT,
    SEALED_LIMIT,
    *(EARLIEST, LATEST) * 3,
    SEAL_NO_LIMIT,
)


def unreadable_rows(connection: Connection, keys: Mapping[int, Kid]) -> tuple[UnreadableRow, ...]:
    """Return all of up to 20,000 credentials, and of more only those that name no key; of the list, the
    keys and the open rotation all."""
    key_numbers = sorted(keys)
    asked = _ILL.format(
        columns=COLUMNS,
        known=_listed(key_numbers),
        kinds=marks(len(_KINDS)),
        hex=connection.hex_only.format("id"),
        sound=connection.sound,
    )
    found = connection.all(asked, *key_numbers, _READ_ALL, *_KINDS, *_LIMITS)
    credentials = (sealed_of(row, keys).credential for row in found)
    ill = [
        UnreadableRow("credentials", row.credential_id, row.problem, row)
        for row in credentials
        if isinstance(row, UnreadableCredential)
    ]
    named = {row.row for row in ill}
    unlisted = (shown_as_text(row[0], _SHOWN) for row in connection.all(_unlisted(connection), _READ_ALL))
    listing = [UnreadableRow("listing", row, Problem.NOT_LISTED) for row in unlisted if row not in named]
    return (*ill, *listing, *_records(connection))


def strays(connection: Connection, keys: Mapping[int, Kid]) -> Iterator[UnreadableCredential]:
    """Yield the credentials whose key does not exist."""
    key_numbers = sorted(keys)
    for row in connection.all(_STRAYS.format(columns=COLUMNS, known=_listed(key_numbers)), *key_numbers):
        found = credential_of(row, keys)
        if isinstance(found, UnreadableCredential):
            yield found


def _records(connection: Connection) -> Iterator[UnreadableRow]:
    for number, kid, seals in connection.all(_KEYS):
        try:
            count_of(number, NUMBER_LIMIT, "keys")
            seals_of(seals, Kid(hex_of(kid, 64, "keys")))
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


def _listed(known: list[int]) -> str:
    """Return marks for these values; for NOT IN an empty list, a number that no key has."""
    return marks(len(known)) if known else "0"
