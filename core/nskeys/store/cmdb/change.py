"""One change of the CMDB: `ports.CmdbChange` in one transaction.

Each method takes effect as a whole or not at all, in a savepoint. Many rows go to the driver at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from nskeys.crypto.inventory import RowSums
from nskeys.errors import CmdbDamaged, KeyUsedUp, NameTaken, NoSuchCredential
from nskeys.model.audit import AuditEvent, AuditHead, next_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import sort_keys_of
from nskeys.model.credentials import SealedCredential, SealedRow
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.database_register_json import from_text as database_from_text, to_text as database_text
from nskeys.model.declared_backups import ROW_KIND, DeclaredBackup
from nskeys.model.declared_backups_json import from_text as declared_from_text, to_text as declared_text
from nskeys.model.inventory import ROW_SUM_MASK, KeyInventory
from nskeys.model.keys import SEALS_LIMIT, KeyInfo, Kid, Rotation, undescribed
from nskeys.model.register import BackupCopy
from nskeys.model.register_json import from_text, to_text
from nskeys.ports import RecoveryRow, RegisterRow, SignedStatement
from nskeys.reasons import Problem
from nskeys.store.cmdb.checkpoint_rows import add_note, add_statement, replace_checkpoint
from nskeys.store.cmdb.engine import Row
from nskeys.store.cmdb.inventory import NO_ROWS, InventoryBook, write_inventory
from nskeys.store.cmdb.paging import storable
from nskeys.store.cmdb.rows import readable_rows
from nskeys.store.cmdb.uses import moved_of
from nskeys.store.cmdb.values import NUMBER_LIMIT, count_of, damaged, seconds_of
from nskeys.store.cmdb.view import STREAMED, SqlView

_ADD = (
    "INSERT INTO credentials (id, kind, name, target, account, note, number, created, updated, sealed,"
    " key_no) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REPLACE = (
    "UPDATE credentials SET kind = ?, name = ?, target = ?, account = ?, note = ?, number = ?,"
    " created = ?, updated = ?, sealed = ?, key_no = ? WHERE id = ?"
)
_STORED = (
    "SELECT key_no, id, kind, name, target, account, note, number, created, updated, sealed"
    " FROM credentials WHERE id = ?"
)
_LIST = (
    "INSERT INTO listing (kind, by_kind, by_name, by_target, by_account, by_updated, haystack, id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_UNLIST = "DELETE FROM listing WHERE id = ?"
_RELIST = (
    "UPDATE listing SET kind = ?, by_kind = ?, by_name = ?, by_target = ?, by_account = ?,"
    " by_updated = ?, haystack = ? WHERE id = ?"
)


_COUNT_SEALS = "UPDATE keys SET seals = seals + ? WHERE kid = ? AND seals <= ?"
_ADD_KEY = (
    "INSERT INTO keys (key_no, kid, created, state, state_since, seals, resealed, counted, hierarchy_rows,"
    " hierarchy_number_sum, pcanywhere_rows, pcanywhere_number_sum, run_as_rows, run_as_number_sum,"
    " row_sum) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SET_STATE = "UPDATE keys SET state = ?, state_since = ? WHERE kid = ?"
_SET_RECOVERY = "UPDATE recovery SET body = ?, signature = ?"
_ADD_RECOVERY = "INSERT INTO recovery (body, signature, number) VALUES (?, ?, 1)"
_REMOVE = "DELETE FROM credentials WHERE id = ?"
_SET_COPY = "UPDATE register SET body = ?, signature = ? WHERE kms_sha256 = ? AND address = ?"
_ADD_COPY = "INSERT INTO register (body, signature, kms_sha256, address, number) VALUES (?, ?, ?, ?, ?)"
_LAST_COPY = "SELECT max(number) FROM register"
_ADD_DRILL = "INSERT INTO drills (number, body, signature) VALUES (?, ?, ?)"
_LAST_DRILL = "SELECT max(number) FROM drills"
_SIGN_DRILL = "UPDATE drills SET signature = ? WHERE number = ?"
_SET_ROTATION = (
    "UPDATE rotations SET kid = ?, stage = ?, begun = ?, changed = ?, gate_skipped = ? WHERE number = ?"
)
_ADD_ROTATION = (
    "INSERT INTO rotations (kid, stage, begun, changed, gate_skipped, number) VALUES (?, ?, ?, ?, ?, ?)"
)
_LAST_ROTATION = "SELECT max(number) FROM rotations"
_ADD_LINE = "INSERT INTO audit (no, line, digest) VALUES (?, ?, ?)"


class SqlChange(SqlView):
    """What one transaction does. It must not be used afterwards."""

    _head: AuditHead | None = None
    """What the audit trail goes on from, where that is not its own end."""

    def go_on_from(self, head: AuditHead) -> None:
        """Let the audit trail go on from this head; lines after it become notes."""
        for entry in self.audit_entries(head.count, NUMBER_LIMIT):
            add_note(self._connection, entry.line)
        self._connection.run("DELETE FROM audit WHERE no > ? OR no < 1", head.count)
        self._head = head

    def audit_head(self) -> AuditHead:
        return super().audit_head() if self._head is None else self._head

    def write_audit(self, event: AuditEvent) -> None:
        """Append the event's line to the audit trail and its chain of hashes."""
        head = self.audit_head()
        line = event.line(self.number)
        digest = next_digest(head.digest, line)
        self._connection.run(_ADD_LINE, head.count + 1, line, digest)
        if self._head is not None:
            self._head = AuditHead(head.count + 1, digest)

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            rows = self._rows(credentials)
            self._connection.many(_ADD, [(*row, self._key_no(kid)) for kid, row in rows])
            self._connection.many(_LIST, [_listing_values(row) for row in credentials])
            self._connection.search.add([row[0] for _, row in rows])
            self._book(rows)

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            rows = self._rows(credentials)
            stored = self._stored([row[0] for _, row in rows])
            replacing = [(*row[1:], self._key_no(kid), row[0]) for kid, row in rows]
            changed = self._connection.many(_REPLACE, replacing)
            if changed != len(credentials):
                raise self._missing(row.credential.credential_id for row in credentials)
            listing = [_listing_values(row) for row in credentials]
            ids = [values[-1] for values in listing]
            self._connection.search.remove(ids)
            if self._connection.many(_RELIST, listing) != len(listing):
                # Somebody took rows out of the list, which is derived: they are made anew.
                self._connection.many(_UNLIST, [values[-1:] for values in listing])
                self._connection.many(_LIST, listing)
            self._connection.search.add(ids)
            self._book(rows, stored)

    def reseal(
        self,
        old: Kid,
        rows: Sequence[tuple[SealedRow, bytes]],
        kid: Kid,
        bound: Sequence[bytes] | None = None,
    ) -> None:
        if not rows:
            return
        with self._all_or_nothing():
            self._count({kid: len(rows)})
            key_no, book = self._key_no(kid), InventoryBook(self._connection, self.cmdb_id)
            blobs = {row[0]: blob for row, blob in rows}
            if self._connection.reseal(self._key_no(old), key_no, blobs) != len(rows):
                raise self._missing(row[0] for row, _ in rows)
            book.move(old, rows, kid, bound)
            book.write({kid: self.number})

    def remove(self, credential_id: str) -> None:
        """One row. Raises NoSuchCredential."""
        stored = self._stored([credential_id]) if storable(credential_id) else []
        if stored:
            self._connection.search.remove([credential_id])
        if not stored or not self._connection.run(_REMOVE, credential_id):
            raise NoSuchCredential(credential_id)
        self._book((), stored)

    def count_anew(self) -> None:
        """Count the inventory of every key anew, from the rows that can be read."""
        counted, moved = self.tallies(), moved_of(self._connection)
        for key_no, kid in self._keys.items():
            sums, row_sum = RowSums(self.cmdb_id, kid), 0
            for rows in self._connection.stream(STREAMED, key_no):
                row_sum += sums.of(readable_rows(rows, kid, lambda _: None))
            kinds = {kind: tally for (other, kind), tally in counted.items() if other == kid}
            write_inventory(
                self._connection,
                KeyInventory(kid, kinds, row_sum & ROW_SUM_MASK, moved[kid][0], self.number),
            )

    def set_keys(self, keys: Iterable[KeyInfo]) -> None:
        for key in keys:
            state = (key.state.value, seconds_of(key.state_since))
            if not self._connection.run(_SET_STATE, *state, key.kid):
                number = max(self._keys, default=0) + 1
                self._connection.run(_ADD_KEY, number, key.kid, seconds_of(key.created), *state, *NO_ROWS)
                del self._keys

    def set_recovery(self, row: RecoveryRow) -> None:
        if not self._connection.run(_SET_RECOVERY, row.text, row.signature):
            self._connection.run(_ADD_RECOVERY, row.text, row.signature)

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        if row.text != to_text(copy) or from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        values = (row.text, row.signature, copy.backup.kms_sha256, copy.address)
        if not self._connection.run(_SET_COPY, *values):
            self._connection.run(_ADD_COPY, *values, self._next(_LAST_COPY))

    def record_database(self, copy: DatabaseCopy, row: RegisterRow) -> None:
        if row.text != database_text(copy) or database_from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        values = (row.text, row.signature, copy.copy.sha256, copy.destination)
        if not self._connection.run(_SET_COPY, *values):
            self._connection.run(_ADD_COPY, *values, self._next(_LAST_COPY))

    def record_declared(self, backup: DeclaredBackup, row: RegisterRow) -> None:
        if row.text != declared_text(backup) or declared_from_text(row.text) != backup:
            raise ValueError("a register row's text is its backup's")
        values = (row.text, row.signature, ROW_KIND, backup.text)
        if not self._connection.run(_SET_COPY, *values):
            self._connection.run(_ADD_COPY, *values, self._next(_LAST_COPY))

    def write_drill(self, text: str, signature: bytes | None) -> None:
        self._connection.run(_ADD_DRILL, self._next(_LAST_DRILL), text, signature)

    def resign_drill(self, number: int, signature: bytes) -> None:
        self._connection.run(_SIGN_DRILL, signature, number)

    def set_rotation(self, rotation: Rotation) -> Rotation:
        number = rotation.number or self._next(_LAST_ROTATION)
        values = (
            rotation.kid,
            rotation.stage.value,
            seconds_of(rotation.begun),
            seconds_of(rotation.changed),
            int(rotation.gate_skipped),
            number,
        )
        if not self._connection.run(_SET_ROTATION, *values):
            self._connection.run(_ADD_ROTATION, *values)
        return rotation._replace(number=number)

    def set_checkpoint(self, before: SignedCheckpoint | None, after: SignedCheckpoint) -> None:
        if not replace_checkpoint(self._connection, before, after):
            raise damaged("checkpoint", Problem.NOT_A_ROW)

    def add_statement(self, statement: SignedStatement) -> None:
        add_statement(self._connection, statement)

    def resign_statement(self, number: int, signature: bytes) -> None:
        self._connection.run("UPDATE statements SET signature = ? WHERE number = ?", signature, number)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        try:
            with self._connection.savepoint():
                yield
        except BaseException:
            # Keys that were numbered inside are forgotten again.
            self.__dict__.pop("_keys", None)
            raise

    @contextmanager
    def _naming(self, rows: Sequence[SealedCredential]) -> Iterator[None]:
        """Translate a violated UNIQUE constraint to NameTaken, with the name that the database does not
        report."""
        try:
            yield
        except self._connection.conflict:
            raise self._conflict(rows) from None

    def _conflict(self, rows: Sequence[SealedCredential]) -> NameTaken | CmdbDamaged:
        stored = self._connection.all("SELECT id, kind, name FROM credentials")
        names = {credential_id: (kind, name) for credential_id, kind, name in stored}
        holders = {name: credential_id for credential_id, name in names.items()}
        for row in rows:
            credential_id, fields = row.credential.credential_id, row.credential.fields
            name = (fields.kind.value, fields.name)
            if holders.get(name, credential_id) != credential_id:
                return NameTaken(*name)
            if credential_id in names:
                holders.pop(names[credential_id], None)
            holders[name], names[credential_id] = credential_id, name
        return damaged("credentials", Problem.ID_TAKEN)

    def _count(self, seals: Mapping[Kid, int]) -> None:
        """Count seals, before they are written. Raises KeyUsedUp."""
        self.set_keys(undescribed(kid) for kid in sorted(set(seals) - set(self._keys.values())))
        for kid, more in seals.items():
            if not self._connection.run(_COUNT_SEALS, more, kid, SEALS_LIMIT - more):
                raise KeyUsedUp(kid)

    def _missing(self, ids: Iterable[str]) -> NoSuchCredential:
        existing = {row[0] for row in self._connection.all("SELECT id FROM credentials")}
        return NoSuchCredential(next((item for item in ids if item not in existing), ""))

    def _next(self, last: str) -> int:
        """Return the number after the last one, which the query `last` asks for."""
        number = self._connection.value(last)
        return 1 if number is None else count_of(number, NUMBER_LIMIT - 1, "") + 1

    def _rows(self, credentials: Sequence[SealedCredential]) -> list[tuple[Kid, SealedRow]]:
        """Return key and row of each. Raises ValueError for a number that no change had yet."""
        rows = [(sealed.credential.kid, sealed.row()) for sealed in credentials]
        if not all(1 <= row[6] <= self.number for _, row in rows):
            raise ValueError("a credential has the number of a change")
        return rows

    def _stored(self, ids: Sequence[str]) -> list[Row]:
        """Return the rows with these ids, each after its `key_no`, as they are stored."""
        found = (self._connection.one(_STORED, credential_id) for credential_id in dict.fromkeys(ids))
        return [row for row in found if row is not None]

    def _book(self, rows: Sequence[tuple[Kid, SealedRow]], before: Sequence[Row] = ()) -> None:
        """Write into the inventory that these rows are there now, and that those before are not."""
        book = InventoryBook(self._connection, self.cmdb_id)
        for key_no, *row in before:
            if type(key_no) is int and key_no in self._keys:
                book.subtract_stored(self._keys[key_no], row)
        written = {row[0]: (kid, row) for kid, row in rows}.values()
        for kid in dict.fromkeys(kid for kid, _ in written):
            book.add(kid, [row for other, row in written if other == kid])
        book.write()


def _listing_values(row: SealedCredential) -> tuple[str, ...]:
    listing = sort_keys_of(row.credential)
    return (
        row.credential.fields.kind.value,
        listing.by_kind,
        listing.by_name,
        listing.by_target,
        listing.by_account,
        listing.by_updated,
        listing.haystack,
        row.credential.credential_id,
    )
