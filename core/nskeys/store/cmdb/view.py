"""A consistent snapshot of the CMDB: `ports.CmdbView` in one transaction."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

from nskeys.errors import CmdbDamaged
from nskeys.model.audit import AuditEntry, AuditHead, first_digest
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.credentials import (
    Credential,
    CredentialKind,
    SealedCredential,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.keys import SEALS_LIMIT, KeyUse, Kid, Rotation, RotationStage
from nskeys.ports import DrillRow, RegisterRow, SealedRow
from nskeys.reasons import Problem
from nskeys.store.cmdb.engine import Connection, Row
from nskeys.store.cmdb.paging import COLUMNS, Query, Selection, cursor_text, marks, storable
from nskeys.store.cmdb.records import (
    audit_entry_of,
    audit_head_of,
    drill_row_of,
    register_row_of,
    rotation_of,
    signed_head_of,
)
from nskeys.store.cmdb.rows import (
    SEAL_NO_LIMIT,
    credential_of,
    key_of,
    keys_of,
    kind_of,
    readable_rows,
    seal_no_of,
    sealed_of,
    seals_of,
    unreadable_of,
)
from nskeys.store.cmdb.unreadable import OPEN_ROTATION, strays, unreadable_rows
from nskeys.store.cmdb.upgrade import CmdbMark
from nskeys.store.cmdb.values import (
    EARLIEST,
    LATEST,
    NUMBER_LIMIT,
    is_hex,
    moment_of,
)

AUDIT_SIGNATURE = "audit_signature"

_PREFIX_MATCHES = 10
_KINDS = tuple(kind.value for kind in CredentialKind)
# The sum keeps SQLite from collecting the key's rows to sort them: they lie in the order of their ids.
_KEY_ROWS = "SELECT id, kind, name, target, account, note, sealed FROM credentials WHERE key_no + 0 = ?"
_USES = "SELECT key_no, kind, count(*), min(sealed_at), max(seal_no) FROM credentials GROUP BY key_no, kind"
_USE = (
    "SELECT count(*), min(sealed_at), max(seal_no) FROM credentials WHERE key_no = ? AND kind = ?"
    " AND sealed_at BETWEEN ? AND ? AND seal_no BETWEEN ? AND ?"
    " AND sealed_at = CAST(sealed_at AS BIGINT) AND seal_no = CAST(seal_no AS BIGINT)"
)
_SEALED_LATER = "SELECT count(*) FROM credentials WHERE key_no IN ({marks}) AND seal_no > ?"
_LAST_LINE = "SELECT max(no) FROM audit WHERE no BETWEEN 1 AND ?"
_LAST_DIGESTS = "SELECT no, digest FROM audit WHERE no BETWEEN 1 AND ? ORDER BY no DESC LIMIT 100"
_LINES = "SELECT no, line, digest FROM audit WHERE no > ? AND no <= ? ORDER BY no LIMIT ?"

_Found = TypeVar("_Found")


def _joined(*parts: str) -> str:
    """Return a statement of several parts, all of them constants of this module."""
    return " ".join(part for part in parts if part)


def _credentials(rest: str, *more: str) -> str:
    """Return a query for the columns of credentials; `rest` follows the table's name."""
    return _joined("SELECT", ", ".join((COLUMNS, *more)), "FROM credentials", rest)


_NAMED = _credentials("WHERE kind = ? AND name = ?")
_BEGINNING = _credentials("WHERE id >= ? AND id < ? ORDER BY id LIMIT ?")
_SEALED = _credentials("WHERE id = ?", "sealed")
_STREAMED = _joined(_KEY_ROWS, "ORDER BY id")


class SqlView:
    """What one transaction sees. It must not be used afterwards."""

    def __init__(self, connection: Connection, mark: CmdbMark) -> None:
        self._connection = connection
        self.cmdb_id = mark.cmdb_id
        self.schema = mark.schema

    def counts(self) -> tuple[KeyUse, ...]:
        found = (self._use(*row) for row in self._connection.all(_USES))
        uses = (use for use in found if use is not None)
        return tuple(sorted(uses, key=lambda use: (use.kid, use.kind)))

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        return unreadable_rows(self._connection, self._keys)

    def total(self, wanted: CredentialFilter) -> int:
        selection = self._selection(wanted)
        if selection.nothing:
            return 0
        return self._number(selection.total())

    def page(
        self,
        wanted: CredentialFilter,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None = None,
        backwards: bool = False,
        offset: int = 0,
    ) -> tuple[PlacedCredential, ...]:
        selection = self._selection(wanted)
        if selection.nothing:
            return ()
        of_keys = None
        if selection.key_numbers is not None:
            of_keys = self._number(selection.sealed_by_keys())
        sql, values = selection.page(order, limit, after, backwards, offset, of_keys)
        page = [self._placed(row) for row in self._connection.all(sql, *values)]
        return tuple(reversed(page)) if backwards else tuple(page)

    def credential(self, credential_id: str) -> SealedCredential | None:
        if not storable(credential_id):
            return None
        row = self._connection.one(_SEALED, credential_id)
        return None if row is None else sealed_of(row, self._keys)

    def find(self, reference: str) -> tuple[Credential, ...]:
        kind, slash, name = reference.partition("/")
        if slash and kind in tuple(CredentialKind):
            found = self.named(CredentialKind(kind), name)
            return (found,) if found else ()
        prefix = reference.lower()
        if not is_hex(prefix):
            return ()
        # "g" follows every hex digit, so this is all that begins with the prefix.
        rows = self._connection.all(_BEGINNING, prefix, prefix + "g", _PREFIX_MATCHES)
        return tuple(credential_of(row, self._keys) for row in rows)

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        normalized = unicodedata.normalize("NFC", name)
        if not storable(normalized):
            return None
        row = self._connection.one(_NAMED, kind.value, normalized)
        return None if row is None else credential_of(row, self._keys)

    def names(self) -> frozenset[tuple[str, str]]:
        rows = self._connection.all("SELECT kind, name FROM credentials")
        return frozenset((kind, name) for kind, name in rows if kind in _KINDS and type(name) is str)

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        of_key = "" if kid is None else "AND key_no + 0 = ?"
        asked = _credentials(_joined("WHERE id > CAST(? AS TEXT)", of_key, *self._by_id()), "sealed")
        number = () if kid is None else (self._key_no(kid),)

        def batch(cursor: object) -> Sequence[Row]:
            return self._connection.all(asked, cursor, *number, limit)

        def readable(rows: Sequence[Row]) -> Sequence[SealedCredential]:
            found = (sealed_of(row, self._keys) for row in rows)
            return [row for row in found if not isinstance(row.credential, UnreadableCredential)]

        return tuple(_first_readable(batch, readable, after, limit))

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        asked = _joined(_KEY_ROWS, "AND id > CAST(? AS TEXT)", *self._by_id())
        number = self._key_no(kid)

        def batch(cursor: object) -> Sequence[Row]:
            return self._connection.all(asked, number, cursor, limit)

        def readable(rows: Sequence[Row]) -> Sequence[SealedRow]:
            return readable_rows(rows, kid, lambda _: None)

        return _first_readable(batch, readable, after, limit)

    def stream_rows(
        self, unreadable: Callable[[UnreadableCredential], None]
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Yield every sealed row, key by key, in batches; `unreadable` is called with those that cannot be
        read."""
        for number in self._numbers_in_use():
            kid = self._keys[number]
            for rows in self._connection.stream(_STREAMED, number):
                if good := readable_rows(rows, kid, unreadable):
                    yield kid, good
        for stray in strays(self._connection, self._keys):
            unreadable(stray)

    def seals(self, kid: Kid) -> int:
        """Return how many secrets the key has sealed; where the number cannot be read, the limit."""
        found = self._connection.one("SELECT seals FROM keys WHERE kid = ?", kid)
        if found is None:
            return 0
        try:
            return seals_of(found[0], kid)
        except CmdbDamaged:
            return SEALS_LIMIT

    def last_seal(self) -> int:
        """Return the number of the last seal. Unreadable numbers are ignored, so that no drill is credited
        with more than it saw."""
        total = 0
        for kid, seals in self._connection.all("SELECT kid, seals FROM keys"):
            with suppress(CmdbDamaged):
                total += seals_of(seals, kid)
        return total

    def sealed_after(self, kids: Iterable[Kid], seal_no: int) -> int:
        """Return how many credentials of these keys have a greater number, from an index."""
        numbers = [number for kid in kids if (number := self._key_no(kid))]
        return self._number((_SEALED_LATER.format(marks=marks(len(numbers))), [*numbers, seal_no]))

    def drill_rows(self, limit: int = 1_000) -> tuple[DrillRow, ...]:
        """Return the diary's last lines as stored, newest first."""
        rows = self._connection.all(
            "SELECT number, body, signature FROM drills ORDER BY number DESC LIMIT ?", limit
        )
        return tuple(drill_row_of(row) for row in rows)

    def register_rows(self) -> tuple[RegisterRow, ...]:
        """Return the register as stored, in the order of first recording."""
        rows = self._connection.all("SELECT body, signature FROM register ORDER BY number")
        return tuple(register_row_of(row) for row in rows)

    def rotation(self) -> Rotation | None:
        """Return the open rotation; None also for a record that cannot be read."""
        row = self._connection.one(OPEN_ROTATION, RotationStage.FINISHED.value)
        with suppress(CmdbDamaged):
            return None if row is None else rotation_of(row)
        return None

    def audit_head(self) -> AuditHead:
        """Return count and last hash of the audit trail, as stored. Where the last line cannot be read,
        the hash is that of the last readable one: the trail goes on, and verifying it shows where it is
        broken."""
        last = self._connection.value(_LAST_LINE, NUMBER_LIMIT)
        if last is None:
            return AuditHead(0, first_digest(self.cmdb_id))
        for row in self._connection.all(_LAST_DIGESTS, NUMBER_LIMIT):
            with suppress(CmdbDamaged):
                return AuditHead(last, audit_head_of(row).digest)
        return AuditHead(last, first_digest(self.cmdb_id))

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        """Return the last signed head with its signature; None also where it cannot be read."""
        row = self._connection.one("SELECT value FROM meta WHERE name = ?", AUDIT_SIGNATURE)
        with suppress(CmdbDamaged):
            return None if row is None else signed_head_of(row[0])
        return None

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Return the lines after number `after`, in order; one that cannot be read is empty."""
        rows = self._connection.all(_LINES, after, NUMBER_LIMIT, limit)
        return tuple(audit_entry_of(row) for row in rows)

    @cached_property
    def _keys(self) -> dict[int, Kid]:
        """Every key id by its number; there are few."""
        return keys_of(self._connection.all("SELECT key_no, kid FROM keys"))

    def _key_no(self, kid: Kid) -> int:
        """Return a key's number; 0, which no key has, for an unknown key."""
        return next((number for number, candidate in self._keys.items() if candidate == kid), 0)

    def _numbers_in_use(self) -> list[int]:
        rows = self._connection.all("SELECT DISTINCT key_no FROM credentials")
        return sorted(number for (number,) in rows if type(number) is int and number in self._keys)

    def _by_id(self) -> tuple[str, ...]:
        """Return the end of a query that continues after an id."""
        return "AND", self._connection.text_only.format("id"), "ORDER BY id LIMIT ?"

    def _use(
        self, key_no: object, kind: object, count: int, sealed_at: object, seal_no: object
    ) -> KeyUse | None:
        """Return one group of the index; None where none of its rows can be read. An unreadable number
        sorts above the others and would hide them, so the query is repeated without it."""
        with suppress(CmdbDamaged):
            kid, kind_value = key_of(key_no, self._keys), kind_of(kind, "credentials").value
            with suppress(CmdbDamaged):
                return KeyUse(kid, kind_value, count, moment_of(sealed_at, ""), seal_no_of(seal_no))
            row = self._connection.one(_USE, key_no, kind, EARLIEST, LATEST, 0, SEAL_NO_LIMIT)
            if row is not None and row[0]:
                return KeyUse(kid, kind_value, row[0], moment_of(row[1], ""), seal_no_of(row[2]))
        return None

    def _number(self, query: Query) -> int:
        statement, values = query
        found: int = self._connection.value(statement, *values)
        return found

    def _selection(self, wanted: CredentialFilter) -> Selection:
        numbers = {kid: number for number, kid in self._keys.items()}
        return Selection(wanted, numbers, self._connection.position, self._connection.text_only)

    def _placed(self, row: Row) -> PlacedCredential:
        sort_key, listed_id, *columns = row
        if columns[0] is None:
            credential: Credential = unreadable_of((listed_id,), None, Problem.NO_CREDENTIAL)
        else:
            credential = credential_of(columns, self._keys)
        return PlacedCredential(credential, (cursor_text(sort_key), cursor_text(listed_id)))


def _first_readable(
    batch: Callable[[object], Sequence[Row]],
    readable: Callable[[Sequence[Row]], Sequence[_Found]],
    after: str,
    limit: int,
) -> Sequence[_Found]:
    """Return the readable part of the first batch after `after` that has any; nothing at the end."""
    cursor: object = after
    while True:
        rows = batch(cursor)
        good = readable(rows)
        if good or len(rows) < limit:
            return good
        cursor = rows[-1][0]
