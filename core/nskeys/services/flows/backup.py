"""Back up: where to, under which password, what will be written, the work, and what came of it."""

from collections.abc import Collection, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import (
    BackupNotProven,
    Cancelled,
    CannotCreate,
    DestinationInvalid,
    DestinationUnreachable,
    NoCopyMade,
    NskeysError,
    PasswordRefused,
    PlanOutdated,
)
from nskeys.model.destinations import Location
from nskeys.services.backup.both import BothPlan, BothReport
from nskeys.services.flows.actions import Action
from nskeys.services.flows.route import Route, Stop
from nskeys.services.setup.destinations import DestinationStatus

_ANOTHER_PLACE = (DestinationInvalid, DestinationUnreachable, CannotCreate, BackupNotProven, NoCopyMade)


class BackupStep(StrEnum):
    LOOKING = "looking"
    """The destinations are looked at; `looked` follows."""
    DESTINATION = "destination"
    """One of them is chosen, or several; `planned` follows."""
    PASSWORD = "password"
    """A new password is asked for; `password_given` follows."""
    REVIEW = "review"
    """What will be written is shown."""
    PLANNING = "planning"
    """The keys changed meanwhile: the same is planned again; `planned` follows."""
    RUNNING = "running"
    """The work; `done` or `failed` follows."""
    DONE = "done"


_ACTS = {
    BackupStep.DESTINATION: {Action.CHOOSE, Action.BACK},
    BackupStep.PASSWORD: {Action.PASSWORD, Action.BACK},
    BackupStep.REVIEW: {Action.GO_ON, Action.PASSWORD, Action.HINT, Action.BACK},
    BackupStep.RUNNING: {Action.CANCEL},
    BackupStep.DONE: {Action.GO_ON, Action.BACK},
}


_STOPS = {
    BackupStep.LOOKING: Stop.DESTINATION,
    BackupStep.DESTINATION: Stop.DESTINATION,
    BackupStep.PASSWORD: Stop.PASSWORD,
    BackupStep.REVIEW: Stop.PLAN,
    BackupStep.PLANNING: Stop.PLAN,
    BackupStep.RUNNING: Stop.PROOF,
    BackupStep.DONE: Stop.PROOF,
}


_RANKS = {Location.ELSEWHERE: 0, Location.UNKNOWN: 1, Location.HERE: 2}


def _rank(status: DestinationStatus) -> int:
    return _RANKS[status.where.location]


@dataclass(frozen=True, slots=True)
class BackupFlow:
    """One backup. Where `has_password` turns false, the password that was given is wiped."""

    step: BackupStep = BackupStep.LOOKING
    statuses: tuple[DestinationStatus, ...] = ()
    marked: tuple[str, ...] = ()
    """Addresses of destinations that were taken together before."""
    plan: BothPlan | None = None
    has_password: bool = False
    report: BothReport | None = None
    by_password: bool = False
    """Whether a person wants a password although there is a recovery identity."""
    problem: NskeysError | None = None
    """What ended the last try, to be said once; a person who stopped it needs no explaining."""

    @property
    def acts(self) -> Set[Action]:
        return frozenset(_ACTS.get(self.step, {Action.BACK}))

    @property
    def route(self) -> Route:
        """The way: no password is asked for where the backup goes to the recovery identity."""
        password = () if self.unattended else (Stop.PASSWORD,)
        return Route((Stop.DESTINATION, *password, Stop.PLAN, Stop.PROOF), _STOPS[self.step])

    @property
    def likely(self) -> DestinationStatus | None:
        """The destination to be marked: one that works, outlives this machine and is the default, as far
        as there is one."""
        usable = [status for status in self.choices if status.problem is None]
        return usable[0] if usable else None

    @property
    def choices(self) -> tuple[DestinationStatus, ...]:
        """The destinations in the order in which they help: those that outlive this machine first, and
        the default one before its like."""
        return tuple(sorted(self.statuses, key=lambda status: (_rank(status), not status.default)))

    def taken(self, chosen: str, marked: Collection[str]) -> tuple[str, ...]:
        """Return where the backup goes when `chosen` is taken: to all marked ones, or to `chosen` where
        none is marked. A destination that is not in the list is added to the marked ones."""
        listed = [status.info.address for status in self.statuses]
        together = tuple(address for address in listed if address in marked)
        return together if together and chosen in listed else tuple(dict.fromkeys((chosen, *together)))

    def looked(self, statuses: tuple[DestinationStatus, ...]) -> "BackupFlow":
        """Take the destinations and their status."""
        return BackupFlow(BackupStep.DESTINATION, statuses, self.marked, problem=self.problem)

    def planned(self, plan: BothPlan) -> "BackupFlow":
        """Take a plan: a destination can be written to, or the hint changed, or it is tried again."""
        ready = self.has_password or not plan.wants_password
        step = BackupStep.REVIEW if ready else BackupStep.PASSWORD
        together = plan.addresses if len(plan.addresses) > 1 else ()
        return replace(self, step=step, marked=together, plan=plan, problem=None)

    @property
    def unattended(self) -> bool:
        """Whether it goes to the recovery identity, so that nobody is asked for anything."""
        return self.plan is not None and not self.plan.wants_password

    def with_password(self) -> "BackupFlow":
        """Ask for a password instead of encrypting to the recovery identity."""
        return replace(self, step=BackupStep.PLANNING, by_password=True, problem=None)

    def password_given(self) -> "BackupFlow":
        """Take it that an acceptable password was given."""
        if self.plan is None:
            raise ValueError("a password is for a plan")
        return replace(self, step=BackupStep.REVIEW, has_password=True, problem=None)

    def run(self) -> "BackupFlow":
        """Begin the backup; the person confirmed what is shown."""
        if self.step is not BackupStep.REVIEW or self.plan is None:
            raise ValueError("nothing was reviewed")
        if self.plan.wants_password and not self.has_password:
            raise ValueError("its password was not given")
        return replace(self, step=BackupStep.RUNNING, problem=None)

    def done(self, report: BothReport) -> "BackupFlow":
        """Take the report of a backup that was written, read back and opened."""
        return replace(self, step=BackupStep.DONE, report=report, has_password=False, problem=None)

    def failed(self, error: NskeysError) -> "BackupFlow":
        """Return to the step where the error can be mended; a password that is still good is kept."""
        if isinstance(error, Cancelled):
            return replace(self, step=BackupStep.REVIEW, problem=None)
        if isinstance(error, _ANOTHER_PLACE):
            return replace(self, step=BackupStep.LOOKING, plan=None, has_password=False, problem=error)
        if isinstance(error, PasswordRefused):
            return replace(self, step=BackupStep.PASSWORD, has_password=False, problem=error)
        step = BackupStep.PLANNING if isinstance(error, PlanOutdated) else BackupStep.REVIEW
        return replace(self, step=step, problem=error)

    def back(self) -> "BackupFlow | None":
        if self.step is BackupStep.RUNNING:
            return self
        if self.step in (BackupStep.REVIEW, BackupStep.PASSWORD, BackupStep.PLANNING):
            return BackupFlow(BackupStep.DESTINATION, self.statuses, self.marked)
        return None
