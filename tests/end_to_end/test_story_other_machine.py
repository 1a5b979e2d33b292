"""The end story of backups on another machine: made by a timer that knows no password, restored three ways.

Server A backs up by its timer's command to two destinations, one of them an SSH server on another machine.
A person drills once. A is lost. Server B restores over SFTP with the password alone, again with the words
of three of five custodians, and again with `unzip`, `age` and `open_kms.py` alone.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nskeys.model.schedule import Job
from tests.core.archive.test_a_stranger_reads_a_row import read_row
from tests.core.cli.test_custodians import words_on
from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.json_documents import checked
from tests.fakes.programs import need
from tests.fakes.sshd import Sshd, an_sshd, another_machine
from tests.fakes.systemd import Systemd, running_systemd, why_no_systemd

PASSWORD = "eleven geese on a winter morning"
NSKEYS = str(Path(sys.executable).with_name("nskeys"))
SECRETS = {"deploy-finance": "p\u00e4ssword", "emea-ns02": ""}


class World:
    """Server A, whoever comes after it, the SSH server, and what a person has in the pocket."""

    def __init__(self, folder: Path, far: Sshd, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self.far = folder, far
        self.a = Machine(folder, capture, "a")
        self.vault = folder / "vault"
        self.vault.mkdir()
        (folder / "far-vault").mkdir()
        self.remote = far.address(folder / "far-vault")
        self.pocket = folder / "pocket"
        self.pocket.mkdir()

    def given(self, name: str, text: str) -> str:
        """A file that a person brings along; `forget` takes all of them away again."""
        path = self.pocket / name
        path.write_text(text, "utf-8")
        return str(path)

    def forget(self) -> None:
        """Nothing that a person knows is left on the machine."""
        shutil.rmtree(self.pocket)
        self.pocket.mkdir()

    def fresh(self, name: str) -> Machine:
        """New hardware, with a copy of the database and an SSH key that the other machine lets in."""
        machine = self.a.beside(name)
        machine.home.mkdir()
        shutil.copy(self.folder / "saved.sqlite3", machine.home / "cmdb.sqlite3")
        machine.does("destination", "trust", self.remote, "--fingerprint", self.far.fingerprint())
        return machine

    def far_archive(self) -> str:
        """The one key backup on the other machine, by its address."""
        every = (self.folder / "far-vault").glob("*.zip")
        (archive,) = (path for path in every if "-cmdb-" not in path.name)
        return f"{self.remote}/{archive.name}"


@pytest.fixture
def world(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Everything, below a folder that is no temporary one: a job sees none of those."""
    if why_no_systemd():
        pytest.skip(why_no_systemd())
    need("unzip", "ssh-keygen", "sshd", "ip")
    folder = Path(tempfile.mkdtemp(dir="/var/lib", prefix="nskeys-test-"))
    ssh = folder / "root" / ".ssh"
    ssh.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder / "root"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with (
        another_machine() as (address, there),
        an_sshd(folder / "sshd", host=address, within=there) as far,
    ):
        shutil.copy(far.key, ssh / "id_ed25519")
        yield World(folder, far, capsys)
    shutil.rmtree(folder)


def test_the_story(world: World) -> None:
    shares = set_up(world)
    with running_systemd(world.folder / "systemd", world.folder / "root") as systemd:
        backed_up_by_its_timer(world, systemd)
    person_drills_once(world)
    with closing(sqlite3.connect(world.a.home / "cmdb.sqlite3")) as database:
        database.execute("VACUUM INTO ?", (str(world.folder / "saved.sqlite3"),))
    runbook = world.a.confirmed
    shutil.rmtree(world.a.home)

    password = ("--password-file", world.given("password", PASSWORD + "\n"))
    restored_with(world, "b-password", *password, *runbook)
    three = "\n".join(shares[number] for number in (4, 0, 2))
    restored_with(
        world, "b-custodians", "--shares", "--shares-file", world.given("shares", three), *runbook
    )
    restored_without_nskeys(world)


def set_up(world: World) -> list[str]:
    """Server A, two destinations, a recovery identity and five custodians; the words of their sheets."""
    a = world.a.set_up()
    a.does("destination", "add", str(world.vault), "--elsewhere", "tape to the safe")
    added = a.run("destination", "add", world.remote)
    assert added.code == 0
    assert world.far.fingerprint() in added.err
    a.does("destination", "trust", world.remote, "--fingerprint", world.far.fingerprint())
    assert "elsewhere" in a.run("destination", "test", world.remote).out
    a.does("identity", "create", "--password-file", world.given("password", PASSWORD + "\n"))
    sheets = world.pocket / "sheets"
    sheets.mkdir(mode=0o700)
    split = ("custodians", "split", "--shares", "5", "--threshold", "3", "--sheets", str(sheets))
    words = [words_on(Path(path).read_text("utf-8")) for path in a.does(*split)["files"]]
    a.does("custodians", "check", "--shares-file", world.given("typed", "\n".join(words)))
    world.forget()
    return words


def backed_up_by_its_timer(world: World, systemd: Systemd) -> None:
    """The units are installed, and systemd runs what the timer would: in its sandbox, with no terminal."""

    def does(*argv: str) -> Any:
        done = systemd.run(NSKEYS, "--home", str(world.a.home), *argv, "--json")
        assert done.returncode == 0, done.stderr
        return checked(done.stdout)

    assert does("schedule", "install")["in_force"]
    said = world.folder / "said"
    for job in Job:
        systemd.add(
            f"{job.service}.d/test.conf",
            f"[Service]\nStandardOutput=append:{said}\nStandardError=inherit\n",
        )
    assert systemd.started(Job.BACKUP.service) == 0, said.read_text()
    assert systemd.started(Job.CHECK.service) == 0, said.read_text()
    copies = {row["destination"]: row for row in does("register", "list")}
    assert copies.keys() == {str(world.vault), world.remote}
    assert {(row["location"], row["proof"], row["sight"]) for row in copies.values()} == {
        ("elsewhere", "opened", "good")
    }
    assert len({row["kms_sha256"] for row in copies.values()}) == 1
    # The next night there is nothing to do.
    assert systemd.started(Job.BACKUP.service) == 0
    assert "each of 2 destinations holds every key" in said.read_text()
    held = [path for path in world.folder.rglob("*") if path.is_file()]
    assert not [path for path in held if PASSWORD.encode() in path.read_bytes()]


def person_drills_once(world: World) -> None:
    """Until then nothing is recoverable: nobody has shown yet that the password opens it."""
    waiting = world.a.run("status")
    assert waiting.code == 1
    drill = ("drill", world.far_archive(), "--password-file", world.given("password", PASSWORD + "\n"))
    assert world.a.does(*drill)["proof"] == "credentials_open"
    world.forget()
    assert world.a.run("status").code == 0


def restored_with(world: World, name: str, *opening: str) -> None:
    """New hardware, from `sftp://`, by one means alone."""
    b = world.fresh(name)
    done = b.does("restore", world.far_archive(), *opening, "--protector", "file")
    assert done["credentials"] == {"opened": 2, "failed": 0}
    for credential in b.does("credential", "list"):
        shown = b.does("credential", "show", credential["id"], "--reveal")
        assert shown["secret"] == SECRETS[credential["name"]]
    assert b.run("verify").code == 0
    world.forget()


def restored_without_nskeys(world: World) -> None:
    """Only the other machine, a copy of the database, and tools that every distribution has."""
    rescue = world.folder / "rescue"
    rescue.mkdir()
    archive = world.far_archive().rpartition("/")[2]
    known = world.given("known_hosts", world.far.known())
    key = world.folder / "root" / ".ssh" / "id_ed25519"
    login = ["-P", str(world.far.port), "-i", str(key), "-o", f"UserKnownHostsFile={known}"]
    there = f"{world.far.user}@{world.far.host}:{world.folder}/far-vault/{archive}"
    fetched = subprocess.run(
        ["sftp", "-q", "-o", "BatchMode=yes", *login, there, str(rescue)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert fetched.returncode == 0, fetched.stderr
    subprocess.run(["unzip", "-q", archive], cwd=rescue, check=True)
    by_age = typed(rescue, "age -d -i identity.age keys.kms > by_age")
    by_reader = typed(rescue, f"{sys.executable} -I open_kms.py keys.kms identity.age > by_reader")
    assert json.loads(by_age) == json.loads(by_reader)
    assert "age -d -i identity.age keys.kms" in (rescue / "RESTORE.txt").read_text("utf-8")
    assert secrets_in(world.folder / "saved.sqlite3", by_age) == SECRETS


def typed(folder: Path, line: str) -> str:
    """A line in a shell, which asks for the password; what it left in the file that it names last."""
    with PtySession(["sh", "-c", line], directory=str(folder)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw or b"assword" in now.raw)
        session.write(PASSWORD + "\n")
        assert session.wait_end() == 0, session.text
    return (folder / line.split()[-1]).read_text("utf-8")


def secrets_in(database: Path, jwk_set: str) -> dict[str, str]:
    """Every credential of a database, opened from what the format says alone."""
    with closing(sqlite3.connect(database)) as rows:
        rows.row_factory = sqlite3.Row
        ((cmdb_id,),) = rows.execute("SELECT value FROM meta WHERE name = 'cmdb_id'")
        found = rows.execute(
            "SELECT c.*, k.kid AS key_id FROM credentials AS c JOIN keys AS k ON k.key_no = c.key_no"
        ).fetchall()
    return {
        row["name"]: read_row(
            jwk_set,
            cmdb_id,
            {
                "kid": row["key_id"],
                "credential_id": row["id"],
                "number": row["number"],
                "blob": row["sealed"].hex(),
                **{field: row[field] for field in ("kind", "name", "target", "account", "note")},
            },
        )
        for row in found
    }
