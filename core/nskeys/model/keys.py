"""Keys and their states, after NIST SP 800-57 part 1, section 7. Keys are never destroyed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple, NewType

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


class StoredKey(NamedTuple):
    """A key whose file is in the key store. Its state is a row of the CMDB (`KeyInfo`)."""

    kid: Kid
    created: datetime


class KeyInfo(NamedTuple):
    """A key and its state, as the CMDB has them. The state changes in the transaction that changes the
    rows; whether the key itself is here, the key store knows."""

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
        return self if state is self.state else self._replace(state=state, state_since=since)


def undescribed(kid: Kid) -> KeyInfo:
    """Return a key that rows name and of which nothing else is known; it seals nothing."""
    long_ago = datetime.fromtimestamp(0, UTC)
    return KeyInfo(kid, long_ago, KeyState.DEACTIVATED, long_ago)


class KeyUse(NamedTuple):
    """How many credentials of one kind a key seals, and which changes made them what they are."""

    kid: Kid
    kind: str
    credentials: int
    since: datetime | None
    """When the one with the lowest number, the earliest of several, got its present secret; None where its
    row does not say."""
    last_number: int = 0
    """The greatest number among them."""
    resealed: int = 0
    """The number of the last change by which a rotation, which keeps numbers, moved rows under the key."""
    counted: int = 0
    """The number of the last change that counted the inventory of the key anew."""
    first_number: int = 0
    """The lowest number among them."""


class Beyond(NamedTuple):
    """The credentials of a key that have a greater number than some change."""

    credentials: int
    since: datetime | None = None
    """When the one with the lowest of these numbers got its present secret; None where its row does not
    say."""
    added: bool = False
    """Whether one of them was added since some moment, so that it was never any other."""
    first_number: int = 0
    """The lowest of these numbers."""


def active_key(keys: tuple[KeyInfo, ...]) -> KeyInfo | None:
    """Return the key that seals; the newest one where rows call two keys active."""
    active = [key for key in keys if key.state is KeyState.ACTIVE]
    return max(active, key=lambda key: (key.created, key.kid), default=None)


class RotationStage(StrEnum):
    """How far a rotation has come."""

    WAITING = "waiting"
    """The new key is pre-active; a proven backup elsewhere has to hold it first."""
    RESEALING = "resealing"
    """The new key is active; credentials are being sealed under it, batch by batch."""
    FINISHED = "finished"


class Rotation(NamedTuple):
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


class Leftover(NamedTuple):
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


class KeyFate(StrEnum):
    """What a restore does with a key."""

    NEW = "new"
    PRESENT = "present"
