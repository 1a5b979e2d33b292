"""The story of the backup that nobody types a password for, by command, with real files, age and unzip.

A server backs up by its timer's command to two destinations; no password is on the machine. A person drills
once. The server is lost. Another one restores with the password alone, and so does whoever has nothing but
unzip and age, or unzip and Python.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.json_documents import checked
from tests.fakes.programs import needs
from tests.fakes.server_keys import signed_by

PASSWORD = "five tin soldiers at noon"
SYSTEM_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
needs_tools = needs("age", "unzip")


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A server with credentials, two destinations that are carried away, and a recovery identity."""
    machine = Machine(tmp_path, capsys).set_up()
    for name in ("vault", "second"):
        (tmp_path / name).mkdir()
        machine.does("destination", "add", str(tmp_path / name), "--elsewhere", "carried away")
    password = tmp_path / "typed"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    machine.does("identity", "create", "--password-file", str(password))
    password.unlink()  # from here on no password is on this machine
    return machine


def _typed(machine: Machine) -> str:
    """The password, for the moment in which a person types it."""
    return machine.file("typed", f"{PASSWORD}\n")


@needs_tools
def test_it_is_made_by_a_timer_proven_once_and_restored_by_the_password_alone(server: Machine) -> None:
    # The timer's command, twice: the second time nothing is needed, though nobody proved the first yet.
    made = server.does("backup", "--everywhere", "--if-needed")
    assert {Path(copy["path"]).parent.name for copy in made["copies"]} == {"vault", "second"}
    again = server.run("backup", "--everywhere", "--if-needed")
    assert (again.code, "No backup is needed" in again.err) == (0, True), again.err
    assert "not yet proven by a person" in server.run("status", "--nagios").out

    # A person, once.
    path = made["copies"][0]["path"]
    assert server.does("drill", path, "--password-file", _typed(server))["proof"] == "credentials_open"
    assert server.run("status").code == 0
    assert checked(server.run("status", "--json").out)["not_proven_by_a_person"] is False

    # The server is lost. What is left: a copy of the database, and what lies elsewhere.
    database = (server.home / "cmdb.sqlite3").read_bytes()
    shutil.rmtree(server.home)
    fresh = server.beside("b")
    fresh.home.mkdir()
    (fresh.home / "cmdb.sqlite3").write_bytes(database)
    given = ("--password-file", _typed(server), "--protector", "file", *signed_by(path))
    restored = fresh.run("restore", path, *given)
    assert restored.code == 0, restored.err
    assert fresh.does("verify")["failed"] == 0
    # And the new machine goes on without a password, and needs no new proof.
    fresh.does("destination", "add", str(server.folder / "vault"), "--elsewhere", "carried away")
    later = fresh.does("backup", "--to", str(server.folder / "vault"))
    assert Path(later["path"]).exists()
    assert fresh.run("status").code == 0

    _with_nothing_but_tools(server.folder / "alone", Path(path))


def _with_nothing_but_tools(folder: Path, archive: Path) -> None:
    """RESTORE.txt says how; what it says is typed."""
    folder.mkdir()
    shutil.copy(archive, folder / "ARCHIVE.zip")
    told = subprocess.run(
        ["unzip", "-p", "ARCHIVE.zip", "RESTORE.txt"], cwd=folder, capture_output=True, check=True
    ).stdout.decode("ascii")
    lines = [line.strip() for line in told.split("\n")]
    unzip = next(line for line in lines if line.startswith("unzip") and line.endswith("identity.age"))
    age = next(line for line in lines if line.startswith("age -d"))
    with PtySession(["sh", "-c", f"{unzip} >/dev/null && {age}"], directory=str(folder)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw)
        session.write(f"{PASSWORD}\n")
        assert session.wait_end() == 0
        shown = session.raw
    assert b'"kty":"oct"' in shown
    subprocess.run(["unzip", "-q", "-o", "ARCHIVE.zip"], cwd=folder, check=True)
    reader = next(line for line in lines if line.startswith("python3 -I"))
    command = [SYSTEM_PYTHON, *reader.split()[1:]]
    ran = subprocess.run(
        command, cwd=folder, input=f"{PASSWORD}\n".encode(), capture_output=True, check=True
    )
    keys = json.loads(ran.stdout)["keys"]
    assert all(re.search(key["kid"].encode(), shown) for key in keys)
