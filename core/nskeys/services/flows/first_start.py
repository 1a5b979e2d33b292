"""The first start: a new installation, a restore, or going on without the keys of what is there."""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import CredentialsWithoutKeys, LossCountWrong, NskeysError
from nskeys.model.destinations import Location
from nskeys.model.plans import FirstSight, HomeState, SetUpReport
from nskeys.model.register import BackupCopy
from nskeys.services.flows.actions import Action


class Way(StrEnum):
    NEW = "new"
    RESTORE_REMEMBERED = "restore_remembered"
    """From a backup that the register remembers."""
    RESTORE = "restore"
    """From a file that is named or looked for."""
    DRILL = "drill"
    """A pair of another server's is tried, and nothing is restored."""
    OTHER_CMDB = "other_cmdb"
    """The credentials are in another database."""
    AGAIN = "again"
    """The TPM of the keys may be back."""
    LOOK = "look"
    """The keys of another machine are here: what does not need them can be looked at."""
    WITHOUT_KEYS = "without_keys"
    """The credentials stay lost until they are entered again, or a backup is found."""


class FirstStep(StrEnum):
    CHOOSING = "choosing"
    FORM = "form"
    """Name, CMDB, protector; and the exact count of what is let go, where something is."""
    RUNNING = "running"
    """The set-up; `made` or `failed` follows."""
    OFFER = "offer"
    """A first backup is offered."""
    READY = "ready"
    """There are keys: the first screen takes over."""


_MAKES_KEYS = (Way.NEW, Way.WITHOUT_KEYS)


@dataclass(frozen=True, slots=True)
class FirstStart:
    """One first start, from what was found in the home."""

    status: FirstSight
    step: FirstStep = FirstStep.CHOOSING
    way: Way | None = None
    report: SetUpReport | None = None
    problem: NskeysError | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways, likeliest first. Making new keys over credentials of unknown keys comes last."""
        known = (Way.RESTORE_REMEMBERED,) if self.remembered else ()
        if self.status.state is HomeState.ELSEWHERE:
            return (*known, Way.RESTORE, Way.LOOK)
        if self.status.state is HomeState.UNREACHED:
            # Offered first because it changes nothing: with the TPM back, no restore is needed.
            return (Way.AGAIN, *known, Way.RESTORE, Way.LOOK)
        if not self.status.credentials and not self.status.remembered:
            return (Way.NEW, Way.RESTORE, Way.DRILL, Way.OTHER_CMDB)
        last = Way.WITHOUT_KEYS if self.status.credentials else Way.NEW
        return (*known, Way.RESTORE, last)

    @property
    def remembered(self) -> tuple[BackupCopy, ...]:
        """Copies of the newest backup that the register remembers. Those that lay elsewhere come first: a
        copy on a machine that died is gone."""
        kept = [copy for copy in self.status.remembered if copy.retired is None]
        newest = max((copy.backup.generation for copy in kept), default=0)
        copies = (copy for copy in kept if copy.backup.generation == newest)
        return tuple(sorted(copies, key=lambda copy: copy.where.location is Location.HERE))

    @property
    def accept_loss(self) -> int | None:
        """The number of credentials that are given up, for the set-up."""
        return self.status.credentials if self.way is Way.WITHOUT_KEYS else None

    @property
    def acts(self) -> Set[Action]:
        """The actions of the present step. The choice has no way back: nothing comes before it."""
        return {
            FirstStep.CHOOSING: frozenset({Action.CHOOSE}),
            FirstStep.FORM: frozenset({Action.GO_ON, Action.BACK}),
            FirstStep.RUNNING: frozenset[Action](),
            FirstStep.OFFER: frozenset({Action.BACK_UP, Action.SKIP}),
            FirstStep.READY: frozenset({Action.GO_ON}),
        }[self.step]

    def choose(self, way: Way) -> "FirstStart":
        """Take a way. One that makes keys leads to its form and looking leads to the first screen; the
        others are flows of their own."""
        if way not in self.ways:
            raise ValueError("this way was not offered")
        step = FirstStep.READY if way is Way.LOOK else FirstStep.CHOOSING
        if way in _MAKES_KEYS:
            step = FirstStep.FORM
        return replace(self, step=step, way=way, problem=None)

    def seen(self, status: FirstSight) -> "FirstStart":
        """Take what was found on another look, after a restore or in another CMDB."""
        return FirstStart(
            status, FirstStep.READY if status.state is HomeState.READY else FirstStep.CHOOSING
        )

    def run(self, count: str = "") -> "FirstStart":
        """Begin the set-up. `count` is what was typed for the credentials that are given up; anything but
        their exact number sets LossCountWrong as the problem."""
        if self.step is not FirstStep.FORM:
            raise ValueError("no form was filled in")
        typed = count.strip().replace(",", "")
        waiting = self.accept_loss
        if waiting is not None and typed != str(waiting):
            given = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
            return replace(self, problem=LossCountWrong(given, waiting))
        return replace(self, step=FirstStep.RUNNING, problem=None)

    def made(self, report: SetUpReport) -> "FirstStart":
        """Take the report: keys exist now and are in no backup."""
        return replace(self, step=FirstStep.OFFER, report=report, problem=None)

    def failed(self, error: NskeysError) -> "FirstStart":
        """Return to the form; to the choice where other credentials were found than before."""
        moved = isinstance(error, CredentialsWithoutKeys | LossCountWrong)
        return replace(self, step=FirstStep.CHOOSING if moved else FirstStep.FORM, problem=error)

    def back(self) -> "FirstStart":
        """Return from the form to the choice, or decline the offer of a backup."""
        if self.step is FirstStep.FORM:
            return FirstStart(self.status)
        return replace(self, step=FirstStep.READY) if self.step is FirstStep.OFFER else self
