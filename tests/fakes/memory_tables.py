"""What the tables of a CMDB in memory hold, and as which rows the others would store it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nskeys.model.audit import AuditEntry
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credentials import CredentialKind, SealedCredential
from nskeys.model.database_copy import Row
from nskeys.model.database_tables import (
    AUDIT,
    CREDENTIALS,
    DRILLS,
    KEYS,
    META,
    NOTES,
    RECOVERY,
    REGISTER,
    ROTATIONS,
    STATEMENTS,
    Table,
)
from nskeys.model.inventory import ROW_SUM_SIZE, KeyInventory, Tally
from nskeys.model.keys import KeyInfo, Kid, Rotation, undescribed
from nskeys.ports import DrillRow, RecoveryRow, RegisterRow, SignedStatement
from nskeys.store.cmdb.inventory import inventory_of
from nskeys.store.cmdb.records import rotation_of
from nskeys.store.cmdb.rows import key_info_of, sealed_of
from nskeys.store.cmdb.values import seconds_of


@dataclass
class State:
    """What the tables hold. Values are frozen, so a shallow copy is a snapshot."""

    seals: dict[Kid, int] = field(default_factory=dict)
    rows: dict[str, SealedCredential] = field(default_factory=dict)
    register: dict[tuple[str, str], RegisterRow] = field(default_factory=dict)
    drills: list[DrillRow] = field(default_factory=list)
    rotations: dict[int, Rotation] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    checkpoint: SignedCheckpoint | None = None
    statements: list[SignedStatement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    number: int = 0
    inventory: dict[Kid, KeyInventory] = field(default_factory=dict)
    keys: dict[Kid, KeyInfo] = field(default_factory=dict)
    recovery: RecoveryRow | None = None

    def copy(self) -> "State":
        """A state that can be changed apart from this one."""
        return State(
            dict(self.seals),
            dict(self.rows),
            dict(self.register),
            list(self.drills),
            dict(self.rotations),
            list(self.audit),
            self.checkpoint,
            list(self.statements),
            list(self.notes),
            self.number,
            dict(self.inventory),
            dict(self.keys),
            self.recovery,
        )


def table_rows(cmdb_id: str, state: State, table: Table) -> list[Row]:
    """What a table of this state would hold, by its primary key."""
    if table is META:
        return [("cmdb_id", cmdb_id), ("number", str(state.number)), ("schema", "1")]
    return _ROWS[table](state)


def _numbers(state: State) -> dict[Kid, int]:
    return {kid: number for number, kid in enumerate(state.seals, 1)}


def _keys(state: State) -> list[Row]:
    return [
        (
            number,
            kid,
            *_told(state.keys.get(kid, undescribed(kid))),
            state.seals[kid],
            *_inventory_columns(state.inventory[kid]),
        )
        for kid, number in _numbers(state).items()
    ]


def _told(key: KeyInfo) -> Row:
    return (seconds_of(key.created), key.state.value, seconds_of(key.state_since))


def _recovery(state: State) -> list[Row]:
    return [] if state.recovery is None else [(1, state.recovery.text, state.recovery.signature)]


def _inventory_columns(inventory: KeyInventory) -> Row:
    tallies = [inventory.kinds.get(kind.value, Tally()) for kind in CredentialKind]
    pairs = [value for tally in tallies for value in (tally.rows, str(tally.number_sum or 0))]
    row_sum = inventory.row_sum.to_bytes(ROW_SUM_SIZE, "big")
    return (inventory.resealed, inventory.counted, *pairs, row_sum)


def _credentials(state: State) -> list[Row]:
    numbers = _numbers(state)
    rows: list[Row] = []
    for credential_id, one in sorted(state.rows.items()):
        rows.append((credential_id, numbers[one.credential.kid], *one.row()[1:]))
    return rows


def _register(state: State) -> list[Row]:
    return [
        (number, kms, address, row.text, row.signature)
        for number, ((kms, address), row) in enumerate(state.register.items(), 1)
    ]


def _rotations(state: State) -> list[Row]:
    return [
        (
            one.number,
            one.kid,
            one.stage.value,
            seconds_of(one.begun),
            seconds_of(one.changed),
            int(one.gate_skipped),
        )
        for one in state.rotations.values()
    ]


_ROWS: dict[Table, Callable[[State], list[Row]]] = {
    KEYS: _keys,
    CREDENTIALS: _credentials,
    REGISTER: _register,
    RECOVERY: _recovery,
    STATEMENTS: lambda state: [
        (one.number, one.label, one.text, one.signature) for one in state.statements
    ],
    DRILLS: lambda state: [(row.number, row.text, row.signature) for row in state.drills],
    ROTATIONS: _rotations,
    NOTES: lambda state: list(enumerate(state.notes, 1)),
    AUDIT: lambda state: [(entry.number, entry.line, entry.digest) for entry in state.audit],
}


def state_of(tables: Mapping[Table, Sequence[Row]]) -> tuple[State, str]:
    """The state that these rows are of, and the id of its CMDB: what `table_rows` is the way back from."""
    marks: dict[Any, Any] = dict(_of(tables, META))
    keys = {number: Kid(kid) for number, kid, *_ in _of(tables, KEYS)}
    state = State(number=int(marks["number"]))
    for row in _of(tables, KEYS):
        info, inventory = key_info_of(row[1:5]), inventory_of((row[1], *row[6:]))
        assert inventory is not None
        kid = info.kid
        state.keys[kid], state.seals[kid], state.inventory[kid] = info, row[5], inventory
    for row in _of(tables, CREDENTIALS):
        state.rows[row[0]] = sealed_of(row, keys)
    for _, kms, address, body, signature in _of(tables, REGISTER):
        state.register[kms, address] = RegisterRow(body, signature)
    for _, body, signature in _of(tables, RECOVERY):
        state.recovery = RecoveryRow(body, signature)
    state.statements = [SignedStatement(*row) for row in _of(tables, STATEMENTS)]
    state.drills = [DrillRow(*row) for row in _of(tables, DRILLS)]
    state.rotations = {row[0]: rotation_of(row) for row in _of(tables, ROTATIONS)}
    state.audit = [AuditEntry(*row) for row in _of(tables, AUDIT)]
    state.notes = [body for _, body in _of(tables, NOTES)]
    return state, marks["cmdb_id"]


def _of(tables: Mapping[Table, Sequence[Row]], table: Table) -> Sequence[Any]:
    return tables.get(table, ())
