"""One key in words: what becomes of it and of its credentials, and which backups hold it."""

from datetime import datetime

from nskeys.model.keys import KeyState
from nskeys.model.recoverability import KeyCoverage, RecoveryState
from nskeys.model.register import BackupCopy
from nskeys.wording.copies import proof_ago, why_not
from nskeys.wording.text.numbers import count
from nskeys.wording.text.times import since

GONE = "No credential and no backup names it any more."
NO_COPY = "No backup in the register holds it."
_STATES = {
    KeyState.PRE_ACTIVE: "seals nothing yet: a backup elsewhere has to hold it first",
    KeyState.ACTIVE: "seals every new secret",
    KeyState.DEACTIVATED: "seals nothing new, opens what it sealed, is kept for good",
    KeyState.COMPROMISED: "must not be trusted; it opens what it sealed",
}
_RECOVERY = {
    RecoveryState.RECOVERABLE: "would come back",
    RecoveryState.AT_RISK: "lost with this machine: in no backup that counts",
    RecoveryState.LOST: "neither here nor in a backup that counts",
}


def key_state_meaning(state: KeyState) -> str:
    """What a key in this state does."""
    return _STATES[state]


def key_recovery(key: KeyCoverage, now: datetime) -> str:
    """What becomes of a key when this server dies: `lost with this machine: ..., since 14:02`."""
    words = _RECOVERY[key.state]
    return f"{words}, {since(key.exposed_since, now)}" if key.exposed_since else words


def backups_short(backups: int) -> str:
    """`3 backups`, `no backup`, where there is no room for more."""
    return count(backups, "backup") if backups else "no backup"


def more_keys(left_out: int) -> str:
    """Keys that the first screen has no room for: `and 3 more`."""
    return f"and {left_out:,} more"


def copy_proof(copy: BackupCopy, now: datetime, drilled: int, total: int) -> str:
    """How far the copy was proven, or why it does not count."""
    reason = why_not(copy)
    return f"does not count: it {reason}" if reason else proof_ago(copy, now, drilled, total)
