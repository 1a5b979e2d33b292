"""The units' text: what systemd itself thinks of it, and what stands in it for which server."""

import subprocess
from pathlib import Path

import pytest

from nskeys.errors import ScheduleRefused
from nskeys.model.schedule import Job
from nskeys.services.schedule.units import MARK, UnitFacts, units
from tests.fakes.programs import need

FACTS = UnitFacts(program=("/usr/bin/env",), home="/var/lib/nskeys")
ODD = "/srv/an odd % home, $HOME and \"two\" 'quotes' \\ü"
EXPOSURE = 23
"""Tenths; systemd-analyze calls what is below 2.5 of 10 well protected, an unprotected service has 9.6."""


def text(facts: UnitFacts, name: str = Job.BACKUP.service) -> str:
    """One unit."""
    return next(unit.text for unit in units(facts) if unit.name == name)


def lines(facts: UnitFacts, name: str = Job.BACKUP.service) -> list[str]:
    """Its settings."""
    return [line for line in text(facts, name).splitlines() if not line.startswith("#")]


def analyzed(folder: Path, facts: UnitFacts, *argv: str) -> "subprocess.CompletedProcess[str]":
    """What systemd-analyze says of all of them."""
    need("systemd-analyze")
    for unit in units(facts):
        (folder / unit.name).write_text(unit.text)
    files = [str(path) for path in sorted(folder.glob("*.service" if "security" in argv else "*"))]
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *argv, *files], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "facts",
    [
        FACTS,
        UnitFacts(
            ("/usr/bin/env", "-P", "-m", "nskeys_tui"),
            ODD,
            uses_tpm=True,
            postgres=True,
            writable=("/mnt/a vault", ODD),
        ),
        UnitFacts(("/usr/bin/env",), "/home/nskeys/.local/share/nskeys", "daemon"),
    ],
    ids=["plain", "odd", "a user's"],
)
def test_systemd_has_nothing_to_say_against_them(tmp_path: Path, facts: UnitFacts) -> None:
    done = analyzed(tmp_path, facts, "verify", "--man=no")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("tpm", [False, True])
def test_they_are_as_well_protected_as_their_work_allows(tmp_path: Path, tpm: bool) -> None:
    facts = UnitFacts(FACTS.program, FACTS.home, uses_tpm=tpm)
    done = analyzed(tmp_path, facts, "security", "--offline=true", f"--threshold={EXPOSURE}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Overall exposure level") == len(Job)


def test_a_judge_of_protection_sees_what_is_not_protected(tmp_path: Path) -> None:
    need("systemd-analyze")
    (tmp_path / "bare.service").write_text("[Service]\nExecStart=/usr/bin/env\n")
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}"]
    done = subprocess.run([*command, str(tmp_path / "bare.service")], capture_output=True, check=False)
    assert done.returncode != 0


def test_every_day_and_every_week_and_what_was_missed_is_made_up_for() -> None:
    daily, weekly = lines(FACTS, Job.BACKUP.timer), lines(FACTS, Job.CHECK.timer)
    assert "OnCalendar=*-*-* 01:00:00" in daily
    assert "OnCalendar=Sun *-*-* 04:00:00" in weekly
    for timer in (daily, weekly):
        assert {"RandomizedDelaySec=2h", "Persistent=true", "WantedBy=timers.target"} <= set(timer)


def test_what_runs_is_this_program_with_this_home() -> None:
    assert "ExecStart=/usr/bin/env --home /var/lib/nskeys backup --everywhere --if-needed" in lines(FACTS)
    assert "ExecStart=/usr/bin/env --home /var/lib/nskeys register check" in lines(FACTS, Job.CHECK.service)


def test_only_what_a_job_writes_can_be_written() -> None:
    facts = UnitFacts(FACTS.program, FACTS.home, writable=("/mnt/a vault", "/srv/100%"))
    said = lines(facts)
    assert "ProtectSystem=strict" in said
    assert [line for line in said if line.startswith("ReadWritePaths=")] == [
        "ReadWritePaths=/var/lib/nskeys",
        'ReadWritePaths="-/mnt/a vault"',
        "ReadWritePaths=-/srv/100%%",
    ]


def test_the_tpm_is_reached_where_it_protects_the_keys_and_no_other_device_ever() -> None:
    with_tpm = lines(UnitFacts(FACTS.program, FACTS.home, uses_tpm=True))
    assert {"DevicePolicy=closed", "DeviceAllow=/dev/tpmrm0 rw"} <= set(with_tpm)
    assert "PrivateDevices=yes" in lines(FACTS)
    assert not any("tpm" in line for line in lines(FACTS))


def test_a_home_that_is_a_user_s_is_worked_on_as_that_user() -> None:
    said = lines(UnitFacts(FACTS.program, FACTS.home, user="nskeys"))
    assert {"User=nskeys", "CapabilityBoundingSet="} <= set(said)


@pytest.mark.parametrize("path", ["/tmp/nskeys", "/var/tmp/x/../nskeys"])
def test_what_lies_in_a_temporary_folder_is_still_seen(path: str) -> None:
    assert "PrivateTmp=no" in lines(UnitFacts(FACTS.program, path))
    assert "PrivateTmp=no" in lines(UnitFacts(FACTS.program, FACTS.home, writable=(path,)))
    shared = ["ReadWritePaths=-/tmp", "ReadWritePaths=-/var/tmp"]
    assert set(shared) <= set(lines(UnitFacts(FACTS.program, path)))
    assert "PrivateTmp=yes" in lines(UnitFacts(FACTS.program, "/tmpfiles"))
    assert not set(shared) & set(lines(UnitFacts(FACTS.program, "/tmpfiles")))


@pytest.mark.parametrize("path", ["/srv/a\nb", "/srv/\x1b", "/srv/\udcff"])
def test_a_path_that_no_unit_can_hold_is_refused(path: str) -> None:
    with pytest.raises(ScheduleRefused) as caught:
        units(UnitFacts(FACTS.program, path))
    assert (caught.value.reason, caught.value.path) == ("odd_path", path)


def test_every_unit_says_whose_it_is() -> None:
    assert {unit.text.partition("\n")[0] for unit in units(FACTS)} == {f"{MARK}/var/lib/nskeys"}
