"""One consistent look at the CMDB: `ports.CmdbView` over one transaction."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from nskeys.model.audit import AuditEntry, AuditHead, first_digest
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential
from nskeys.model.keys import KeyUse, Kid
from nskeys.model.paging import CredentialFilter, CredentialOrder, PlacedCredential
from nskeys.model.rotation import Rotation, RotationStage
from nskeys.ports import DrillRow, RegisterRow, SealedRow
from nskeys.store.cmdb.engine import Connection
from nskeys.store.cmdb.paging import COLUMNS, Query, Wanted, marks, storable
from nskeys.store.cmdb.records import (
    audit_entry_of,
    audit_head_of,
    drill_row_of,
    register_row_of,
    rotation_of,
    signed_head_of,
)
from nskeys.store.cmdb.rows import (
    credential_of,
    key_of,
    keys_of,
    kind_of,
    name_of,
    seal_no_of,
    sealed_of,
    sealed_rows_of,
    seals_of,
)
from nskeys.store.cmdb.upgrade import CmdbMark
from nskeys.store.cmdb.values import NUMBER_LIMIT, count_of, damaged, is_hex, moment_of, text_of

AUDIT_SIGNATURE = "audit_signature"

_PLACE_LIMIT = 1_024
_PREFIX_MATCHES = 10
_KEY_ROWS = (
    "SELECT id, kind, name, target, account, note, sealed FROM credentials"
    " WHERE key_no + 0 = ? AND id > ? ORDER BY id"
)
_USES = "SELECT key_no, kind, count(*), min(sealed_at), max(seal_no) FROM credentials GROUP BY key_no, kind"
_SEALED_LATER = "SELECT count(*) FROM credentials WHERE key_no IN ({marks}) AND seal_no > ?"


def _credentials(rest: str, *more: str) -> str:
    """A question for the columns of credentials; `rest` is what stands behind the table."""
    return " ".join(("SELECT", ", ".join((COLUMNS, *more)), "FROM credentials", rest))


_NAMED = _credentials("WHERE kind = ? AND name = ?")
_BEGINNING = _credentials("WHERE id >= ? AND id < ? ORDER BY id LIMIT ?")
_SEALED = _credentials("WHERE id = ?", "sealed")
_SEALED_AFTER = _credentials("WHERE id > ? ORDER BY id LIMIT ?", "sealed")
# The sum keeps SQLite from collecting the key's rows to sort them: they lie in the order of their ids.
_SEALED_AFTER_BY = _credentials("WHERE id > ? AND key_no + 0 = ? ORDER BY id LIMIT ?", "sealed")


class SqlView:
    """What one transaction sees. Not to be used after it."""

    def __init__(self, connection: Connection, mark: CmdbMark) -> None:
        self._connection = connection
        self.cmdb_id = mark.cmdb_id
        self.schema = mark.schema

    def counts(self) -> tuple[KeyUse, ...]:
        """Credentials per key and kind, with the earliest sealing and the last seal, from one index."""
        rows = self._connection.all(_USES)
        uses = (
            KeyUse(
                key_of(key_no, self._keys),
                kind_of(kind, "credentials").value,
                count,
                moment_of(sealed_at, "credentials"),
                seal_no_of(seal_no),
            )
            for key_no, kind, count, sealed_at, seal_no in rows
        )
        return tuple(sorted(uses, key=lambda use: (use.kid, use.kind)))

    def total(self, wanted: CredentialFilter) -> int:
        """How many credentials match."""
        understood = self._understood(wanted)
        if understood.nothing:
            return 0
        return self._number(understood.total())

    def page(
        self,
        wanted: CredentialFilter,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None = None,
        backwards: bool = False,
        offset: int = 0,
    ) -> tuple[PlacedCredential, ...]:
        """Up to `limit` credentials behind (`backwards`: before) the place `after`."""
        understood = self._understood(wanted)
        if understood.nothing:
            return ()
        of_keys = None
        if understood.key_numbers is not None:
            of_keys = self._number(understood.sealed_by_keys())
        sql, values = understood.page(order, limit, after, backwards, offset, of_keys)
        page = [self._placed(row) for row in self._connection.all(sql, *values)]
        return tuple(reversed(page)) if backwards else tuple(page)

    def credential(self, credential_id: str) -> SealedCredential | None:
        """One, by its full id."""
        if not storable(credential_id):
            return None
        row = self._connection.one(_SEALED, credential_id)
        return None if row is None else sealed_of(row, self._keys)

    def find(self, reference: str) -> tuple[Credential, ...]:
        """Those with this `kind/name`, or else this id or id prefix (at most 10)."""
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
        """The one of this kind and name."""
        wanted = unicodedata.normalize("NFC", name)
        if not storable(wanted):
            return None
        row = self._connection.one(_NAMED, kind.value, wanted)
        return None if row is None else credential_of(row, self._keys)

    def names(self) -> frozenset[tuple[str, str]]:
        """Every (kind, name) there is."""
        rows = self._connection.all("SELECT kind, name FROM credentials")
        return frozenset((kind_of(kind, "credentials", name).value, name_of(name)) for kind, name in rows)

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        """Up to `limit` sealed rows ordered by id, behind the id `after`; of one key or of all."""
        if kid is None:
            rows = self._connection.all(_SEALED_AFTER, after, limit)
        else:
            rows = self._connection.all(_SEALED_AFTER_BY, after, self._key_no(kid), limit)
        return tuple(sealed_of(row, self._keys) for row in rows)

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        """As `sealed`, for long work: one key's rows ordered by id, behind the id `after`."""
        return sealed_rows_of(self._connection.all(_KEY_ROWS + " LIMIT ?", self._key_no(kid), after, limit))

    def stream_rows(self) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        """Every sealed row, key by key, in batches."""
        in_use = {key_of(number, self._keys): number for number in self._numbers_in_use()}
        for kid, number in in_use.items():
            for rows in self._connection.stream(_KEY_ROWS, number, ""):
                yield kid, sealed_rows_of(rows)

    def seals(self, kid: Kid) -> int:
        """How many secrets the key ever sealed."""
        found = self._connection.one("SELECT seals FROM keys WHERE kid = ?", kid)
        return 0 if found is None else seals_of(found[0], kid)

    def last_seal(self) -> int:
        """How many secrets all keys ever sealed: the number of the last seal."""
        rows = self._connection.all("SELECT kid, seals FROM keys")
        return sum(seals_of(seals, kid) for kid, seals in rows)

    def sealed_after(self, kids: Iterable[Kid], seal_no: int) -> int:
        """How many credentials of these keys have a greater number, from one index."""
        numbers = [number for kid in kids if (number := self._key_no(kid))]
        return self._number((_SEALED_LATER.format(marks=marks(len(numbers))), [*numbers, seal_no]))

    def drill_rows(self, limit: int = 1_000) -> tuple[DrillRow, ...]:
        """The diary's last lines as stored, newest first."""
        rows = self._connection.all(
            "SELECT number, body, signature FROM drills ORDER BY number DESC LIMIT ?", limit
        )
        return tuple(drill_row_of(row) for row in rows)

    def register_rows(self) -> tuple[RegisterRow, ...]:
        """The register as stored, in the order of first recording."""
        rows = self._connection.all("SELECT body, signature FROM register ORDER BY number")
        return tuple(register_row_of(row) for row in rows)

    def rotation(self) -> Rotation | None:
        """The open rotation, if any."""
        row = self._connection.one(
            "SELECT number, kid, stage, begun, changed, gate_skipped FROM rotations"
            " WHERE stage <> ? ORDER BY number DESC LIMIT 1",
            RotationStage.FINISHED.value,
        )
        return None if row is None else rotation_of(row)

    def audit_head(self) -> AuditHead:
        """Count and last hash of the audit trail, as stored."""
        row = self._connection.one("SELECT no, digest FROM audit ORDER BY no DESC LIMIT 1")
        return AuditHead(0, first_digest(self.cmdb_id)) if row is None else audit_head_of(row)

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        """The last head that the server key signed, with its signature."""
        row = self._connection.one("SELECT value FROM meta WHERE name = ?", AUDIT_SIGNATURE)
        return None if row is None else signed_head_of(row[0])

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        """Lines in order, behind number `after`."""
        rows = self._connection.all(
            "SELECT no, line, digest FROM audit WHERE no > ? ORDER BY no LIMIT ?", after, limit
        )
        return tuple(audit_entry_of(row) for row in rows)

    @cached_property
    def _keys(self) -> dict[int, Kid]:
        """Every key id by its number. They are few."""
        return keys_of(self._connection.all("SELECT key_no, kid FROM keys"))

    def _key_no(self, kid: Kid) -> int:
        """A key's number; 0, which no key has, where it is not known."""
        return next((number for number, known in self._keys.items() if known == kid), 0)

    def _numbers_in_use(self) -> list[int]:
        rows = self._connection.all("SELECT DISTINCT key_no FROM credentials")
        return sorted(count_of(number, NUMBER_LIMIT, "credentials") for (number,) in rows)

    def _number(self, query: Query) -> int:
        statement, values = query
        found: int = self._connection.value(statement, *values)
        return found

    def _understood(self, wanted: CredentialFilter) -> Wanted:
        return Wanted(
            wanted, {kid: number for number, kid in self._keys.items()}, self._connection.position
        )

    def _placed(self, row: Sequence[object]) -> PlacedCredential:
        place, listed_id, *columns = row
        if columns[0] is None:
            raise damaged("listing", "no_credential", listed_id)
        credential = credential_of(columns, self._keys)
        return PlacedCredential(
            credential, (text_of(place, _PLACE_LIMIT, "listing", listed_id), credential.credential_id)
        )
