"""The audit trail: one line for every change, each hash covering all lines before it.

h0 = SHA-256("nskeys/audit/1" 0x00 | cmdb_id), hi = SHA-256("nskeys/audit/1" 0x00 | h(i-1) |
u32be length | line). Whoever cuts or edits a line has to change every later hash and the head that
the server key signed and that each backup carries.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.signed_json import (
    Json,
    canonical_json,
    hexadecimal,
    integer,
    mapping,
    moment,
    parse_any_spelling,
    text,
    token,
)
from nskeys.model.times import to_rfc3339

_PREFIX = b"nskeys/audit/1\x00"
_LINE_LIMIT = 1 << 22  # bytes

NO_SESSION = 2**32 - 1
"""The kernel's login uid of a process that no login started."""


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
    CREDENTIALS_EXPORTED = "credentials-exported"
    KEY_CREATED = "key-created"
    ROTATION_ACTIVATED = "rotation-activated"
    ROTATION_RESEALED = "rotation-resealed"
    ROTATION_FINISHED = "rotation-finished"
    BACKUP_BEGAN = "backup-began"
    """Written before anything is sent: its number is never given to another backup."""
    BACKED_UP = "backed-up"
    BACKUP_FAILED = "backup-failed"
    DATABASE_COPIED = "database-copied"
    DATABASE_DECLARED = "database-declared"
    """Somebody else's backup; it counts for nothing."""
    DATABASE_CHECK_BEGAN = "database-check-began"
    """Whatever shows this change is this CMDB or follows it, and is no backup."""
    DATABASE_CHECKED = "database-checked"
    DATABASE_WITHDRAWN = "database-withdrawn"
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
    SERVER_KEY_REPLACED = "server-key-replaced"
    KEY_COMPROMISED = "key-compromised"
    IDENTITY_CREATED = "identity-created"
    IDENTITY_REPLACED = "identity-replaced"
    CUSTODIANS_SPLIT = "custodians-split"
    CUSTODIANS_CHECKED = "custodians-checked"
    SCHEDULE_INSTALLED = "schedule-installed"
    SCHEDULE_REMOVED = "schedule-removed"
    DATABASE_MOVED = "database-moved"
    """All rows lie in another database from this change on, and only there has this line been written."""
    MISMATCH_ACCEPTED = "mismatch-accepted"
    """Everything is taken as it was found; the reason stands in the statement too."""


class Actor(NamedTuple):
    """Who acts. What the kernel knows comes first; `sudo_user` is a claim."""

    uid: int
    """The effective user's."""
    user: str
    sudo_user: str = ""
    """What SUDO_USER says. Whoever starts the program sets it, so it proves nothing."""
    login_uid: int | None = None
    """Whose login session this is (`/proc/self/loginuid`): set once by the login and kept by su and sudo.
    NO_SESSION outside of one, as for a timer; None where the kernel keeps none."""
    login_user: str = ""
    """The name of `login_uid`; empty without a session."""

    @property
    def claimed(self) -> str:
        """Who else SUDO_USER says it is; empty where the login session shows the same user."""
        return "" if self.sudo_user == self.login_user else self.sudo_user

    def document(self) -> dict[str, Json]:
        """Return the members that say in signed JSON who acts."""
        return {
            "uid": self.uid,
            "user": self.user,
            "login_uid": self.login_uid,
            "login_user": self.login_user,
            "sudo_user": self.sudo_user,
        }


class AuditEvent(NamedTuple):
    """What a change writes to the audit trail. `details` holds no secret: names, counts, ids."""

    action: Action
    subject: str
    actor: Actor
    moment: datetime
    details: tuple[tuple[str, str], ...] = ()
    event_id: str = ""
    """32 hex digits of an event that happened before this change and waited for it in the home."""

    def line(self, number: int) -> str:
        """Return the line as it is stored and hashed (RFC 8785 JSON); `number` is that of the change that
        writes it."""
        waited: dict[str, Json] = {"event": self.event_id} if self.event_id else {}
        value: Json = {
            **waited,
            "number": number,
            "time": to_rfc3339(self.moment),
            **self.actor.document(),
            "action": self.action.value,
            "subject": self.subject,
            "details": dict(self.details),
        }
        return canonical_json(value).decode("utf-8")


def event_line(event: AuditEvent) -> str:
    """Return an event as it waits in the home."""
    return event.line(0)


def event_from_line(line: str) -> AuditEvent | None:
    """Return an event that waits in the home; None where nskeys did not write the line."""
    told = members_of(line)
    try:
        details = mapping(told.get("details"))
        integer(told.get("uid"))
        return AuditEvent(
            action=token(told.get("action"), Action),
            subject=text(told.get("subject")),
            actor=actor_of(told),
            moment=moment(told.get("time")),
            details=tuple((name, text(value)) for name, value in sorted(details.items())),
            event_id=hexadecimal(told.get("event"), 32),
        )
    except ValueError:
        return None


class AuditEntry(NamedTuple):
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


def actor_of(told: Mapping[str, Json]) -> Actor:
    """Who acts by the members of a line; what it does not say is empty."""

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    uid, login = told.get("uid"), told.get("login_uid")
    return Actor(
        uid if isinstance(uid, int) else -1,
        text("user"),
        text("sudo_user"),
        login if isinstance(login, int) else None,
        text("login_user"),
    )


def first_digest(cmdb_id: str) -> bytes:
    """Return h0 for a CMDB id in hex."""
    return hashlib.sha256(_PREFIX + bytes.fromhex(cmdb_id)).digest()


def next_digest(previous: bytes, line: str) -> bytes:
    """Return hi, computed from h(i-1) and the line."""
    data = line.encode("utf-8")
    return hashlib.sha256(_PREFIX + previous + len(data).to_bytes(4, "big") + data).digest()
