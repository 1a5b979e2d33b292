"""One change of the CMDB: `ports.CmdbChange` in one transaction.

Each method takes effect as a whole or not at all, in a savepoint. Many rows go to the driver at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from nskeys.errors import CmdbDamaged, KeyUsedUp, NameTaken, NoSuchCredential
from nskeys.model.audit import AuditEvent, AuditHead, next_digest
from nskeys.model.credential_list import sort_keys_of
from nskeys.model.credentials import SealedCredential
from nskeys.model.keys import SEALS_LIMIT, Kid, Rotation
from nskeys.model.register import BackupCopy
from nskeys.model.register_json import from_text, to_text
from nskeys.ports import RegisterRow
from nskeys.reasons import Problem
from nskeys.store.cmdb.paging import storable
from nskeys.store.cmdb.records import signed_head_text
from nskeys.store.cmdb.values import NUMBER_LIMIT, count_of, damaged, seconds_of
from nskeys.store.cmdb.view import AUDIT_SIGNATURE, SqlView

_ADD = (
    "INSERT INTO credentials (key_no, kind, name, target, account, note, sealed_at, created, updated,"
    " seal_no, sealed, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REPLACE = (
    "UPDATE credentials SET key_no = ?, kind = ?, name = ?, target = ?, account = ?, note = ?,"
    " sealed_at = ?, created = ?, updated = ?, seal_no = ?, sealed = ? WHERE id = ?"
)
_RESEAL = "UPDATE credentials SET key_no = ?, sealed_at = ?, seal_no = ?, sealed = ? WHERE id = ?"
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
_ADD_KEY = "INSERT INTO keys (key_no, kid, seals) VALUES (?, ?, 0)"
_REMOVE = "DELETE FROM credentials WHERE id = ?"
_SET_COPY = "UPDATE register SET body = ?, signature = ? WHERE kms_sha256 = ? AND address = ?"
_ADD_COPY = "INSERT INTO register (body, signature, kms_sha256, address, number) VALUES (?, ?, ?, ?, ?)"
_LAST_COPY = "SELECT max(number) FROM register"
_ADD_DRILL = "INSERT INTO drills (number, body, signature) VALUES (?, ?, ?)"
_LAST_DRILL = "SELECT max(number) FROM drills"
_SET_ROTATION = (
    "UPDATE rotations SET kid = ?, stage = ?, begun = ?, changed = ?, gate_skipped = ? WHERE number = ?"
)
_ADD_ROTATION = (
    "INSERT INTO rotations (kid, stage, begun, changed, gate_skipped, number) VALUES (?, ?, ?, ?, ?, ?)"
)
_LAST_ROTATION = "SELECT max(number) FROM rotations"
_ADD_LINE = "INSERT INTO audit (no, line, digest) VALUES (?, ?, ?)"
_SET_META = "UPDATE meta SET value = ? WHERE name = ?"
_ADD_META = "INSERT INTO meta (value, name) VALUES (?, ?)"


class SqlChange(SqlView):
    """What one transaction does. It must not be used afterwards."""

    def write_audit(self, event: AuditEvent) -> None:
        """Append the event's line to the audit trail and its chain of hashes."""
        head = self.audit_head()
        line = event.line()
        digest = next_digest(head.digest, line)
        self._connection.run(_ADD_LINE, head.count + 1, line, digest)

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            seal_no = self.last_seal()
            self._connection.many(_ADD, [self._values(row, seal_no) for row in credentials])
            self._connection.many(_LIST, [_listing_values(row) for row in credentials])

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            seal_no = self.last_seal()
            changed = self._connection.many(_REPLACE, [self._values(row, seal_no) for row in credentials])
            if changed != len(credentials):
                raise self._missing(row.credential.credential_id for row in credentials)
            listing = [_listing_values(row) for row in credentials]
            if self._connection.many(_RELIST, listing) != len(listing):
                # Somebody took rows out of the list, which is derived: they are made anew.
                self._connection.many(_UNLIST, [values[-1:] for values in listing])
                self._connection.many(_LIST, listing)

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        with self._all_or_nothing():
            self._count({kid: len(rows)})
            first = (self._key_no(kid), seconds_of(moment), self.last_seal())
            values = [(*first, blob, credential_id) for credential_id, blob in rows]
            if self._connection.many(_RESEAL, values) != len(rows):
                raise self._missing(credential_id for credential_id, _ in rows)

    def remove(self, credential_id: str) -> None:
        """One row. Raises NoSuchCredential."""
        if not storable(credential_id) or not self._connection.run(_REMOVE, credential_id):
            raise NoSuchCredential(credential_id)

    def know_keys(self, kids: Iterable[Kid]) -> None:
        unknown = sorted(set(kids) - set(self._keys.values()))
        if unknown:
            first = max(self._keys, default=0) + 1
            rows = list(enumerate(unknown, first))
            self._connection.many(_ADD_KEY, rows)
            del self._keys

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        if row.text != to_text(copy) or from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        values = (row.text, row.signature, copy.backup.kms_sha256, copy.address)
        if not self._connection.run(_SET_COPY, *values):
            self._connection.run(_ADD_COPY, *values, self._next(_LAST_COPY))

    def write_drill(self, text: str, signature: bytes | None) -> None:
        self._connection.run(_ADD_DRILL, self._next(_LAST_DRILL), text, signature)

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
        return replace(rotation, number=number)

    def sign_audit(self, head: AuditHead, signature: bytes) -> None:
        text = signed_head_text(head, signature)
        if not self._connection.run(_SET_META, text, AUDIT_SIGNATURE):
            self._connection.run(_ADD_META, text, AUDIT_SIGNATURE)

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
        self.know_keys(seals)
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

    def _values(self, row: SealedCredential, seal_no: int) -> tuple[Any, ...]:
        credential, fields = row.credential, row.credential.fields
        return (
            self._key_no(credential.kid),
            fields.kind.value,
            fields.name,
            fields.target,
            fields.account,
            fields.note,
            seconds_of(credential.sealed),
            seconds_of(credential.created),
            seconds_of(credential.updated),
            seal_no,
            row.blob,
            credential.credential_id,
        )


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
