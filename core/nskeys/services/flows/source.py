"""What restore and drill begin with: which backup, and what is in it, without its password."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from nskeys.errors import NskeysError
from nskeys.model.recovery import UnlockMethod
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.services.flows.actions import Action
from nskeys.services.open_backup import Source, means_of


class SourceStep(StrEnum):
    LOOKING = "looking"
    """The backups that are remembered are looked at; `looked` follows."""
    FILE = "file"
    """One is chosen; `found` or `not_found` follows."""
    CONTENTS = "contents"
    """What is in it is shown."""


@dataclass(frozen=True, slots=True)
class SourceFlow:
    """The choice of a backup. `named`: whoever opened the flow named the file, so there is no choice to
    go back to."""

    step: SourceStep = SourceStep.LOOKING
    named: bool = False
    copies: tuple[BackupCopy, ...] = ()
    source: Source | None = None
    problem: NskeysError | None = None

    @property
    def likely(self) -> BackupCopy | None:
        """The backup to be marked: the newest that is there and whole, else the newest that is known."""
        known = [copy for copy in self.copies if copy.retired is None]
        there = (copy for copy in known if copy.status is CopyStatus.GOOD)
        return next(there, known[0] if known else None)

    @property
    def means(self) -> tuple[UnlockMethod, ...]:
        """By what the backup can be opened, the likeliest first; nothing before one is found."""
        return means_of(self.source.inspected) if self.source is not None else ()

    @property
    def acts(self) -> Set[Action]:
        if self.step is not SourceStep.CONTENTS:
            return frozenset({Action.CHOOSE, Action.BACK})
        shares = {Action.SHARES} if UnlockMethod.SHARES in self.means[1:] else set()
        identity = {Action.IDENTITY} if UnlockMethod.IDENTITY_FILE in self.means[1:] else set()
        return frozenset({Action.GO_ON, Action.BACK} | shares | identity)

    def looked(self, copies: tuple[BackupCopy, ...]) -> "SourceFlow":
        """Take the copies that the register knows, newest first."""
        return SourceFlow(SourceStep.FILE, copies=copies, problem=self.problem)

    def found(self, source: Source) -> "SourceFlow":
        """Take a file that was found and is a backup."""
        return SourceFlow(SourceStep.CONTENTS, self.named, self.copies, source)

    def not_found(self, error: NskeysError) -> "SourceFlow":
        """Show why the file cannot be used; another one may be chosen."""
        step = SourceStep.FILE if self.copies else SourceStep.LOOKING
        return SourceFlow(step, copies=self.copies, problem=error)

    def back(self) -> "SourceFlow | None":
        """Return to the choice; None leaves the flow."""
        if self.step is not SourceStep.CONTENTS or self.named:
            return None
        return SourceFlow(SourceStep.FILE if self.copies else SourceStep.LOOKING, copies=self.copies)
