"""Rotation is a record in the CMDB: what was begun is finished by whoever comes next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nskeys.model.keys import Kid


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
