"""The way through a flow: its stops, and which of them a person is at."""

from dataclasses import dataclass
from enum import StrEnum


class Stop(StrEnum):
    """A part of the way, named by what it is about."""

    DESTINATION = "destination"
    FILE = "file"
    CONTENTS = "contents"
    PASSWORD = "password"
    STATE = "state"
    """What is in force before anything is changed."""
    NUMBERS = "numbers"
    CHOICE = "choice"
    PLAN = "plan"
    PROTECTOR = "protector"
    PLACE = "place"
    SHEETS = "sheets"
    NEW_KEY = "new_key"
    BACKUP = "backup"
    RESEAL = "reseal"
    CHECK = "check"
    PROOF = "proof"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Route:
    """Every stop in its order, and the present one."""

    stops: tuple[Stop, ...]
    here: Stop
