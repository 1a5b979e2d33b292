"""Monitoring as the README says to set it up: Nagios through the rule for sudo, Prometheus through the
folder of a node-exporter. Neither is root, and the home is root's alone."""

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import nagios, node_exporter
from tests.fakes.command_line import Machine
from tests.fakes.disks import public_folder
from tests.fakes.monitoring import plugin_line
from tests.fakes.private_mounts import PrivateMounts, private_mounts
from tests.fakes.programs import need

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROGRAM = Path(sys.executable).with_name("nskeys")
FOLDER = "/var/lib/prometheus/node-exporter"


def told(language: str) -> str:
    """The README's block in this language, with the program of this checkout."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1].replace("/opt/nskeys/.venv/bin/nskeys", str(PROGRAM))


@dataclass(frozen=True)
class Room:
    """A machine whose home lies where root's does, and what others reach there."""

    machine: Machine
    mounts: PrivateMounts
    folder: Path

    def asked(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The monitoring user asks sudo for the program with these arguments."""
        return self.mounts.run("sudo", "-n", str(PROGRAM), *argv, user=nagios.USER, environment=environment)


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Room]:
    machine = Machine(tmp_path, capsys, "home")
    machine.home.mkdir(mode=0o700)
    (tmp_path / "mounts").mkdir()
    with public_folder() as folder, private_mounts(tmp_path / "mounts", machine.home) as mounts:
        mounts.sudo_rule("nskeys", told("sudoers"))
        yield Room(machine, mounts, folder)


def test_sudo_finds_nothing_wrong_with_the_rule(room: Room) -> None:
    checked = room.mounts.run("visudo", "-c")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "/etc/sudoers.d/nskeys: parsed OK" in checked.stdout
    listed = room.mounts.run("sudo", "-n", "-l", user=nagios.USER)
    assert listed.stdout.count("NOPASSWD") == 1
    assert listed.stdout.rstrip().endswith(f"{PROGRAM} status --nagios")


def test_the_monitoring_user_may_ask_that_and_nothing_else(room: Room) -> None:
    room.machine.set_up()
    allowed = room.asked("status", "--nagios")
    assert (allowed.returncode, allowed.stderr) == (1, "")
    assert plugin_line(allowed.stdout).state == "WARNING"
    alone = room.mounts.run(
        str(PROGRAM), "--home", "/var/lib/nskeys", "status", "--nagios", user=nagios.USER
    )
    assert alone.returncode == 3
    assert plugin_line(alone.stdout).state == "UNKNOWN"
    for argv in (
        [],
        ["status"],
        ["status", "--nagios", "--output", "/etc/passwd"],
        ["status", "--nagios", "--home", "/tmp"],
        ["--home", "/tmp", "status", "--nagios"],
        ["status", "--prometheus"],
        ["backup"],
        ["credential", "show", "run-as/deploy-finance", "--reveal"],
    ):
        refused = room.asked(*argv)
        assert refused.returncode == 1, argv
        assert refused.stdout == ""
        assert "a password is required" in refused.stderr
    joined = room.asked("status --nagios")
    assert (joined.returncode, joined.stdout) == (64, ""), (
        "to sudo it is the same, to the program no command"
    )


def test_nothing_of_the_monitoring_users_environment_gets_in(room: Room) -> None:
    room.machine.set_up()
    (room.folder / "sitecustomize.py").write_text("raise SystemExit('taken over')")
    bad = {
        "PYTHONPATH": str(room.folder),
        "PYTHONHOME": str(room.folder),
        "PYTHONSTARTUP": str(room.folder / "sitecustomize.py"),
        "NSKEYS_HOME": str(room.folder),
        "LD_PRELOAD": str(room.folder / "none.so"),
        "HOME": str(room.folder),
    }
    asked = room.mounts.run(
        "env", *(f"{name}={value}" for name, value in bad.items()),
        "sudo", "-n", str(PROGRAM), "status", "--nagios", user=nagios.USER,
    )  # fmt: skip
    assert asked.returncode == 1
    assert plugin_line(asked.stdout).data["at_risk"] == 2
    setting = room.mounts.run(
        "sudo", "-n", f"NSKEYS_HOME={room.folder}", str(PROGRAM), "status", "--nagios", user=nagios.USER
    )
    assert setting.returncode == 1
    assert setting.stdout == ""


def test_nagios_records_what_is_printed(room: Room) -> None:
    machine = room.machine
    command = f"/usr/bin/sudo -n {PROGRAM} status --nagios"
    with nagios.nagios(room.folder, room.mounts, command) as core:

        def agrees(recorded: nagios.Recorded, state: str, code: str) -> None:
            printed = machine.run("status", "--nagios")
            said, _, data = printed.out.rstrip("\n").partition(" | ")
            assert recorded.state == state
            assert recorded.output == said.replace(str(machine.home), "/var/lib/nskeys")
            assert _ages(recorded.data) == _ages(data)
            shown = core.shown()
            assert (shown["current_state"], shown["performance_data"]) == (code, recorded.data)
            assert printed.code == int(code)
            assert stat.S_IMODE(machine.home.stat().st_mode) == 0o700

        agrees(core.first(), "UNKNOWN", "3")
        machine.set_up()
        agrees(core.check(), "WARNING", "1")
        made = machine.back_up("--to", machine.vault())
        agrees(core.check(), "OK", "0")
        Path(made["path"]).unlink()
        _lose_the_keys(machine)
        agrees(core.check(), "CRITICAL", "2")


def _ages(data: str) -> str:
    """Performance data, however many seconds passed in between."""
    return re.sub(r"=\d+s", "=?s", data)


def _lose_the_keys(machine: Machine) -> None:
    """Only the database is left, and somebody goes on without the keys."""
    kept = (machine.home / "cmdb.sqlite3").read_bytes()
    subprocess.run(["find", str(machine.home), "-mindepth", "1", "-delete"], check=True)
    (machine.home / "cmdb.sqlite3").write_bytes(kept)
    machine.does("init", "--protector", "file", "--accept-loss", "2")


def test_prometheus_reads_through_a_node_exporter(room: Room) -> None:
    machine, written = room.machine, room.folder / "nskeys.prom"
    with node_exporter.node_exporter(room.folder) as exporter:
        assert machine.run("status", "--prometheus", "--output", str(written)).code == 3
        assert exporter.scrape()["nskeys_up", ()] == 0
        machine.set_up()
        machine.run("status", "--prometheus", "--output", str(written))
        scraped = exporter.scrape()
        assert scraped["nskeys_credentials", (("state", "at_risk"),)] == 2
        assert [dict(labels)["server"] for name, labels in scraped if name == "nskeys_info"] == [
            "ns01.example.net"
        ]
        assert scraped["node_textfile_scrape_error", ()] == 0
        made = machine.back_up("--to", machine.vault())
        machine.does("drill", made["path"], "--password-file", machine.password)
        machine.run("status", "--prometheus", "--output", str(written))
        scraped = exporter.scrape()
        assert scraped["nskeys_credentials", (("state", "recoverable"),)] == 2
        assert scraped["nskeys_last_proof_timestamp_seconds", (("proof", "credentials_open"),)] > 0
        assert [name for name, _ in scraped if name == "node_textfile_mtime_seconds"]
    assert stat.S_IMODE(written.stat().st_mode) == 0o644
    assert stat.S_IMODE(machine.home.stat().st_mode) == 0o700
    looking = room.mounts.run("ls", "/var/lib/nskeys", user=node_exporter.USER)
    assert "Permission denied" in looking.stderr


def test_what_the_readme_alerts_on_is_told(room: Room) -> None:
    machine = room.machine.set_up()
    at_risk = machine.run("status", "--prometheus").out
    made = machine.back_up("--to", machine.vault())
    machine.does("drill", made["path"], "--password-file", machine.password)
    told_of = at_risk + machine.run("status", "--prometheus").out
    alerts = set(re.findall(r"nskeys_[a-z_]+", README.split("| alert on |")[1].split("\n\n")[0]))
    assert len(alerts) >= 5
    assert [name for name in alerts if f"\n{name}" not in f"\n{told_of}"] == []


def test_what_the_readme_puts_into_cron_and_systemd_does_it(room: Room) -> None:
    room.machine.set_up()
    target = room.folder / "nskeys.prom"
    _minute, _hour, _day, _month, _weekday, user, command = told("crontab").rstrip("\n").split(" ", 6)
    units = dict(re.findall(r"^# /etc/systemd/system/(\S+)\n(.*?)(?=^# |\Z)", told("ini"), re.M | re.S))
    (start,) = re.findall(r"^ExecStart=(.*)$", units["nskeys-status.service"], re.MULTILINE)
    assert (user, start) == ("root", command)
    assert "%" not in command, "cron takes it for the end of the command"
    ran = room.mounts.run("/bin/sh", "-c", command.replace(FOLDER, str(room.folder)))
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", ""), "what is printed would be mailed"
    assert "nskeys_up 1" in target.read_text()
    for name, text in units.items():
        (room.folder / name).write_text(text)
    names = [str(room.folder / name) for name in units]
    need("systemd-analyze")
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True
    )
    assert (checked.returncode, checked.stderr) == (0, "")
