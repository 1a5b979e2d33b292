"""The schedule on a machine that systemd runs: installed, run in its sandbox, failed and removed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nskeys.model.recovery import IdentityKind
from nskeys.model.schedule import Job
from nskeys.ports import Purpose
from tests.fakes.command_line import connect_cheaply
from tests.fakes.fixed import Answers
from tests.fakes.json_documents import checked
from tests.fakes.s3_server import S3Server
from tests.fakes.servers import NOBODY
from tests.fakes.systemd import Systemd, running_systemd, why_no_systemd
from tests.fakes.tpm import a_board, why_no_tpm

IDENTITY_PASSWORD = "a password that no machine knows"
NSKEYS = str(Path(sys.executable).with_name("nskeys"))
BACKUP, COPY, CHECK = (job.service for job in Job)
TIMERS = [job.timer for job in Job]


class Scheduled:
    """A server with two destinations and a recovery identity, and systemd that runs its machine."""

    def __init__(self, folder: Path, name: str = "home", protector: str = "file") -> None:
        self.folder = folder
        self.home = folder / name / "nskeys"
        self.home.parent.mkdir()
        self.vaults = [folder / "vault", folder / "another vault"]
        services = connect_cheaply(str(self.home), None)
        services.set_up.execute(protector, NOBODY, services.installation.settings.read())
        for vault in self.vaults:
            vault.mkdir()
            services.destinations.add(str(vault), f"{vault.name} is carried away")
        answers = Answers({Purpose.NEW_IDENTITY_PASSWORD: [IDENTITY_PASSWORD]})
        services.recovery.execute(services.recovery.plan(IdentityKind.PERSON), answers)
        services.close()

    def archives(self) -> list[int]:
        """How many archives lie in each vault: a backup is two, its keys and its rows."""
        return [len(list(vault.glob("*.zip"))) for vault in self.vaults]

    def nskeys(self, systemd: Systemd, *argv: str) -> "subprocess.CompletedProcess[str]":
        """A command on that machine."""
        return systemd.run(NSKEYS, "--home", str(self.home), *argv)

    def does(self, systemd: Systemd, *argv: str) -> Any:
        """A command that has to work: its document."""
        done = self.nskeys(systemd, *argv, "--json")
        assert done.returncode == 0, done.stderr
        return checked(done.stdout)

    def installed(self, systemd: Systemd) -> None:
        """The schedule, as a person installs it; what the jobs say goes into a file."""
        document = self.does(systemd, "schedule", "install")
        assert document["in_force"]
        for service in (BACKUP, COPY, CHECK):
            systemd.add(
                f"{service}.d/test.conf",
                f"[Service]\nStandardOutput=truncate:{self.folder}/said\nStandardError=inherit\n",
            )

    def said(self) -> str:
        """What the last job said."""
        return (self.folder / "said").read_text()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is no temporary one: a job sees none of those."""
    if why_no_systemd():
        pytest.skip(why_no_systemd())
    path = Path(tempfile.mkdtemp(dir="/var/lib", prefix="nskeys-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(place: Path) -> Scheduled:
    """See Scheduled."""
    return Scheduled(place)


@pytest.fixture
def systemd(place: Path) -> Iterator[Systemd]:
    """It runs the machine."""
    with running_systemd(place / "systemd") as running:
        yield running


def test_it_backs_up_to_every_destination_without_any_password(server: Scheduled, systemd: Systemd) -> None:
    server.installed(systemd)
    assert systemd.started(BACKUP) == 0, server.said()
    assert server.archives() == [2, 2]
    assert systemd.started(BACKUP) == 0
    assert "No backup is needed" in server.said()
    assert server.archives() == [2, 2]
    assert systemd.started(COPY) == 0, server.said()
    assert server.archives() == [2, 2]
    assert systemd.started(CHECK) == 0, server.said()
    document = server.does(systemd, "schedule", "status")
    assert document["in_force"]
    assert [timer["last_code"] for timer in document["timers"]] == [0, 0, 0]
    assert all(timer["active"] and timer["next"] and timer["last"] for timer in document["timers"])
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if IDENTITY_PASSWORD.encode() in path.read_bytes()]


def test_odd_paths_arrive_as_they_are(place: Path, systemd: Systemd) -> None:
    server = Scheduled(place, name="an odd % home, $HOME and \"two\" 'quotes' \\ü")
    server.installed(systemd)
    assert systemd.started(BACKUP) == 0, server.said()
    assert server.archives() == [2, 2]
    assert systemd.started(CHECK) == 0, server.said()


def test_a_destination_that_is_gone_fails_the_unit_and_the_other_gets_its_copy(
    server: Scheduled, systemd: Systemd
) -> None:
    server.installed(systemd)
    server.vaults[1].rmdir()
    assert systemd.started(BACKUP) == 1
    assert f"No copy in {server.vaults[1]}" in server.said()
    assert server.archives() == [2, 0]
    assert BACKUP in systemd.systemctl("list-units", "--failed", "--plain", "--no-legend")
    assert server.does(systemd, "schedule", "show")["timers"][0]["last_code"] == 1
    server.vaults[1].mkdir()
    assert systemd.started(BACKUP) == 0
    assert server.archives() == [2, 2]


def test_the_job_can_write_nowhere_else_and_reads_ssh_keys(server: Scheduled, systemd: Systemd) -> None:
    server.installed(systemd)
    (server.folder / "probe").write_text(
        f"""
        for at in /root /home /etc /usr /var/lib /dev /sys/kernel "{server.home}" "{server.vaults[1]}"; do
          (: > "$at"/nskeys-probe) 2>/dev/null && echo "wrote $at" && rm "$at"/nskeys-probe
        done
        cat "{server.folder}/key" && ls /tmp | wc -l
        grep -E "NoNewPrivs|CapBnd|Seccomp:" /proc/self/status
        """
    )
    (server.folder / "key").write_text("reads\n")
    systemd.add(
        f"{BACKUP}.d/probe.conf", f"[Service]\nExecStart=\nExecStart=/bin/sh {server.folder}/probe\n"
    )
    systemd.started(BACKUP)
    assert server.said().splitlines() == [
        f"wrote {server.home}",
        f"wrote {server.vaults[1]}",
        "reads",
        "1" if NSKEYS.startswith("/tmp/") else "0",  # a program there has to be seen
        "CapBnd:\t0000000000000002",
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
    ]


@pytest.mark.skipif(bool(why_no_tpm()), reason=why_no_tpm())
def test_keys_that_a_tpm_protects_open_in_the_sandbox(place: Path) -> None:
    (place / "board").mkdir()
    with a_board(place / "board") as board:
        server = Scheduled(place, protector=board.uri)
        with running_systemd(place / "systemd") as systemd:
            server.installed(systemd)
            assert "DeviceAllow=/dev/tpmrm0 rw" in (systemd.units / BACKUP).read_text()
            assert systemd.started(BACKUP) == 0, server.said()
            assert server.archives() == [2, 2]
            assert systemd.started(CHECK) == 0, server.said()


def test_a_bucket_is_reached_from_the_sandbox(server: Scheduled, place: Path, s3: S3Server) -> None:
    bucket = f"b-{os.urandom(8).hex()}"
    s3.make_bucket(bucket)
    aws = place / "root" / ".aws"
    aws.mkdir(parents=True)
    login = f"aws_access_key_id = {s3.key_id}\naws_secret_access_key = {s3.secret}\n"
    (aws / "credentials").write_text(f"[default]\n{login}")
    services = connect_cheaply(str(server.home), None)
    services.destinations.add(s3.address(bucket, "ns01"), "through a tunnel")
    services.close()
    with running_systemd(place / "systemd", place / "root") as systemd:
        server.installed(systemd)
        assert systemd.started(BACKUP) == 0, server.said()
        assert (server.archives(), len(s3.objects(bucket))) == ([2, 2], 2)
        assert systemd.started(CHECK) == 0, server.said()


def test_removed_nothing_is_left_and_no_timer_waits(server: Scheduled, systemd: Systemd) -> None:
    server.installed(systemd)
    assert all(timer in systemd.systemctl("list-timers", "--all", "--plain") for timer in TIMERS)
    assert server.nskeys(systemd, "schedule", "remove").returncode == 0
    assert [path.name for path in systemd.units.rglob("nskeys-*") if path.is_file()] == []
    assert "nskeys" not in systemd.systemctl("list-timers", "--all", "--plain")
    assert server.nskeys(systemd, "schedule", "status").returncode == 1


def test_a_file_that_nskeys_did_not_write_is_never_changed(server: Scheduled, systemd: Systemd) -> None:
    theirs = systemd.units / BACKUP
    theirs.write_text("[Service]\nExecStart=/bin/true\n")
    for command in ("install", "remove"):
        done = server.nskeys(systemd, "schedule", command)
        assert done.returncode == (73 if command == "install" else 0)
        assert theirs.read_text() == "[Service]\nExecStart=/bin/true\n"
    assert "is not ours" in server.nskeys(systemd, "schedule", "install").stderr
    assert [path.name for path in systemd.units.glob("nskeys-*")] == [BACKUP]
