"""The schedule: installed where nobody would be asked, never over another's file, and told as it is."""

from dataclasses import replace

import pytest

from nskeys.errors import NotSetUp, ScheduleNotStarted, ScheduleRefused, UnitNotOurs
from nskeys.model.destinations import DestinationInfo
from nskeys.model.recovery import IdentityKind
from nskeys.model.schedule import Job, Obstacle, UnitStatus
from nskeys.ports import Purpose
from nskeys.services.schedule.service import ScheduleService
from tests.fakes.fixed import Answers
from tests.fakes.memory_manager import MemoryManager
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import PASSPHRASE, Server

IDENTITY = {Purpose.NEW_IDENTITY_PASSWORD: ["a password nobody wrote down"]}
UNITS = {name for job in Job for name in (job.service, job.timer)}


class Machine:
    """A server, its systemd, and the schedule of both."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.manager = MemoryManager()
        self.schedule = ScheduleService(server.installation, self.manager)

    def make_identity(self) -> "Machine":
        """A person makes a recovery identity."""
        recovery = self.server.services.recovery
        recovery.execute(recovery.plan(IdentityKind.PERSON), Answers(IDENTITY))
        return self

    def statuses(self) -> set[UnitStatus]:
        """What lies where the units belong."""
        return {seen.status for seen in self.schedule.show().units}


def add_to_settings(machine: Machine, destination: DestinationInfo) -> None:
    """A destination that is not asked whether it is there."""
    settings = machine.server.installation.settings
    known = settings.read()
    settings.write(replace(known, destinations=(*known.destinations, destination)))


@pytest.fixture
def machine(server: Server) -> Machine:
    """A server whose schedule can be installed."""
    return Machine(server).make_identity()


def test_installed_every_unit_is_there_and_every_timer_waits(machine: Machine) -> None:
    before = machine.schedule.show()
    assert (before.installed, before.in_force, machine.statuses()) == (False, False, {UnitStatus.MISSING})
    after = machine.schedule.install()
    assert (after.installed, after.in_force) == (True, True)
    assert machine.manager.units.keys() == UNITS
    assert machine.manager.waiting == {job.timer for job in Job}
    assert '"schedule-installed"' in machine.server.installation.events.read()[-1]


def test_installed_twice_is_installed_once(machine: Machine) -> None:
    machine.schedule.install()
    units = dict(machine.manager.units)
    assert machine.schedule.install().in_force
    assert machine.manager.units == units


def test_a_folder_that_becomes_a_destination_makes_it_outdated_until_it_is_installed_again(
    machine: Machine,
) -> None:
    machine.schedule.install()
    add_to_settings(machine, DestinationInfo("/mnt/another"))
    assert UnitStatus.OUTDATED in machine.statuses()
    assert not machine.schedule.show().in_force
    assert "ReadWritePaths=-/mnt/another" in machine.schedule.units()[0].text
    assert machine.schedule.install().in_force


def test_a_destination_on_another_server_needs_no_folder_here(machine: Machine) -> None:
    before = machine.schedule.units()
    add_to_settings(machine, DestinationInfo("sftp://nskeys@vault02/backups"))
    assert machine.schedule.units() == before


def test_where_systemd_does_not_run_the_units_are_written_and_nothing_is_started(machine: Machine) -> None:
    machine.manager.running = False
    machine.manager.refuses = True
    schedule = machine.schedule.install()
    assert machine.manager.units.keys() == UNITS
    assert (schedule.installed, schedule.in_force, schedule.systemd_runs) == (True, False, False)


def test_what_systemd_refuses_is_said_and_the_units_stay(machine: Machine) -> None:
    machine.manager.refuses = True
    with pytest.raises(ScheduleNotStarted):
        machine.schedule.install()
    assert machine.manager.units.keys() == UNITS
    machine.manager.refuses = False
    assert machine.schedule.install().in_force


# --- where nothing can run by itself -----------------------------------------------------------------


def test_without_a_recovery_identity_nothing_is_installed(server: Server) -> None:
    machine = Machine(server)
    assert machine.schedule.show().obstacles == (Obstacle.NO_IDENTITY,)
    with pytest.raises(ScheduleRefused) as caught:
        machine.schedule.install()
    assert caught.value.reason == "no_identity"
    assert machine.manager.units == {}


def test_a_passphrase_keeps_it_from_being_installed() -> None:
    server = MemorySite().server()
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE], Purpose.PASSPHRASE: [PASSPHRASE], **IDENTITY})
    server.set_up("passphrase", answers)
    machine = Machine(server)
    server.services.recovery.execute(server.services.recovery.plan(IdentityKind.PERSON), answers)
    with pytest.raises(ScheduleRefused) as caught:
        machine.schedule.install()
    assert caught.value.reason == "passphrase"


def test_what_is_not_set_up_has_no_schedule(site: MemorySite) -> None:
    machine = Machine(MemorySite().server())
    with pytest.raises(NotSetUp):
        machine.schedule.show()


# --- whose files they are ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("[Service]\nExecStart=/bin/true\n", UnitStatus.FOREIGN),
        ("", UnitStatus.FOREIGN),
        ("# Written by nskeys for the home /another\n[Service]\n", UnitStatus.OTHER_HOME),
    ],
)
def test_another_s_file_is_neither_changed_nor_removed(
    machine: Machine, text: str, status: UnitStatus
) -> None:
    machine.schedule.install()
    machine.manager.units[Job.CHECK.timer] = text
    units = dict(machine.manager.units)
    for act in (machine.schedule.install, machine.schedule.remove):
        with pytest.raises(UnitNotOurs) as caught:
            act()
        assert (caught.value.path, caught.value.problem) == (
            f"/etc/systemd/system/{Job.CHECK.timer}",
            status.value,
        )
        assert machine.manager.units == units
    assert status in machine.statuses()


def test_what_was_changed_by_hand_is_ours_still_and_is_said(machine: Machine) -> None:
    machine.schedule.install()
    machine.manager.units[Job.CHECK.timer] += "OnCalendar=hourly\n"
    assert UnitStatus.OUTDATED in machine.statuses()
    assert machine.schedule.install().in_force


def test_removed_nothing_is_left(machine: Machine) -> None:
    machine.schedule.install()
    gone = machine.schedule.remove()
    assert (gone.installed, gone.in_force) == (False, False)
    assert machine.manager.units == {}
    assert machine.manager.waiting == set()
    assert '"schedule-removed"' in machine.server.installation.events.read()[-1]


def test_removing_what_is_not_there_does_nothing(machine: Machine, memory: MemoryServer) -> None:
    before = machine.server.everything()
    machine.schedule.remove()
    assert machine.server.everything() == before
