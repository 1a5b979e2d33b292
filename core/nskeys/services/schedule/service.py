"""The schedule: units that back up and check by themselves, installed only where no job would ask a person.

A drill needs a person who knows the password, so none is scheduled; a finding reminds of it.
"""

import posixpath

from nskeys.errors import (
    DestinationInvalid,
    DestinationUnreachable,
    NskeysError,
    ScheduleRefused,
    UnitNotOurs,
)
from nskeys.model.audit import Action
from nskeys.model.schedule import Job, Obstacle, Schedule, SeenUnit, TimerStatus, UnitFile, UnitStatus
from nskeys.ports import ServiceManager
from nskeys.reasons import ScheduleProblem, UnitProblem
from nskeys.services.installation import Installation
from nskeys.services.recovery.record import known_recovery
from nskeys.services.schedule.units import MARK, UnitFacts, units
from nskeys.services.transaction import unsigned_changes

_TIMERS = tuple(job.timer for job in Job)


class ScheduleService:
    """Shows, installs and removes the units."""

    def __init__(self, installation: Installation, manager: ServiceManager) -> None:
        self._installation = installation
        self._manager = manager

    def units(self) -> tuple[UnitFile, ...]:
        """Return the units as they would be written now. Raises ScheduleRefused (`odd_path`)."""
        installation, manager = self._installation, self._manager
        installation.require()
        home = installation.home.path
        return units(
            UnitFacts(
                program=manager.program(),
                home=home,
                user=manager.owner(home),
                uses_tpm=installation.key_store.info().protector == "tpm2",
                postgres=not installation.cmdb.address().startswith("/"),
                writable=tuple(path for path in self._folders() if not _lies_in(path, home)),
            )
        )

    def _folders(self) -> tuple[str, ...]:
        """Return each folder that is written to besides the home, once."""
        cmdb = self._installation.cmdb.address()
        folders = [posixpath.dirname(cmdb)] if cmdb.startswith("/") else []
        infos = (*self._installation.settings.read().destinations, self._installation.default_destination())
        for info in infos:
            try:
                address = self._installation.destinations.normal(info.address)
            except (DestinationInvalid, DestinationUnreachable):
                continue  # the job reports an invalid address
            if address.startswith("/"):
                folders.append(address)
        return tuple(dict.fromkeys(folders))

    def obstacles(self) -> tuple[Obstacle, ...]:
        """Return why a job would ask a person; empty where it can run by itself."""
        protector = self._installation.key_store.info().protector
        found = []
        if protector == "passphrase":
            found.append(Obstacle.PASSPHRASE)
        if protector == "pkcs11":
            found.append(Obstacle.TOKEN)
        if not known_recovery(self._installation):
            found.append(Obstacle.NO_IDENTITY)
        return tuple(found)

    def show(self) -> Schedule:
        """Return the state of every unit and timer. Changes nothing."""
        return Schedule(
            units=tuple(self._seen(unit) for unit in self.units()),
            timers=tuple(self._manager.timer(job) for job in Job),
            systemd_runs=self._manager.runs(),
            obstacles=self.obstacles(),
        )

    def next_copy(self) -> TimerStatus | None:
        """Return the timer that makes the next database copy here; None where none runs by itself, or that
        cannot be told."""
        mark = MARK + self._installation.home.path + "\n"
        found = []
        for job in (Job.COPY, Job.BACKUP):
            try:
                ours = (self._manager.read(job.timer) or "").startswith(mark)
                timer = self._manager.timer(job) if ours else None
            except NskeysError:
                continue
            if timer is not None and timer.enabled:
                found.append(timer)
        return min(found, key=lambda timer: (timer.next is None, timer.next), default=None)

    def lags(self) -> bool:
        """Return whether an installed unit differs from what would be written now, as after a destination
        was added or removed; False where that cannot be told."""
        try:
            return any(self._sight(unit) is UnitStatus.OUTDATED for unit in self.units())
        except NskeysError:
            return False

    def _seen(self, unit: UnitFile) -> SeenUnit:
        return SeenUnit(unit, self._manager.path_of(unit.name), self._sight(unit))

    def _sight(self, unit: UnitFile) -> UnitStatus:
        lies = self._manager.read(unit.name)
        if lies is None:
            return UnitStatus.MISSING
        if lies == unit.text:
            return UnitStatus.CURRENT
        first = lies.partition("\n")[0]
        if first == MARK + self._installation.home.path:
            return UnitStatus.OUTDATED
        return UnitStatus.OTHER_HOME if first.startswith(MARK) else UnitStatus.FOREIGN

    def install(self) -> Schedule:
        """Write every unit and start the timers; where systemd does not run, the caller says what to type
        once it does. Raises ScheduleRefused where a person would be asked, UnitNotOurs."""
        seen = self.show()
        if seen.obstacles:
            raise ScheduleRefused(ScheduleProblem(seen.obstacles[0]))
        self._ours(seen)
        with unsigned_changes(self._installation, "installing the schedule") as changes:
            event = self._installation.event(Action.SCHEDULE_INSTALLED, seen.units[0].path)
            with changes.unsigned(event):
                for item in seen.units:
                    self._manager.write(item.unit.name, item.unit.text)
        if seen.systemd_runs:
            self._manager.start(_TIMERS)
        return self.show()

    def remove(self) -> Schedule:
        """Stop every timer and remove the units that nskeys wrote for this home. Raises UnitNotOurs."""
        seen = self.show()
        if not seen.installed:
            return seen
        self._ours(seen)
        if seen.systemd_runs:
            self._manager.stop(_TIMERS)
        with unsigned_changes(self._installation, "removing the schedule") as changes:
            event = self._installation.event(Action.SCHEDULE_REMOVED, seen.units[0].path)
            with changes.unsigned(event):
                for item in seen.units:
                    self._manager.remove(item.unit.name)
        if seen.systemd_runs:
            self._manager.reload()
        return self.show()

    @staticmethod
    def _ours(seen: Schedule) -> None:
        for item in seen.units:
            if item.status in (UnitStatus.FOREIGN, UnitStatus.OTHER_HOME):
                raise UnitNotOurs(item.path, UnitProblem(item.status))


def _lies_in(path: str, folder: str) -> bool:
    return posixpath.commonpath((path, folder)) == folder
