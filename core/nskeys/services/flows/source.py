"""What restore and drill begin with: which pair of halves, and what is in it, without its password."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from nskeys.errors import NskeysError
from nskeys.model.pairs import Lying, Owner
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.unlock import UnlockMethod
from nskeys.services.database.pairs import Pair
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Stop
from nskeys.services.open_backup import Source, means_of


class SourceStep(StrEnum):
    LOOKING = "looking"
    """The backups that are remembered are looked at; `looked` follows."""
    FILE = "file"
    """One is chosen; `found`, `several` or `not_found` follows."""
    WHOSE = "whose"
    """Archives of more than one server key or CMDB lie there: one is chosen; `found` or `not_found`
    follows."""
    CONTENTS = "contents"
    """What is in it is shown."""


@dataclass(frozen=True, slots=True)
class SourceFlow:
    """The choice of a backup. `named`: whoever opened the flow named the file, so there is no choice to
    go back to."""

    step: SourceStep = SourceStep.LOOKING
    named: bool = False
    copies: tuple[BackupCopy, ...] = ()
    lying: Lying | None = None
    """What lies at a place, where it is several servers'."""
    pair: Pair | None = None
    problem: NskeysError | None = None

    @property
    def source(self) -> Source | None:
        """The key backup of the pair; None before one is found."""
        return None if self.pair is None else self.pair.source

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Whose archives lie at the place, the one with the highest number first."""
        return () if self.lying is None else self.lying.owners()

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
    def stop(self) -> Stop:
        """Where on the way this choice is."""
        return Stop.CONTENTS if self.step is SourceStep.CONTENTS else Stop.FILE

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

    def found(self, pair: Pair) -> "SourceFlow":
        """Take a key backup that was found, and the database copy that goes with it, if there is one."""
        return SourceFlow(SourceStep.CONTENTS, self.named, self.copies, self.lying, pair)

    def several(self, lying: Lying) -> "SourceFlow":
        """Ask whose archives are meant, of those at a place."""
        return SourceFlow(SourceStep.WHOSE, self.named, self.copies, lying)

    def not_found(self, error: NskeysError) -> "SourceFlow":
        """Show why the file cannot be used; another one may be chosen."""
        step = SourceStep.FILE if self.copies else SourceStep.LOOKING
        return SourceFlow(step, copies=self.copies, problem=error)

    def back(self) -> "SourceFlow | None":
        """Return to the choice; None leaves the flow."""
        if self.step is SourceStep.CONTENTS and self.lying is not None:
            return self.several(self.lying)
        if self.step not in (SourceStep.CONTENTS, SourceStep.WHOSE) or self.named:
            return None
        return SourceFlow(SourceStep.FILE if self.copies else SourceStep.LOOKING, copies=self.copies)
