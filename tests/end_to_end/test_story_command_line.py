"""The main job by command line, through real processes, with passwords at their real cost.

Server A is set up, takes over a password manager's export, backs up, rotates and is lost. Server B, with a
copy of A's database and nothing else, restores. In between the backup is opened with what Debian has.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import tree
from tests.fakes.json_documents import checked
from tests.fakes.programs import ENVIRONMENT, needs
from tests.fakes.server_keys import signed_by

EXPORTS = Path(__file__).parents[1] / "vectors" / "exports"
PASSWORD = "seven apples and a pärtridge"
SYSTEM_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")
needs_tools = needs("age", "unzip", "python3")


@dataclass(frozen=True)
class Server:
    """A machine: its home, and the folder where everything else of the story lies."""

    home: Path
    folder: Path

    def argv(self, *argv: str) -> list[str]:
        """The command as a process."""
        return [sys.executable, "-m", "nskeys_tui", "--home", str(self.home), *argv]

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """A process that nobody is at the terminal of."""
        return subprocess.Popen(
            self.argv(*argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env=ENVIRONMENT,
        )

    def run(self, *argv: str, code: int = 0) -> tuple[str, str]:
        """A command that ends with `code`: its data and its words."""
        process = self.start(*argv)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, (argv, out, err)
        return out, err

    def json(self, *argv: str, code: int = 0) -> Any:
        """A command's document."""
        return checked(self.run(*argv, "--json", code=code)[0])

    @property
    def password(self) -> tuple[str, str]:
        """The option with the file that holds the backups' password."""
        path = self.folder / "password"
        path.write_text(PASSWORD + "\r\n", encoding="utf-8")
        return "--password-file", str(path)

    def secrets(self) -> dict[str, str]:
        """Every secret, by its credential."""
        listed = self.json("credential", "list")
        shown = [self.json("credential", "show", item["id"], "--reveal") for item in listed]
        return {f"{item['kind']}/{item['name']}": item["secret"] for item in shown}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Server A, empty."""
    return Server(tmp_path / "a", tmp_path)


@needs_tools
def test_from_an_empty_machine_to_a_proven_restore(server: Server) -> None:
    vault = server.folder / "vault"
    vault.mkdir()
    exported = _sets_up_and_imports(server)
    _backs_up_here_and_elsewhere(server, vault)
    _rotates_the_key(server, vault)
    backup = Path(server.json("status")["last_backup"]["path"])
    assert sorted(vault.iterdir())[-1] == backup
    _opens_it_with_what_debian_has(server, backup)
    secrets = server.secrets()
    assert sorted(secrets.values()) == exported
    lost = Server(server.home.rename(server.folder / "lost"), server.folder)
    _restores_on_new_hardware(lost, backup, secrets)


def _sets_up_and_imports(server: Server) -> list[str]:
    """Item 2: an empty home, and a real export. Returns the secrets in it."""
    assert "Nothing is set up" in server.run("status", code=3)[1]
    assert server.json("init", "--server-name", "ns01.example.net")["home"] == str(server.home)
    refused = server.run("credential", "import", str(EXPORTS / "keepassxc-mixed.csv"), code=65)
    assert refused[0] == ""
    assert refused[1].count("\nrow ") + 1 > 5
    assert server.json("credential", "list") == []
    export = EXPORTS / "keepassxc.csv"
    with export.open(encoding="utf-8-sig", newline="") as stream:
        every = list(csv.DictReader(stream))
    rows = [row for row in every if row["Password"]]
    planned = server.json("credential", "import", str(export), "--plan")
    assert server.json("credential", "list") == []
    imported = server.json("credential", "import", str(export))
    assert imported == planned
    assert imported["imported"] == len(rows)
    left_out = [item["title"] for item in imported["left_out"]]
    assert left_out == [row["Title"] for row in every if not row["Password"]], "a row without a secret"
    assert {field["field"] for field in imported["dropped"]} >= {"TOTP"}
    whole = {"opened": len(rows), "failed": 0, "failures": [], "differences": []}
    assert server.json("verify") == whole
    return sorted(row["Password"] for row in rows)


def _backs_up_here_and_elsewhere(server: Server, vault: Path) -> None:
    """Item 3: a backup on the same disk does not help, one that is carried away does."""
    here = server.run("backup", *server.password)
    assert "Backup of Notification Server cryptographic keys is complete." in here[1]
    assert "if its disk fails, both are lost" in here[1]
    at_risk = server.json("status", code=1)
    assert at_risk["credentials"]["at_risk"] == at_risk["credentials"]["total"]
    assert at_risk["last_backup"]["location"] == "here"
    server.run("destination", "add", str(vault), "--elsewhere", "tape to the safe")
    made = server.json("backup", "--to", str(vault), *server.password)
    assert (made["proof"], made["location"]) == ("opened", "elsewhere")
    safe = server.json("status")
    assert safe["credentials"]["recoverable"] == safe["credentials"]["total"]
    assert server.json("registry")["KMSBackupPath"] == str(vault)
    drilled = server.run("drill", "latest", *server.password)
    assert drilled[0].count("opened   ") == safe["credentials"]["total"]
    assert server.json("status")["last_backup"]["proof"] == "credentials_open"
    assert server.json("backup", "--if-needed", *server.password)["path"] == made["path"]


def _rotates_the_key(server: Server, vault: Path) -> None:
    """Item 3: the newer key makes a new key backup due, which is a second file; no row changed, so the
    database copy stays the only one."""
    before = server.json("registry")["KMSBackupDate"]
    waits = server.json("key", "rotate", code=1)
    assert (waits["state"], waits["resealed"], waits["backup_due"]) == ("pre-active", 0, True)
    assert server.json("status")["backup_due"] is True
    time.sleep(1.1)  # KMSBackupDate counts whole seconds
    server.json("backup", "--if-needed", *server.password)
    copies = list(vault.glob("*-cmdb-1of1.zip"))
    assert (len(list(vault.iterdir())), len(copies)) == (3, 1)
    active = server.json("key", "rotate")
    assert (active["key_id"], active["state"], active["backup_due"]) == (waits["key_id"], "active", False)
    assert active["resealed"] == server.json("status")["credentials"]["total"]
    assert server.json("registry")["KMSBackupDate"] > before
    assert [key["state"] for key in server.json("key", "list")] == ["active", "deactivated"]
    assert server.json("audit", "--verify")["whole"] is True


def _opens_it_with_what_debian_has(server: Server, backup: Path) -> None:
    """Item 4: `unzip` and `age`, or nothing but the system's python3."""
    folder = server.folder / "by hand"
    folder.mkdir()
    subprocess.run(["unzip", "-q", str(backup)], cwd=folder, check=True)
    kids = {key["key_id"] for key in server.json("key", "list")}
    for command in (["age", "-d", "keys.kms"], [str(SYSTEM_PYTHON), "-I", "open_kms.py", "keys.kms"]):
        with PtySession(command, directory=str(folder)) as session:
            session.wait_for(lambda now: b"assphrase" in now.raw or b"assword" in now.raw)
            session.press(*PASSWORD, "enter")
            assert session.wait_end(timeout=60) == 0, session.text
            said = session.raw.decode()
        jwks = json.loads(said[said.index("{") : said.rindex("}") + 1])
        assert {key["kid"] for key in jwks["keys"] if key["kty"] == "oct"} == kids


def _restores_on_new_hardware(lost: Server, backup: Path, secrets: dict[str, str]) -> None:
    """Item 5: a copy of the database, and nothing else."""
    server = Server(lost.folder / "b", lost.folder)
    server.home.mkdir()
    shutil.copy(lost.home / "cmdb.sqlite3", server.home)
    copied = tree(server.home)
    out, err = server.run("status", code=3)
    assert out == ""
    assert f"holds {len(secrets)} credentials, but no keys are here." in err
    assert str(backup) in err
    facts = server.json("inspect", str(backup))["facts"]
    assert sum(facts["kinds"].values()) == len(secrets)
    wrong = server.folder / "wrong"
    wrong.write_text("eight apples\n")
    refused = server.run("restore", str(backup), "--password-file", str(wrong), code=77)
    assert refused[0] == ""
    assert "That password does not open this backup" in refused[1]
    planned = server.json("restore", str(backup), "--plan", *server.password)
    assert planned["credentials"] == {"opened": len(secrets), "failed": 0}
    assert tree(server.home) == copied
    out, err = server.run("restore", str(backup), *server.password, *signed_by(backup))
    assert sorted(out.splitlines()) == sorted(f"opened   {reference}" for reference in secrets)
    assert f"Every credential opened ({len(secrets)})." in err
    assert server.json("verify")["opened"] == len(secrets)
    restored = tree(server.home)
    again = server.json("restore", str(backup), *server.password)
    assert (again["added"], len(again["present"])) == ([], 2)
    assert tree(server.home) == restored
    assert server.secrets() == secrets


@contextmanager
def _under_the_lock(server: Server, process: subprocess.Popen[str]) -> Iterator[None]:
    """The process holds the lock and stands still."""
    lock = server.home / "lock"
    deadline = time.monotonic() + 60
    while not (lock.exists() and lock.stat().st_size):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def _with_a_credential(server: Server) -> None:
    server.run("init")
    secret = server.folder / "secret"
    secret.write_text("s")
    server.run(
        "credential", "add", "--kind", "run-as", "--name", "deploy", "--target", "x", "--account", "svc",
        "--secret-file", str(secret),
    )  # fmt: skip


def test_a_second_administrator_is_told_who_is_at_work(server: Server) -> None:
    _with_a_credential(server)
    process = server.start("backup", *server.password)
    with _under_the_lock(server, process):
        out, err = server.run("key", "rotate", code=75)
        assert out == ""
        assert f"(process {process.pid}) is making a backup" in err
        assert server.json("status", code=1)["credentials"]["total"] == 1
    assert process.wait(timeout=60) == 0
    process.communicate()


def test_a_killed_backup_leaves_nothing_that_counts_and_the_next_one_is_whole(server: Server) -> None:
    _with_a_credential(server)
    process = server.start("backup", *server.password)
    with _under_the_lock(server, process):
        process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert server.json("status", code=1)["last_backup"] is None
    made = server.json("backup", *server.password)
    assert made["proof"] == "opened"
    [copy] = made["database"]["copies"]
    names = {Path(made["path"]).name, *(part["name"] for part in copy["parts"])}
    assert {path.name for path in (server.home / "backups").iterdir()} == names


def test_a_line_that_drops_at_the_question_changes_nothing(server: Server) -> None:
    _with_a_credential(server)
    before = tree(server.home)
    with PtySession(server.argv("backup")) as session:
        session.wait_for("New password for the backup")
        session.press(*"half of it")
        session.hang_up()
        assert session.wait_end() != 0
    assert tree(server.home) == before
