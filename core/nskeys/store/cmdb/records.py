"""Rows of the register, rotations and audit trail, checked and turned into parts of the model."""

from collections.abc import Sequence
from typing import Any

from nskeys.errors import CmdbDamaged
from nskeys.model.audit import AuditEntry, AuditHead
from nskeys.model.keys import Kid, Rotation, RotationStage
from nskeys.model.register_json import TEXT_LIMIT
from nskeys.ports import DrillRow, RecoveryRow, RegisterRow
from nskeys.reasons import Problem
from nskeys.store.cmdb.values import NUMBER_LIMIT, bytes_of, count_of, damaged, hex_of, moment_of, text_of

_LINE_LIMIT = 1 << 20
_SIGNATURE_LIMIT = 1_024


def register_row_of(row: Sequence[Any]) -> RegisterRow:
    """Return a register row from (body, signature). A row that cannot have been signed becomes an empty
    text without a signature: it must not stop a restore."""
    body, signature = row
    return RegisterRow(
        body if type(body) is str and len(body) <= TEXT_LIMIT else "",
        signature if type(signature) is bytes and len(signature) <= _SIGNATURE_LIMIT else None,
    )


def drill_row_of(row: Sequence[Any]) -> DrillRow:
    """Return a diary row from (number, body, signature); as in the register, a damaged one raises
    nothing."""
    number, *rest = row
    text = register_row_of(rest)
    return DrillRow(number if type(number) is int else 0, text.text, text.signature)


def recovery_row_of(row: Sequence[Any]) -> RecoveryRow:
    """Return the record of who can open backups from (body, signature). One that cannot have been signed
    becomes an empty text, so that whoever needs it says what is wrong."""
    body, signature = row
    readable = type(body) is str and len(body) <= _LINE_LIMIT and type(signature) is bytes
    return RecoveryRow(body, signature) if readable else RecoveryRow("", b"")


def rotation_of(row: Sequence[Any]) -> Rotation:
    """Return a rotation from (number, kid, stage, begun, changed, gate_skipped)."""
    table, number = "rotations", row[0]
    try:
        stage = RotationStage(text_of(row[2], 64, table, number))
    except ValueError:
        raise damaged(table, Problem.NOT_A_STAGE, number) from None
    return Rotation(
        number=count_of(number, NUMBER_LIMIT, table, number),
        kid=Kid(hex_of(row[1], 64, table, number)),
        stage=stage,
        begun=moment_of(row[3], table, number),
        changed=moment_of(row[4], table, number),
        gate_skipped=bool(count_of(row[5], 1, table, number)),
    )


def audit_entry_of(row: Sequence[Any]) -> AuditEntry:
    """Return an entry from (no, line, digest). An unreadable line becomes an empty one, which breaks the
    chain; the lines before and after it are still returned."""
    number = count_of(row[0], NUMBER_LIMIT, "audit", row[0])
    try:
        return AuditEntry(number, text_of(row[1], _LINE_LIMIT, "audit", number), _digest(row[2], number))
    except CmdbDamaged:
        return AuditEntry(number, "", b"")


def audit_head_of(row: Sequence[Any]) -> AuditHead:
    """Return the head from (no, digest)."""
    number = count_of(row[0], NUMBER_LIMIT, "audit", row[0])
    return AuditHead(number, _digest(row[1], number))


def _digest(value: Any, number: int) -> bytes:
    if len(digest := bytes_of(value, 32, "audit", number)) != 32:
        raise damaged("audit", Problem.NOT_A_DIGEST, number)
    return digest
