"""The diary of drills: who tried which copy, when and where, how far the drill came, and why it stopped."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from nskeys.model.audit import Actor
from nskeys.model.register import Proof


class DrillEnd(StrEnum):
    """How a drill ended."""

    PROVEN = "proven"
    """Every row was tried; how far that proves the copy is in `reached`."""
    WRONG_PASSWORD = "wrong_password"
    """The given password did not open it, and nothing else was tried."""
    OTHER_IDENTITY = "other_identity"
    """The identity that was given is none of its recipients."""
    DAMAGED = "damaged"
    """The file is not what was written."""
    FORGED = "forged"
    """A companion of the `.kms` was changed."""
    MISSING = "missing"
    """The file is gone."""
    UNREACHABLE = "unreachable"
    """Its destination did not answer, or the file could not be read."""
    BROKEN_OFF = "broken_off"
    """The CMDB did not answer, or is damaged."""


NAMED_FAILURES = 5
"""How many credentials that did not open are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class DrillEntry:
    """One line of the diary. Facts about the file are empty where it could not be read."""

    began: datetime
    seconds: int
    actor: Actor
    host: str
    """The machine on which it was done."""
    address: str
    """The address of the copy."""
    archive_sha256: str
    generation: int
    end: DrillEnd
    reached: Proof | None
    """None where the drill did not come to the rows."""
    opened: int
    missing: int
    """Credentials whose key is not in it."""
    tampered: int
    """Credentials that it should have opened and did not."""
    failures: tuple[str, ...]
    """The first few that did not open, as `kind/name`."""
    typed: bool
    """Whether a person typed what opens it."""
    copy_sha256: str = ""
    """Of the facts of the database copy whose rows were tried; empty where those of the CMDB were."""
    copy_number: int = 0
    """The number of the last change that this copy holds."""
    number: int = field(default=0, compare=False)
    """Its number in the diary; not part of what is signed."""
    signed: bool = field(default=False, compare=False)
    """Whether the server key signed it; computed on reading, never stored."""

    @property
    def failed(self) -> int:
        """How many credentials did not open."""
        return self.missing + self.tampered

    @property
    def took(self) -> timedelta:
        return timedelta(seconds=self.seconds)


class Diary(NamedTuple):
    """The last lines of the diary, newest first."""

    entries: tuple[DrillEntry, ...]
    unreadable: int
    """How many lines cannot be parsed: nskeys did not write them, or they were changed."""


class DiaryFate(StrEnum):
    """Whether the result of a drill is written to the diary."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    """A line without a signature: the server key was not available."""
    NOT_WRITTEN = "not_written"
