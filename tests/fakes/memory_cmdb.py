"""A CMDB in memory that keeps every promise of `ports.Cmdb`; the contract suite holds it to them.

Like SQLite it lets one change at a time through, and none commits while a look is open.
"""

import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from nskeys.errors import AlreadySetUp, CmdbBusy, KeyUsedUp, NameTaken, NoSuchCredential, NotSetUp
from nskeys.model.audit import AuditEntry, AuditEvent, AuditHead, first_digest, next_digest
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
    UnreadableCredential,
    UnreadableRow,
)
from nskeys.model.database import DatabaseLogin
from nskeys.model.keys import SEALS_LIMIT, KeyUse, Kid, Rotation, RotationStage
from nskeys.model.register import BackupCopy
from nskeys.model.register_json import from_text, to_text
from nskeys.ports import DrillRow, RegisterRow, SealedRow


@dataclass
class State:
    """What the tables hold. Values are frozen, so a shallow copy is a snapshot."""

    seals: dict[Kid, int] = field(default_factory=dict)
    rows: dict[str, SealedCredential] = field(default_factory=dict)
    register: dict[tuple[str, str], RegisterRow] = field(default_factory=dict)
    drills: list[DrillRow] = field(default_factory=list)
    rotations: dict[int, Rotation] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    signed: tuple[AuditHead, bytes] | None = None

    def copy(self) -> "State":
        """A state that can be changed apart from this one."""
        return State(
            dict(self.seals),
            dict(self.rows),
            dict(self.register),
            list(self.drills),
            dict(self.rotations),
            list(self.audit),
            self.signed,
        )


class MemoryCmdb:
    """Implements `ports.Cmdb`."""

    def __init__(self, address: str = "/memory/cmdb.sqlite3", *, busy_timeout: float = 5.0) -> None:
        self.state = State()
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
    def changing(self, event: AuditEvent) -> Iterator["MemoryChange"]:
        cmdb_id = self.cmdb_id()
        if not self._changing.acquire(timeout=self._patience):
            raise CmdbBusy(self._address)
        try:
            change = MemoryChange(cmdb_id, self.state.copy())
            change.write_audit(event)
            yield change
            with self._changed:
                if not self._changed.wait_for(lambda: not self._looks, self._patience):
                    raise CmdbBusy(self._address)
                self.state = change.state
        finally:
            self._changing.release()

    def stream_raw(
        self, unreadable: Callable[[UnreadableCredential], None] = lambda _: None
    ) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
        with self.reading() as view:
            for kid in sorted(view.state.seals):
                after = ""
                while batch := view.sealed_rows(kid, after):
                    yield kid, batch
                    after = batch[-1][0]

    def close(self) -> None:
        """Nothing is open."""


class MemoryView:
    """Implements `ports.CmdbView`."""

    def __init__(self, cmdb_id: str, state: State) -> None:
        self.cmdb_id = cmdb_id
        self.state = state

    def unreadable(self) -> tuple[UnreadableRow, ...]:
        return ()

    def counts(self) -> tuple[KeyUse, ...]:
        found: dict[tuple[Kid, str], list[Credential]] = {}
        for row in self._credentials():
            found.setdefault((row.kid, row.fields.kind.value), []).append(row)
        return tuple(
            KeyUse(*use, len(rows), min(row.sealed for row in rows), max(row.seal_no for row in rows))
            for use, rows in sorted(found.items())
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
        return [_raw(row) for row in self.sealed(kid, after, limit)]

    def seals(self, kid: Kid) -> int:
        return self.state.seals.get(kid, 0)

    def last_seal(self) -> int:
        return sum(self.state.seals.values())

    def sealed_after(self, kids: Iterable[Kid], seal_no: int) -> int:
        wanted = set(kids)
        return sum(row.kid in wanted and row.seal_no > seal_no for row in self._credentials())

    def drill_rows(self, limit: int = 1_000) -> tuple[DrillRow, ...]:
        return tuple(reversed(self.state.drills))[:limit]

    def register_rows(self) -> tuple[RegisterRow, ...]:
        return tuple(self.state.register.values())

    def rotation(self) -> Rotation | None:
        open_ones = (r for r in self.state.rotations.values() if r.stage is not RotationStage.FINISHED)
        return max(open_ones, key=lambda rotation: rotation.number, default=None)

    def audit_head(self) -> AuditHead:
        if not self.state.audit:
            return AuditHead(0, first_digest(self.cmdb_id))
        last = self.state.audit[-1]
        return AuditHead(last.number, last.digest)

    def audit_signature(self) -> tuple[AuditHead, bytes] | None:
        return self.state.signed

    def audit_entries(self, after: int = 0, limit: int = 1_000) -> tuple[AuditEntry, ...]:
        return tuple(self.state.audit[after : after + limit])

    def _credentials(self) -> Iterator[Credential]:
        return (row.credential for row in self.state.rows.values())


class MemoryChange(MemoryView):
    """Implements `ports.CmdbChange` on a copy of the state that becomes the state on commit."""

    def write_audit(self, event: AuditEvent) -> None:
        """Lengthen the chain by the event's line."""
        head = self.audit_head()
        line = event.line()
        self.state.audit.append(AuditEntry(head.count + 1, line, next_digest(head.digest, line)))

    def add(self, credentials: Sequence[SealedCredential]) -> None:
        with self._all_or_nothing():
            self._count(row.credential.kid for row in credentials)
            for row in credentials:
                self._put(row)

    def replace(self, credentials: Sequence[SealedCredential]) -> None:
        with self._all_or_nothing():
            self._count(row.credential.kid for row in credentials)
            for row in credentials:
                self._known(row.credential.credential_id)
                self._put(row)

    def reseal(self, rows: Sequence[tuple[str, bytes]], kid: Kid, moment: datetime) -> None:
        with self._all_or_nothing():
            self._count(kid for _ in rows)
            for credential_id, blob in rows:
                old = self._known(credential_id).credential
                self.state.rows[credential_id] = SealedCredential(
                    replace(old, kid=kid, sealed=moment, seal_no=self.last_seal()), blob
                )

    def remove(self, credential_id: str) -> None:
        self._known(credential_id)
        del self.state.rows[credential_id]

    def know_keys(self, kids: Iterable[Kid]) -> None:
        for kid in kids:
            self.state.seals.setdefault(kid, 0)

    def record(self, copy: BackupCopy, row: RegisterRow) -> None:
        if row.text != to_text(copy) or from_text(row.text) != copy:
            raise ValueError("a register row's text is its copy's")
        self.state.register[copy.backup.kms_sha256, copy.address] = row

    def write_drill(self, text: str, signature: bytes | None) -> None:
        self.state.drills.append(DrillRow(len(self.state.drills) + 1, text, signature))

    def set_rotation(self, rotation: Rotation) -> Rotation:
        number = rotation.number or max(self.state.rotations, default=0) + 1
        stored = replace(rotation, number=number)
        self.state.rotations[number] = stored
        return stored

    def sign_audit(self, head: AuditHead, signature: bytes) -> None:
        self.state.signed = (head, signature)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        before = self.state.copy()
        try:
            yield
        except Exception:
            self.state = before
            raise

    def _count(self, kids: Iterable[Kid]) -> None:
        for kid in kids:
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
        numbered = replace(row.credential, seal_no=self.last_seal())
        self.state.rows[row.credential.credential_id] = replace(row, credential=numbered)


def _matcher(wanted: CredentialFilter) -> Callable[[Credential], bool]:
    text = fold(wanted.text)

    def matches(row: Credential) -> bool:
        return (
            (wanted.kind is None or row.fields.kind is wanted.kind)
            and (wanted.kids is None or row.kid in wanted.kids)
            and text in sort_keys_of(row).haystack
        )

    return matches


def _raw(row: SealedCredential) -> SealedRow:
    fields = row.credential.fields
    return (
        row.credential.credential_id,
        fields.kind.value,
        fields.name,
        fields.target,
        fields.account,
        fields.note,
        row.blob,
    )
