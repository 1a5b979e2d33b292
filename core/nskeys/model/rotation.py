"""Rotation is a record in the CMDB: what was begun is finished by whoever comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nskeys.model.keys import KeyInfo, KeyState, Kid


class RotationStage(StrEnum):
    """Where a rotation stands."""

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
        """Whether it can be finished with these keys: its key is here, and was not put out of use.

        A record is only a row of a database, which may be newer or older than the keys that were
        restored, or written by somebody else; no row may make an old key seal again."""
        return any(
            key.kid == self.kid and key.state in (KeyState.PRE_ACTIVE, KeyState.ACTIVE) for key in keys
        )
