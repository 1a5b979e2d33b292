"""One change of the CMDB: `ports.CmdbChange` over one transaction.

Each method does all it says or nothing: it works inside a savepoint. Many rows go to the driver at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nskeys.errors import CmdbDamaged, KeyUsedUp, NameTaken, NoSuchCredential
from nskeys.model.audit import AuditEvent, AuditHead, next_digest
from nskeys.model.credentials import SealedCredential
from nskeys.model.keys import SEALS_LIMIT, Kid
from nskeys.model.listing import listing_of
from nskeys.model.register import BackupCopy
from nskeys.model.register_text import from_text, to_text
from nskeys.model.rotation import Rotation
from nskeys.ports import RegisterRow
from nskeys.store.cmdb import schema
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
_RELIST = (
    "UPDATE listing SET kind = ?, by_kind = ?, by_name = ?, by_target = ?, by_account = ?,"
    " by_updated = ?, haystack = ? WHERE id = ?"
)


class SqlChange(SqlView):
    """What one transaction does. Not to be used after it."""

    def write_audit(self, event: AuditEvent) -> None:
        """Lengthen the chain by the event's line."""
        head = self.audit_head()
        line = event.line()
        digest = next_digest(head.digest, line)
        self._connection.execute(insert(schema.audit).values(no=head.count + 1, line=line, digest=digest))

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        """New rows, counted as seals of their keys; NameTaken, KeyUsedUp."""
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            seal_no = self.last_seal()
            self._many(_ADD, [self._values(row, seal_no) for row in credentials])
            self._many(_LIST, [_listing_values(row) for row in credentials])

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        """Rows with the same ids, re-sealed and counted; NameTaken, NoSuchCredential, KeyUsedUp."""
        with self._naming(credentials), self._all_or_nothing():
            self._count(Counter(row.credential.kid for row in credentials))
            seal_no = self.last_seal()
            changed = self._many(_REPLACE, [self._values(row, seal_no) for row in credentials])
            if changed != len(credentials):
                raise self._missing(row.credential.credential_id for row in credentials)
            self._many(_RELIST, [_listing_values(row) for row in credentials])

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        """New blobs under `kid`, sealed at `moment` and counted; NoSuchCredential, KeyUsedUp."""
        with self._all_or_nothing():
            self._count({kid: len(rows)})
            first = (self._key_no(kid), seconds_of(moment), self.last_seal())
            values = [(*first, blob, credential_id) for credential_id, blob in rows]
            if self._many(_RESEAL, values) != len(rows):
                raise self._missing(credential_id for credential_id, _ in rows)

    def remove(self, credential_id: str) -> None:
        """One row; NoSuchCredential."""
        statement = delete(schema.credentials).where(schema.credentials.c.id == credential_id)
        if not storable(credential_id) or not self._connection.execute(statement).rowcount:
            raise NoSuchCredential(credential_id)

    def know_keys(self, kids: Iterable[Kid]) -> None:
        """Give these keys a number if they have none."""
        unknown = sorted(set(kids) - set(self._keys.values()))
        if unknown:
            first = max(self._keys, default=0) + 1
            rows = [{"key_no": no, "kid": kid, "seals": 0} for no, kid in enumerate(unknown, first)]
            self._connection.execute(insert(schema.keys), rows)
            del self._keys

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        """Insert the register row, or replace the one with the same `.kms` and address."""
        if row.text != to_text(copy) or from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        table = schema.register
        same = (table.c.kms_sha256 == copy.backup.kms_sha256) & (table.c.address == copy.address)
        values = {"body": row.text, "signature": row.signature}
        if not self._connection.execute(update(table).where(same).values(values)).rowcount:
            key = {"kms_sha256": copy.backup.kms_sha256, "address": copy.address}
            self._connection.execute(insert(table).values(number=self._next(table), **key, **values))

    def write_drill(self, text: str, signature: bytes | None) -> None:
        """One more line of the diary."""
        table = schema.drills
        values = {"number": self._next(table), "body": text, "signature": signature}
        self._connection.execute(insert(table).values(**values))

    def set_rotation(self, rotation: Rotation) -> Rotation:
        """Insert it (number 0) or update it; returns it with its number."""
        table = schema.rotations
        number = rotation.number or self._next(table)
        values = {
            "kid": rotation.kid,
            "stage": rotation.stage.value,
            "begun": seconds_of(rotation.begun),
            "changed": seconds_of(rotation.changed),
            "gate_skipped": int(rotation.gate_skipped),
        }
        this = update(table).where(table.c.number == number)
        if not self._connection.execute(this.values(values)).rowcount:
            self._connection.execute(insert(table).values(number=number, **values))
        return replace(rotation, number=number)

    def sign_audit(self, head: AuditHead, signature: bytes) -> None:
        """Remember the signature of a head."""
        text = signed_head_text(head, signature)
        self._connection.execute(delete(schema.meta).where(schema.meta.c.name == AUDIT_SIGNATURE))
        self._connection.execute(insert(schema.meta).values(name=AUDIT_SIGNATURE, value=text))

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        try:
            with self._connection.begin_nested():
                yield
        except BaseException:
            # Keys that were numbered inside are forgotten again.
            self.__dict__.pop("_keys", None)
            raise

    @contextmanager
    def _naming(self, rows: Sequence[SealedCredential]) -> Iterator[None]:
        """Say which name was taken when the database only says that one was."""
        try:
            yield
        except IntegrityError:
            raise self._conflict(rows) from None

    def _conflict(self, rows: Sequence[SealedCredential]) -> NameTaken | CmdbDamaged:
        table = schema.credentials
        stored = self._connection.execute(select(table.c.id, table.c.kind, table.c.name))
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
        return damaged("credentials", "id_taken")

    def _count(self, seals: Mapping[Kid, int]) -> None:
        """Count seals, before they are written; KeyUsedUp."""
        self.know_keys(seals)
        table = schema.keys
        for kid, more in seals.items():
            room = update(table).where(table.c.kid == kid, table.c.seals <= SEALS_LIMIT - more)
            if not self._connection.execute(room.values(seals=table.c.seals + more)).rowcount:
                raise KeyUsedUp(kid)

    def _many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> int:
        return self._engine.many(self._connection, sql, rows)

    def _missing(self, ids: Iterable[str]) -> NoSuchCredential:
        known = set(self._connection.execute(select(schema.credentials.c.id)).scalars())
        return NoSuchCredential(next((item for item in ids if item not in known), ""))

    def _next(self, table: Table) -> int:
        last = self._connection.execute(select(func.max(table.c.number))).scalar_one()
        return 1 if last is None else count_of(last, NUMBER_LIMIT - 1, table.name) + 1

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
    listing = listing_of(row.credential)
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
