"""Back up both halves, each where it is needed: the keys first, then the rows.

A key backup comes first, since a database copy goes to a copy key that a key backup holds. Nobody is asked
for a password for a copy, so one is made also where nobody is there to be asked for that of a key backup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from nskeys.errors import (
    CannotCreate,
    DestinationUnreachable,
    NoCopyMade,
    NskeysError,
    SecretUnavailable,
)
from nskeys.model.database_plans import DatabaseCopyPlan, DatabaseCopyReport
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import Location
from nskeys.model.plans import BackupPlan, BackupReport, PlannedDestination
from nskeys.model.register import BackupCopy
from nskeys.ports import Progress, SecretProvider
from nskeys.services.backup.due import DueDestinations
from nskeys.services.backup.service import BackupService
from nskeys.services.database.due import DueCopies
from nskeys.services.database.service import DatabaseCopyService
from nskeys.services.installation import Installation
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.status.overview import RecoverabilityService

_OF_ONE_HALF = (NoCopyMade, DestinationUnreachable, CannotCreate)
"""What keeps one half from being planned and not the other, which goes elsewhere."""


class Halves(StrEnum):
    """Which halves are to be made."""

    BOTH = "both"
    KEYS = "keys"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Needs:
    """Which destinations lack which half; None for a half that is not wanted."""

    keys: DueDestinations | None
    database: DueCopies | None

    @property
    def nothing(self) -> bool:
        """Whether each has both."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """Destinations that lack something."""
        keys = () if self.keys is None else self.keys.missing_at
        database = () if self.database is None else self.database.missing_at
        return tuple(dict.fromkeys((*keys, *database)))


@dataclass(frozen=True, slots=True)
class BothPlan:
    """What would be made. None for a half that is not wanted, or that no destination lacks."""

    keys: BackupPlan | None
    database: DatabaseCopyPlan | None
    held: tuple[BackupCopy, ...] = ()
    """Without `keys`: good key backups where the copies go."""
    held_copies: tuple[DatabaseCopy, ...] = ()
    """Without `database`: good copies where the backups go."""
    keys_problem: NskeysError | None = None
    """Why no key backup can be made although one is wanted."""
    database_problem: NskeysError | None = None

    @property
    def failures(self) -> tuple[NskeysError, ...]:
        """What keeps a destination from getting anything."""
        return tuple(failure.error for plan in self._plans for failure in plan.failures)

    @property
    def destinations(self) -> tuple[PlannedDestination, ...]:
        """The destinations that get a half or both, in the order in which they were named."""
        planned = {one.info.address: one for plan in reversed(self._plans) for one in plan.destinations}
        return tuple(planned[address] for address in self.addresses if address in planned)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every destination that was named and lacks something; those that cannot be written to come
        last."""
        planned = [one.info.address for plan in self._plans for one in plan.destinations]
        failed = [one.info.address for plan in self._plans for one in plan.failures]
        return tuple(dict.fromkeys((*planned, *failed)))

    @property
    def helps(self) -> bool:
        """Whether it would survive this machine."""
        return any(planned.where.location is Location.ELSEWHERE for planned in self.destinations)

    @property
    def wants_password(self) -> bool:
        """Whether a new password is asked for; otherwise nothing is asked."""
        return self.keys is not None and self.keys.wants_password

    @property
    def hint(self) -> str:
        return "" if self.keys is None else self.keys.hint

    @property
    def _plans(self) -> tuple[BackupPlan | DatabaseCopyPlan, ...]:
        return tuple(plan for plan in (self.keys, self.database) if plan is not None)


@dataclass(frozen=True, slots=True)
class BothReport:
    """What was made of each half; None for one that was not to be made, or could not be, for `problem`."""

    plan: BothPlan
    keys: BackupReport | None = None
    database: DatabaseCopyReport | None = None
    keys_problem: NskeysError | None = None
    database_problem: NskeysError | None = None

    @property
    def whole(self) -> bool:
        """Whether each destination got what it lacked, and that covers everything."""
        halves = [half for half in (self.keys, self.database) if half is not None]
        problems = self.keys_problem or self.database_problem
        return problems is None and all(half.whole for half in halves)


class BothHalvesService:
    """Makes key backups and database copies in one run."""

    def __init__(
        self, installation: Installation, keys: BackupService, database: DatabaseCopyService
    ) -> None:
        self._installation = installation
        self._keys, self._database = keys, database

    def need(self, to: Sequence[str] = (), halves: Halves = Halves.BOTH) -> Needs:
        """Return what these destinations lack, each looked at now; where none is named, whether a half is
        due at all, which the default one would get then."""
        if not to:
            return self._due(halves)
        return Needs(
            None if halves is Halves.DATABASE else self._keys.need(to),
            None if halves is Halves.KEYS else self._database.need(to),
        )

    def _due(self, halves: Halves) -> Needs:
        answer = RecoverabilityService(self._installation).assess()
        default = (self._installation.default_destination().address,)
        keys = rows = None
        if halves is not Halves.DATABASE:
            due = answer.last is None or bool(answer.due)
            held = (answer.last,) if answer.last is not None and not due else ()
            keys = DueDestinations(() if held else default, held)
        if halves is not Halves.KEYS:
            newest = answer.database or answer.last_database
            copies = (newest,) if newest is not None and not answer.database_due else ()
            rows = DueCopies(() if copies else default, copies)
        return Needs(keys, rows)

    def plan(
        self,
        to: Sequence[str] = (),
        hint: str = "",
        recipients: Sequence[str] = (),
        password: bool = False,
        halves: Halves = Halves.BOTH,
    ) -> BothPlan:
        """Return what would be made and where, each half where a destination lacks it. Where none lacks
        either, or one half alone is wanted, what is wanted is made anew; so are the keys for whoever gives
        a `hint`, `recipients`, or wants a `password`. Raises what planning either half raises."""
        if halves is not Halves.BOTH:
            return self._plan(to, to, halves, hint, recipients, password)
        needs = self.need(to)
        if needs.nothing:
            return self._plan(to, to, halves, hint, recipients, password)
        missing = () if needs.keys is None else needs.keys.missing_at
        keys_wanted = bool(hint or recipients or password or missing)
        return self.plan_for(needs, hint, recipients, password, to if keys_wanted else None)

    def plan_for(
        self,
        needs: Needs,
        hint: str = "",
        recipients: Sequence[str] = (),
        password: bool = False,
        keys_to: Sequence[str] | None = None,
    ) -> BothPlan:
        """Return what would be made where it is needed; key backups at `keys_to` in any case."""
        missing_keys = needs.keys.missing_at if needs.keys is not None else ()
        missing_rows = needs.database.missing_at if needs.database is not None else ()
        wants_keys = bool(missing_keys) or keys_to is not None
        halves = (
            Halves.BOTH if wants_keys and missing_rows else Halves.KEYS if wants_keys else Halves.DATABASE
        )
        made = self._plan(keys_to or missing_keys, missing_rows, halves, hint, recipients, password)
        return replace(
            made,
            held=needs.keys.held if needs.keys is not None and not wants_keys else (),
            held_copies=needs.database.held if needs.database is not None and not missing_rows else (),
        )

    def _plan(
        self,
        keys_to: Sequence[str],
        rows_to: Sequence[str],
        halves: Halves,
        hint: str,
        recipients: Sequence[str],
        password: bool,
    ) -> BothPlan:
        keys = rows = keys_problem = rows_problem = None
        if halves is not Halves.DATABASE:
            try:
                keys = self._keys.plan(keys_to, hint, recipients, password=password)
            except _OF_ONE_HALF as error:
                keys_problem = error
        if halves is not Halves.KEYS:
            try:
                rows = self._database.plan(rows_to)
            except _OF_ONE_HALF as error:
                rows_problem = error
        if keys is None and rows is None:
            for problem in (keys_problem, rows_problem):
                if problem is not None:
                    raise problem
        return BothPlan(keys, rows, keys_problem=keys_problem, database_problem=rows_problem)

    def execute(
        self, plan: BothPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> BothReport:
        """Make the key backup, then the copy; what opens the key store is asked for once. A half that
        cannot be made is a problem of the report; where nothing was made its error is raised."""
        keys: BackupReport | None = None
        rows: DatabaseCopyReport | None = None
        keys_problem, rows_problem = plan.keys_problem, plan.database_problem
        with RememberedPassphrase(secrets) as once:
            if plan.keys is not None:
                try:
                    keys = self._keys.execute(plan.keys, once, progress)
                except SecretUnavailable as error:
                    # A timer asks nobody, and a copy asks for nothing, as long as anything opens it.
                    if plan.database is None or not self._opens_copies():
                        raise
                    keys_problem = error
            if plan.database is not None:
                try:
                    rows = self._database.execute(plan.database, once, progress)
                except NskeysError as error:
                    rows_problem = error
        if keys is None and rows is None:
            for problem in (keys_problem, rows_problem):
                if problem is not None:
                    raise problem
        return BothReport(plan, keys, rows, keys_problem, rows_problem)

    def _opens_copies(self) -> bool:
        """Return whether a key backup is known that holds a copy key."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            known = verified_copies(view, installation.server_public())
        return any(copy.backup.copy_kids for copy in known if copy.signed and copy.retired is None)
