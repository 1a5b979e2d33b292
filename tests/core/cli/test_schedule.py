"""`nskeys schedule` on a machine that systemd does not run (where it does: tests/end_to_end)."""

from pathlib import Path

import pytest

from nskeys.model.recovery import IdentityKind
from nskeys.model.schedule import Job
from nskeys.ports import Purpose
from tests.fakes.command_line import Machine, connect_cheaply, tree
from tests.fakes.fixed import Answers

UNITS = sorted(name for job in Job for name in (job.service, job.timer))


@pytest.fixture
def ready(server: Machine) -> Machine:
    """A server with a recovery identity, and a folder for units."""
    services = connect_cheaply(str(server.home), None)
    answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: ["a password nobody wrote down"]})
    services.recovery.execute(services.recovery.plan(IdentityKind.PERSON), answers)
    services.close()
    units(server).mkdir()
    return server


def units(machine: Machine) -> Path:
    """Where units lie."""
    return machine.folder / "units"


def test_show_prints_the_units_and_installs_nothing(ready: Machine) -> None:
    before = tree(ready.folder)
    ran = ready.run("schedule", "show")
    assert ran.code == 0
    for name in UNITS:
        assert f"# {units(ready)}/{name}\n" in ran.out
    assert f"--home {ready.home} backup --everywhere --if-needed\n" in ran.out
    assert "Drills are not scheduled" in ran.err
    assert tree(ready.folder) == before
    document = ready.does("schedule", "show")
    assert [Path(unit["path"]).name for unit in document["units"]] == [
        "nskeys-backup.service",
        "nskeys-backup.timer",
        "nskeys-copy.service",
        "nskeys-copy.timer",
        "nskeys-check.service",
        "nskeys-check.timer",
    ]
    assert all(unit["text"] in ran.out for unit in document["units"])
    assert (document["in_force"], document["systemd"], document["obstacles"]) == (False, False, [])


def test_install_writes_them_and_says_what_to_type(ready: Machine) -> None:
    ran = ready.run("schedule", "install")
    assert ran.code == 0
    assert sorted(path.name for path in units(ready).iterdir()) == UNITS
    assert {path.stat().st_mode & 0o777 for path in units(ready).iterdir()} == {0o644}
    assert "systemctl enable --now nskeys-backup.timer nskeys-copy.timer nskeys-check.timer" in ran.err
    assert ready.run("schedule", "status").code == 1
    wants = units(ready) / "timers.target.wants"
    wants.mkdir()
    for job in Job:
        (wants / job.timer).symlink_to(units(ready) / job.timer)
    done = ready.run("schedule", "status")
    assert done.code == 0
    assert "starts with the machine" in done.out
    assert "The schedule is in force." in done.err


def test_a_folder_that_is_added_or_removed_asks_for_the_units_to_be_written_anew(ready: Machine) -> None:
    folder = ready.folder / "another"
    folder.mkdir()
    assert "schedule" not in ready.run("destination", "add", str(folder)).err
    ready.run("schedule", "install")
    assert "schedule" not in ready.run("destination", "add", str(folder)).err
    removed = ready.run("destination", "remove", str(folder))
    assert "'nskeys schedule install' writes them anew" in removed.err
    ready.run("schedule", "install")
    added = ready.run("destination", "add", str(folder))
    assert "'nskeys schedule install' writes them anew" in added.err


def test_a_masked_unit_is_not_ours(ready: Machine) -> None:
    (units(ready) / Job.BACKUP.timer).symlink_to("/dev/null")
    ran = ready.run("schedule", "install")
    assert ran.code == 73
    assert "is not ours" in ran.err
    assert [path.name for path in units(ready).iterdir()] == [Job.BACKUP.timer]


def test_remove_takes_them_away(ready: Machine) -> None:
    ready.run("schedule", "install")
    ran = ready.run("schedule", "remove")
    assert (ran.code, ran.out) == (0, "")
    assert "The schedule is removed." in ran.err
    assert list(units(ready).iterdir()) == []
    assert ready.run("schedule", "remove").code == 0


def test_without_a_recovery_identity_it_says_so_and_installs_nothing(server: Machine) -> None:
    units(server).mkdir()
    ran = server.run("schedule", "install")
    assert (ran.code, ran.out) == (78, "")
    assert "nskeys identity create" in ran.err
    assert list(units(server).iterdir()) == []
    shown = server.run("schedule", "show")
    assert shown.code == 0
    assert "There is no recovery identity" in shown.err
    assert server.does("schedule", "show")["obstacles"] == ["no_identity"]


def test_a_passphrase_needs_a_person_and_that_is_said(machine: Machine) -> None:
    passphrase = machine.file("passphrase", "six pears\n")
    machine.does("init", "--protector", "passphrase", "--passphrase-file", passphrase)
    ran = machine.run("schedule", "install")
    assert ran.code == 78
    assert "a timer cannot ask for it" in ran.err


def test_a_folder_that_cannot_be_written_is_said(ready: Machine) -> None:
    units(ready).rmdir()
    ran = ready.run("schedule", "install")
    assert ran.code == 73
    assert str(units(ready)) in ran.err
