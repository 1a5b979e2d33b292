"""Keys and their states, after NIST SP 800-57 part 1, section 7. Keys are never destroyed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

Kid = NewType("Kid", str)
"""64 lower-case hex digits: the key's RFC 7638 thumbprint with SHA-256."""

SEALS_DUE = 2**31
"""A key that sealed this many secrets is due for rotation (random 96-bit nonces)."""
SEALS_LIMIT = 2**32
"""A key seals no more than this many secrets (NIST SP 800-38D, section 8.3)."""


class KeyState(StrEnum):
    """The state of a key; only an active key seals, and every key but a pre-active one opens."""

    PRE_ACTIVE = "pre-active"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    COMPROMISED = "compromised"


_STRICTNESS = (KeyState.PRE_ACTIVE, KeyState.ACTIVE, KeyState.DEACTIVATED, KeyState.COMPROMISED)


def stricter(one: KeyState, other: KeyState) -> KeyState:
    """Return the state that forbids more; it is used where two sources disagree."""
    return max(one, other, key=_STRICTNESS.index)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known of a key without unwrapping it."""

    kid: Kid
    created: datetime
    state: KeyState
    state_since: datetime

    @property
    def short(self) -> str:
        """The first 8 digits of the `kid`, as screens show them."""
        return self.kid[:8]

    def in_state(self, state: KeyState, since: datetime) -> "KeyInfo":
        """Return the key in this state; the key itself when it is in that state already."""
        return self if state is self.state else replace(self, state=state, state_since=since)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many credentials of one kind a key seals, and the earliest moment at which one was sealed."""

    kid: Kid
    kind: str
    credentials: int
    sealed_since: datetime
    last_seal: int = 0
    """The greatest `seal_no` among them."""


def active_key(keys: tuple[KeyInfo, ...]) -> KeyInfo | None:
    """Return the key that seals; the newest one where an interrupted change left two active."""
    active = [key for key in keys if key.state is KeyState.ACTIVE]
    return max(active, key=lambda key: (key.created, key.kid), default=None)


class RotationStage(StrEnum):
    """How far a rotation has come."""

    WAITING = "waiting"
    """The new key is pre-active; a proven backup elsewhere has to hold it first."""
    RESEALING = "resealing"
    """The new key is active; credentials are being sealed under it, batch by batch."""
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Rotation:
    """One rotation, from its first record to its last."""

    number: int
    kid: Kid
    stage: RotationStage
    begun: datetime
    changed: datetime
    gate_skipped: bool = False
    """Activated `--without-backup`."""

    def goes_on(self, keys: Iterable[KeyInfo]) -> bool:
        """Return whether the rotation can be finished with these keys: its key is here and still in use.

        A record is only a row of a database, which may be newer or older than the restored keys, or
        written by somebody else; no row may make an old key seal again.
        """
        return any(
            key.kid == self.kid and key.state in (KeyState.PRE_ACTIVE, KeyState.ACTIVE) for key in keys
        )


@dataclass(frozen=True, slots=True)
class Leftover:
    """An earlier key store, or one that was never finished, that could not be removed."""

    path: str
    """The file that its KEK is had from; the folder where that file is gone."""
    folder: str
    protector: str | None
    """What binds its KEK; None where nothing opens it any more."""

    @property
    def opens(self) -> bool:
        """Whether the keys may still be had from it."""
        return self.protector is not None
