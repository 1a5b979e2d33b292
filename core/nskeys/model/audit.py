"""The audit trail: one line for every change, each hash covering all lines before it.

h0 = SHA-256("nskeys/audit/1" 0x00 | cmdb_id), hi = SHA-256("nskeys/audit/1" 0x00 | h(i-1) |
u32be length | line). Whoever cuts or edits a line has to change every later hash and the head that
the server key signed and that each backup carries.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from nskeys.model.signed_json import Json, canonical_json, mapping, moment, parse_any_spelling
from nskeys.model.times import to_rfc3339

_PREFIX = b"nskeys/audit/1\x00"
_LINE_LIMIT = 1 << 22  # bytes


class Action(StrEnum):
    """What was done: the vocabulary of the audit trail."""

    SET_UP = "set-up"
    LOSS_ACCEPTED = "loss-accepted"
    MIGRATED = "migrated"
    CREDENTIAL_ADDED = "credential-added"
    CREDENTIAL_EDITED = "credential-edited"
    CREDENTIAL_REVEALED = "credential-revealed"
    CREDENTIAL_REMOVED = "credential-removed"
    CREDENTIALS_IMPORTED = "credentials-imported"
    KEY_CREATED = "key-created"
    ROTATION_ACTIVATED = "rotation-activated"
    ROTATION_RESEALED = "rotation-resealed"
    ROTATION_FINISHED = "rotation-finished"
    BACKED_UP = "backed-up"
    BACKUP_FAILED = "backup-failed"
    DRILLED = "drilled"
    DRILL_FAILED = "drill-failed"
    RESTORED = "restored"
    REGISTER_CHECKED = "register-checked"
    REGISTER_ADDED = "register-added"
    REGISTER_RETIRED = "register-retired"
    PRUNE_BEGAN = "prune-began"
    """Written before a file is deleted; `pruned` or `prune-failed` follows."""
    PRUNED = "pruned"
    PRUNE_FAILED = "prune-failed"
    DESTINATION_ADDED = "destination-added"
    DESTINATION_REMOVED = "destination-removed"
    SERVER_TRUSTED = "server-trusted"
    PROTECTOR_CHANGED = "protector-changed"
    IDENTITY_CREATED = "identity-created"
    IDENTITY_REPLACED = "identity-replaced"
    CUSTODIANS_SPLIT = "custodians-split"
    CUSTODIANS_CHECKED = "custodians-checked"
    SCHEDULE_INSTALLED = "schedule-installed"
    SCHEDULE_REMOVED = "schedule-removed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the effective user and, under sudo, the user who called it."""

    uid: int
    user: str
    sudo_user: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What a change writes to the audit trail. `details` holds no secret: names, counts, ids."""

    action: Action
    subject: str
    actor: Actor
    moment: datetime
    details: tuple[tuple[str, str], ...] = ()

    def line(self) -> str:
        """Return the line as it is stored and hashed (RFC 8785 JSON)."""
        value: Json = {
            "time": to_rfc3339(self.moment),
            "uid": self.actor.uid,
            "user": self.actor.user,
            "sudo_user": self.actor.sudo_user,
            "action": self.action.value,
            "subject": self.subject,
            "details": dict(self.details),
        }
        return canonical_json(value).decode("utf-8")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of the audit trail as stored."""

    number: int
    line: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class AuditHead:
    """How many lines there are and the last one's hash (32 bytes)."""

    count: int
    digest: bytes


def members_of(line: str) -> Mapping[str, Json]:
    """What a line says; nothing where it is no JSON object, for a line may have been written by anybody."""
    try:
        return mapping(parse_any_spelling(line.encode("utf-8"), _LINE_LIMIT))
    except ValueError:
        return {}


def moment_of(line: str) -> datetime:
    """The moment that a line names; the beginning of all time where it names none."""
    try:
        return moment(members_of(line).get("time"))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def first_digest(cmdb_id: str) -> bytes:
    """Return h0 for a CMDB id in hex."""
    return hashlib.sha256(_PREFIX + bytes.fromhex(cmdb_id)).digest()


def next_digest(previous: bytes, line: str) -> bytes:
    """Return hi, computed from h(i-1) and the line."""
    data = line.encode("utf-8")
    return hashlib.sha256(_PREFIX + previous + len(data).to_bytes(4, "big") + data).digest()
