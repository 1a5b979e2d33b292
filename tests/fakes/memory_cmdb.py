"""A CMDB in memory that keeps every promise of `ports.Cmdb`; the contract suite holds it to them.

Like SQLite it lets one change at a time through, and none commits while a look is open.
"""

import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from nskeys.crypto.inventory import RowSums
from nskeys.errors import (
    AlreadySetUp,
    CmdbBusy,
    CmdbDamaged,
    CmdbNotEmpty,
    KeyUsedUp,
    NameTaken,
    NoSuchCredential,
    NotSetUp,
)
from nskeys.model.audit import AuditEntry, AuditEvent, AuditHead, first_digest, next_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import (
    CredentialFilter,
    CredentialOrder,
    PlacedCredential,
    fold,
    sort_keys_of,
)
from nskeys.model.credentials import (
    Credential,
    CredentialKind,
    SealedCredential,
    SealedRow,
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.database import DatabaseConnection, DatabaseLogin
from nskeys.model.database_copy import Row, Rows
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.database_register_json import from_text as database_from_text, to_text as database_text
from nskeys.model.database_tables import (
    COPIED_TABLES,
    KEYS,
    Table,
)
from nskeys.model.declared_backups import ROW_KIND, DeclaredBackup
from nskeys.model.declared_backups_json import from_text as declared_from_text, to_text as declared_text
from nskeys.model.inventory import InventoryChange, KeyInventory, Tally
from nskeys.model.keys import (
    SEALS_LIMIT,
    Beyond,
    KeyInfo,
    KeyUse,
    Kid,
    Rotation,
    RotationStage,
    undescribed,
)
from nskeys.model.register import REGISTER_LIMIT, BackupCopy
from nskeys.model.register_json import from_text, to_text
from nskeys.model.signed_json import Json
from nskeys.ports import DrillRow, RecoveryRow, RegisterRow, SignedStatement
from nskeys.reasons import Problem
from tests.fakes.memory_tables import State, state_of, table_rows


class MemoryCmdb:
    """Implements `ports.Cmdb`."""

    def __init__(
        self,
        address: str = "/memory/cmdb.sqlite3",
        *,
        busy_timeout: float = 5.0,
        others: "dict[str, MemoryCmdb] | None" = None,
    ) -> None:
        """`others` are the databases that this one can reach, by their addresses."""
        self.state = State()
        self.others = {} if others is None else others
        self.others[address] = self
        self._address = address
        self._patience = busy_timeout
        self._id: str | None = None
        self._looks = 0
        self._changed = threading.Condition()
        self._changing = threading.Lock()

    def describe(self) -> str:
        return "SQLite"

    def address(self) -> str:
        return self._address

    def connection(self) -> DatabaseConnection | None:
        return None

    def url(self) -> str:
        return self._address

    def at(self, address: str) -> "MemoryCmdb":
        known = self.others.get(address)
        return known or MemoryCmdb(address, busy_timeout=self._patience, others=self.others)

    def use(self, url: str) -> None:
        other = self.at(url)
        if other is not self:
            # This object becomes the other one, and that the database that was left.
            self.__dict__, other.__dict__ = other.__dict__, self.__dict__
            self.others[self._address], self.others[other._address] = self, other

    def put_aside(self, day: str) -> str:
        if self._id is None or self._address.startswith("postgresql:"):
            return ""
        del self.others[self._address]
        self._address = f"{self._address}.moved-{day}"
        self.others[self._address] = self
        return self._address

    def login(self) -> DatabaseLogin | None:
        return None

    def exists(self) -> bool:
        return self._id is not None

    def cmdb_id(self) -> str:
        if self._id is None:
            raise NotSetUp(self._address)
        return self._id

    def outdated(self) -> bool:
        self.cmdb_id()
        return False

    def create(self, cmdb_id: str) -> None:
        if self._id not in (None, cmdb_id):
            raise AlreadySetUp(self._address)
        self._id = cmdb_id

    @contextmanager
    def filling(self, ours: Callable[["MemoryView"], bool] = lambda _: False) -> Iterator["MemoryFill"]:
        filled = self._id is not None and self.state != State()
        if filled and not ours(MemoryView(self.cmdb_id(), self.state)):
            raise CmdbNotEmpty(self._address, len(self.state.rows))
        fill = MemoryFill()
        yield fill
        self.state, self._id = fill.finished()

    @contextmanager
    def reading(self) -> Iterator["MemoryView"]:
        cmdb_id = self.cmdb_id()
        with self._changed:
            self._looks += 1
            view = MemoryView(cmdb_id, self.state)
        try:
            yield view
        finally:
            with self._changed:
                self._looks -= 1
                self._changed.notify_all()

    @contextmanager
    def kept_apart(self, folder: str, heed: Callable[[], None] = lambda: None) -> Iterator["MemoryView"]:
        heed()
        yield MemoryView(self.cmdb_id(), self.state)  # whose state no change touches

    @contextmanager
    def alone(self) -> Iterator["MemoryView"]:
        cmdb_id = self.cmdb_id()
        with self._nobody_else():
            yield MemoryView(cmdb_id, self.state)

    def note(self, text: str) -> None:
        self.cmdb_id()
        with self._nobody_else():
            state = self.state.copy()
            state.notes = [*state.notes, text][-1_000:]
            self.state = state

    @contextmanager
    def changing(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent] = (),
        number: int | None = None,
        check: Callable[["MemoryView"], AuditHead | None] = lambda _: None,
    ) -> Iterator["MemoryChange"]:
        cmdb_id = self.cmdb_id()
        with self._nobody_else():
            change = _begun(MemoryView(cmdb_id, self.state), event, earlier, number, check)
            yield change
            with self._changed:
                if not self._changed.wait_for(lambda: not self._looks, self._patience):
                    raise CmdbBusy(self._address)
                self.state = change.state

    @contextmanager
    def _nobody_else(self) -> Iterator[None]:
        if not self._changing.acquire(timeout=self._patience):
            raise CmdbBusy(self._address)
        try:
            yield
        finally:
            self._changing.release()

    def close(self) -> None:
        """Nothing is open."""


class MemoryFill:
    """Implements `ports.CmdbFill`."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[Row]] = {}
        self._checkpoint: SignedCheckpoint | None = None
        self._changed: MemoryChange | None = None

    def add(self, table: Table, rows: Rows) -> None:
        self._rows.setdefault(table, []).extend(rows)

    def finish(self, checkpoint: SignedCheckpoint | None) -> "MemoryView":
        self._checkpoint = checkpoint
        state, cmdb_id = self.finished()
        return MemoryView(cmdb_id, state)

    def change(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent],
        number: int | None,
        check: Callable[["MemoryView"], AuditHead | None],
    ) -> "MemoryChange":
        state, cmdb_id = self.finished()
        self._changed = _begun(MemoryView(cmdb_id, state), event, earlier, number, check)
        return self._changed

    def finished(self) -> tuple[State, str]:
        """The state that these rows are, with what was changed in it, and the id."""
        if self._changed is not None:
            return self._changed.state, self._changed.cmdb_id
        state, cmdb_id = state_of(self._rows)
        state.checkpoint = self._checkpoint
        return state, cmdb_id


class MemoryView:
    """Implements `ports.CmdbView`."""

    is_standby = False

    def __init__(self, cmdb_id: str, state: State) -> None:
        self.cmdb_id = cmdb_id
        self.state = state

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        return ()

    @property
    def number(self) -> int:
        return self.state.number

    def inventory(self) -> tuple[tuple[Kid, KeyInventory | None], ...]:
        return tuple((kid, self.state.inventory[kid]) for kid in sorted(self.state.inventory))

    def tallies(self) -> Mapping[tuple[Kid, str], Tally]:
        found: dict[tuple[Kid, str], Tally] = {}
        for row in self._credentials():
            use = (row.kid, row.fields.kind.value)
            before = found.get(use, Tally())
            found[use] = Tally(before.rows + 1, (before.number_sum or 0) + row.number)
        return found

    def stream_rows(
        self, unreadable: Callable[[UnreadableCredential], None]
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        for kid in sorted(self.state.seals):
            after = ""
            while batch := self.sealed_rows(kid, after):
                yield kid, batch
                after = batch[-1][0]

    def table_counts(self) -> tuple[tuple[str, int], ...]:
        held = {table.name: table_rows(self.cmdb_id, self.state, table) for table in COPIED_TABLES}
        return tuple((name, len(rows)) for name, rows in held.items())

    def table_rows(self, table: Table) -> Iterator[Rows]:
        if rows := table_rows(self.cmdb_id, self.state, table):
            yield rows

    def counts(self) -> tuple[KeyUse, ...]:
        found: dict[tuple[Kid, str], list[Credential]] = {}
        for row in self._credentials():
            found.setdefault((row.kid, row.fields.kind.value), []).append(row)
        return tuple(
            KeyUse(
                *use,
                len(rows),
                min((row.number, row.updated) for row in rows)[1],
                max(row.number for row in rows),
                self.state.inventory[use[0]].resealed,
                self.state.inventory[use[0]].counted,
                min(row.number for row in rows),
            )
            for use, rows in sorted(found.items())
        )

    def stop(self) -> None:
        """Nothing takes long enough to be broken off."""

    def noted_counts(self) -> tuple[KeyUse, ...]:
        noted = dict(self.inventory())
        if not all(noted.values()):
            return self.counts()
        return tuple(
            use._replace(credentials=inventory.kinds[use.kind].rows)
            for use in self.counts()
            if (inventory := noted[use.kid]) is not None and use.kind in inventory.kinds
        )

    def total(self, wanted: CredentialFilter) -> int:
        return sum(map(_matcher(wanted), self._credentials()))

    def page(
        self,
        wanted: CredentialFilter,
        order: CredentialOrder,
        limit: int,
        after: tuple[str, str] | None = None,
        backwards: bool = False,
        offset: int = 0,
    ) -> tuple[PlacedCredential, ...]:
        falling = order.descending != backwards
        placed = [
            PlacedCredential(row, (sort_keys_of(row).key(order.by), row.credential_id))
            for row in filter(_matcher(wanted), self._credentials())
        ]
        placed.sort(key=lambda item: item.place, reverse=falling)
        if after is not None:
            placed = [item for item in placed if (item.place < after if falling else item.place > after)]
        found = placed[offset : offset + limit]
        return tuple(reversed(found)) if backwards else tuple(found)

    def credential(self, credential_id: str) -> SealedCredential | None:
        return self.state.rows.get(credential_id)

    def find(self, reference: str) -> tuple[Credential, ...]:
        kind, slash, name = reference.partition("/")
        if slash and kind in tuple(CredentialKind):
            found = self.named(CredentialKind(kind), name)
            return (found,) if found else ()
        prefix = reference.lower()
        ids = sorted(key for key in self.state.rows if prefix and key.startswith(prefix))
        return tuple(self.state.rows[key].credential for key in ids[:10])

    def named(self, kind: CredentialKind, name: str) -> Credential | None:
        wanted = unicodedata.normalize("NFC", name)
        for row in self._credentials():
            if row.fields.kind is kind and row.fields.name == wanted:
                return row
        return None

    def names(self) -> frozenset[tuple[str, str]]:
        return frozenset((row.fields.kind.value, row.fields.name) for row in self._credentials())

    def sealed(
        self, kid: Kid | None = None, after: str = "", limit: int = 5_000
    ) -> tuple[SealedCredential, ...]:
        ids = sorted(
            key
            for key, row in self.state.rows.items()
            if key > after and (kid is None or row.credential.kid == kid)
        )
        return tuple(self.state.rows[key] for key in ids[:limit])

    def sealed_rows(self, kid: Kid, after: str = "", limit: int = 5_000) -> Sequence[SealedRow]:
        return [row.row() for row in self.sealed(kid, after, limit)]

    def keys(self) -> tuple[KeyInfo, ...]:
        return tuple(sorted(self.state.keys.values(), key=lambda key: (key.created, key.kid)))

    def recovery_row(self) -> RecoveryRow | None:
        return self.state.recovery

    def seals(self, kid: Kid) -> int:
        return self.state.seals.get(kid, 0)

    def changed_after(self, kids: Iterable[Kid], number: int) -> int:
        wanted = set(kids)
        return sum(
            row.kid in wanted and max(row.number, self.state.inventory[row.kid].resealed) > number
            for row in self._credentials()
        )

    def beyond(self, kid: Kid, number: int, moment: datetime) -> Beyond:
        rows = [row for row in self._credentials() if row.kid == kid and row.number > number]
        first = min(rows, key=lambda row: row.number, default=None)
        added = any(row.created > moment for row in rows)
        if first is None:
            return Beyond(0)
        return Beyond(len(rows), first.updated, added, first.number)

    def drill_rows(self, limit: int = 1 << 31) -> tuple[DrillRow, ...]:
        return tuple(reversed(self.state.drills))[:limit]

    def register_count(self) -> int:
        return len(self.state.register)

    def register_rows(self) -> tuple[RegisterRow, ...]:
        return tuple(self.state.register.values())[:REGISTER_LIMIT]

    def rotation(self) -> Rotation | None:
        open_ones = (r for r in self.state.rotations.values() if r.stage is not RotationStage.FINISHED)
        return max(open_ones, key=lambda rotation: rotation.number, default=None)

    def audit_head(self) -> AuditHead:
        if not self.state.audit:
            return AuditHead(0, first_digest(self.cmdb_id))
        last = self.state.audit[-1]
        return AuditHead(last.number, last.digest)

    def checkpoint(self) -> SignedCheckpoint | None:
        return self.state.checkpoint

    def key_rows(self) -> tuple[dict[str, Json], ...]:
        rows = table_rows(self.cmdb_id, self.state, KEYS)
        return tuple(
            {
                name: value.hex() if isinstance(value, bytes) else value
                for name, value in zip(KEYS.names, row, strict=True)
            }
            for row in rows
        )

    def statements(self) -> tuple[SignedStatement, ...]:
        return tuple(self.state.statements)

    def notes(self) -> tuple[str, ...]:
        return tuple(reversed(self.state.notes))

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        return tuple(self.state.audit[after : after + limit])

    def _credentials(self) -> Iterator[Credential]:
        return (row.credential for row in self.state.rows.values())


class MemoryChange(MemoryView):
    """Implements `ports.CmdbChange` on a copy of the state that becomes the state on commit."""

    _head: AuditHead | None = None

    def go_on_from(self, head: AuditHead) -> None:
        """Let the trail go on from this head; lines after it become notes."""
        self.state.notes += [entry.line for entry in self.state.audit if entry.number > head.count]
        self.state.audit = [entry for entry in self.state.audit if entry.number <= head.count]
        self._head = head

    def audit_head(self) -> AuditHead:
        return super().audit_head() if self._head is None else self._head

    def write_audit(self, event: AuditEvent) -> None:
        """Lengthen the chain by the event's line."""
        head = self.audit_head()
        line = event.line(self.number)
        after = AuditHead(head.count + 1, next_digest(head.digest, line))
        self.state.audit.append(AuditEntry(after.count, line, after.digest))
        if self._head is not None:
            self._head = after

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        with self._all_or_nothing():
            self._count(row.credential.kid for row in credentials)
            for row in credentials:
                self._put(row)
                self._book(row, 1)

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        with self._all_or_nothing():
            self._count(row.credential.kid for row in credentials)
            for row in credentials:
                self._book(self._known(row.credential.credential_id), -1)
                self._put(row)
                self._book(row, 1)

    def reseal(
        self,
        old: Kid,
        rows: Sequence[tuple[SealedRow, bytes]],
        kid: Kid,
        bound: Sequence[bytes] | None = None,
    ) -> None:
        del bound
        with self._all_or_nothing():
            self._count(kid for _ in rows)
            for (credential_id, *_), blob in rows:
                before = self._known(credential_id)
                self._book(before, -1)
                after = SealedCredential(replace(before.credential, kid=kid), blob)
                self.state.rows[credential_id] = after
                self._book(after, 1)
            if rows:
                self.state.inventory[kid] = replace(self.state.inventory[kid], resealed=self.number)

    def remove(self, credential_id: str) -> None:
        self._book(self._known(credential_id), -1)
        del self.state.rows[credential_id]

    def set_keys(self, keys: Iterable[KeyInfo]) -> None:
        for key in keys:
            known = self.state.keys.get(key.kid, key)
            self.state.keys[key.kid] = known._replace(state=key.state, state_since=key.state_since)
            self.state.seals.setdefault(key.kid, 0)
            self.state.inventory.setdefault(key.kid, _nothing(key.kid))

    def set_recovery(self, row: RecoveryRow) -> None:
        self.state.recovery = row

    def count_anew(self) -> None:
        for kid, before in self.state.inventory.items():
            kept = replace(_nothing(kid), resealed=before.resealed, counted=self.number)
            self.state.inventory[kid] = kept
        for row in self.state.rows.values():
            self._book(row, 1)

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        if row.text != to_text(copy) or from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        self.state.register[copy.backup.kms_sha256, copy.address] = row

    def record_database(self, copy: DatabaseCopy, row: RegisterRow) -> None:
        if row.text != database_text(copy) or database_from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        self.state.register[copy.copy.sha256, copy.destination] = row

    def record_declared(self, backup: DeclaredBackup, row: RegisterRow) -> None:
        if row.text != declared_text(backup) or declared_from_text(row.text) != backup:
            raise ValueError("a register row's text is its backup's")
        self.state.register[ROW_KIND, backup.text] = row

    def write_drill(self, text: str, signature: bytes | None) -> None:
        self.state.drills.append(DrillRow(len(self.state.drills) + 1, text, signature))

    def resign_drill(self, number: int, signature: bytes) -> None:
        self.state.drills[number - 1] = self.state.drills[number - 1]._replace(signature=signature)

    def set_rotation(self, rotation: Rotation) -> Rotation:
        number = rotation.number or max(self.state.rotations, default=0) + 1
        stored = rotation._replace(number=number)
        self.state.rotations[number] = stored
        return stored

    def set_checkpoint(self, before: SignedCheckpoint | None, after: SignedCheckpoint) -> None:
        if self.state.checkpoint != before:
            raise CmdbDamaged("checkpoint", Problem.NOT_A_ROW)
        self.state.checkpoint = after

    def resign_statement(self, number: int, signature: bytes) -> None:
        kept = [
            one._replace(signature=signature) if one.number == number else one
            for one in self.state.statements
        ]
        self.state.statements = kept

    def add_statement(self, statement: SignedStatement) -> None:
        self.state.statements.append(statement)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        before = self.state.copy()
        try:
            yield
        except Exception:
            self.state = before
            raise

    def _book(self, row: SealedCredential, sign: int) -> None:
        credential = row.credential
        change = InventoryChange({})
        change.count(credential.fields.kind.value, sign, sign * credential.number)
        change.row_sum = sign * RowSums(self.cmdb_id, credential.kid).of([row.row()])
        before = self.state.inventory[credential.kid]
        self.state.inventory[credential.kid] = change.applied_to(before)

    def _count(self, kids: Iterable[Kid]) -> None:
        for kid in kids:
            if kid not in self.state.keys:
                self.set_keys([undescribed(kid)])
            count = self.state.seals.get(kid, 0) + 1
            if count > SEALS_LIMIT:
                raise KeyUsedUp(kid)
            self.state.seals[kid] = count

    def _known(self, credential_id: str) -> SealedCredential:
        try:
            return self.state.rows[credential_id]
        except KeyError:
            raise NoSuchCredential(credential_id) from None

    def _put(self, row: SealedCredential) -> None:
        fields = row.credential.fields
        namesake = self.named(fields.kind, fields.name)
        if namesake is not None and namesake.credential_id != row.credential.credential_id:
            raise NameTaken(fields.kind.value, fields.name)
        if not 1 <= row.credential.number <= self.number:
            raise ValueError("a credential has the number of a change")
        self.state.rows[row.credential.credential_id] = row


def _nothing(kid: Kid) -> KeyInventory:
    return KeyInventory(kid, {kind.value: Tally() for kind in CredentialKind})


def _matcher(wanted: CredentialFilter) -> Callable[[Credential], bool]:
    text = fold(wanted.text)

    def matches(row: Credential) -> bool:
        return (
            (wanted.kind is None or row.fields.kind is wanted.kind)
            and (wanted.kids is None or row.kid in wanted.kids)
            and row.number > dict(wanted.beyond).get(row.kid, 0)
            and text in sort_keys_of(row).haystack
        )

    return matches


def _begun(
    before: MemoryView,
    event: AuditEvent,
    earlier: Sequence[AuditEvent],
    number: int | None,
    check: Callable[[MemoryView], AuditHead | None],
) -> MemoryChange:
    """A change of this state, with its number and its audit lines."""
    head = check(before)
    change = MemoryChange(before.cmdb_id, before.state.copy())
    change.state.number = change.state.number + 1 if number is None else number
    if head is not None:
        change.go_on_from(head)
    for line in (*earlier, event):
        change.write_audit(line)
    return change
