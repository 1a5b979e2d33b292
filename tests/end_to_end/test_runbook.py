"""The runbook does what it says: a shell runs every line of it on a machine that has only what it names."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.programs import needs
from tests.fakes.sshd import Sshd

needs_age = needs("age")
needs_unzip = needs("unzip")


def shell(script: list[str], folder: Path) -> str:
    """What a shell prints that stops at the first line that fails."""
    commands = Path(sys.executable).parent
    environment = {"PATH": f"{commands}:{os.environ['PATH']}", "LANG": "C.UTF-8", "HOME": str(folder)}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, (script, ran.stdout, ran.stderr)
    return ran.stdout


def confirmed_by(runbook: str, machine: Machine) -> str:
    """What a person types or says yes to at a restore: the password, and the server key on the paper."""
    [server_key] = re.findall(r"^Server key +([0-9a-f]{64})$", runbook, re.MULTILINE)
    return f" --password-file {machine.password} --server-key {server_key}"


def checksum_in(runbook: str) -> str:
    """The one of the key backup that the paper names."""
    backups = runbook.split("The database copies, newest first")[0]
    [checksum] = re.findall(r"^SHA-256 +([0-9a-f]{64})$", backups, re.MULTILINE)
    return str(checksum)


@needs_unzip
def test_whoever_types_what_the_runbook_says_gets_every_credential_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(tmp_path, capsys, "a home of its own").set_up()
    machine.back_up("--to", machine.vault())
    runbook = machine.run("runbook").out
    typed = [line[4:] for line in runbook.split("\n") if re.match(r" {4}\S", line)]
    # The machine dies: what is left is the paper, the vault, and a copy of the database.
    rescue = tmp_path / "rescue"
    rescue.mkdir()
    shutil.copy(machine.home / "cmdb.sqlite3", rescue)
    shutil.rmtree(machine.home)
    asked = confirmed_by(runbook, machine)
    steps = [line + asked if " restore " in line else line for line in typed]
    place = next(n for n, line in enumerate(steps) if " destination add " in line)
    told = shell(steps[: place + 1], rescue)
    checksum = checksum_in(runbook)
    assert checksum in told
    [server_key] = re.findall(r"^Server key +([0-9a-f]{64})$", runbook, re.MULTILINE)
    assert server_key in told
    assert machine.run("verify").code == 0
    assert machine.run("status").code == 1, "no database copy knows of the restore"
    machine.does("database", "copy", "--to", str(tmp_path / "vault"))
    assert machine.run("status").code == 0
    without = [line for line in steps[place + 1 :] if line.startswith(("backup=", "unzip", "sha256sum"))]
    assert len(without) == 4
    [reader] = re.findall(r"^SHA-256 +([0-9a-f]{64})$", runbook.split("is not at hand")[1], re.MULTILINE)
    assert reader in shell(without, rescue)
    assert (rescue / "keys.kms").read_bytes().startswith(b"age-encryption.org/v1\n")


@needs_age
@needs_unzip
@pytest.mark.parametrize("protector", ["passphrase", "file"])
def test_every_line_of_it_can_be_typed_and_the_keys_are_bound_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], protector: str
) -> None:
    machine = Machine(tmp_path, capsys, "home")
    asked = ["--passphrase-file", machine.file("phrase", "seven wooden ducks\n")]
    machine.does("init", "--server-name", "ns01.example.net", "--protector", protector, *asked)
    fields = ("--kind", "run-as", "--name", "deploy", "--target", "x", "--account", "svc")
    machine.does("credential", "add", *fields, "--secret-file", machine.file("secret", "s"), *asked)
    machine.back_up("--to", machine.vault(), *asked)
    runbook = machine.run("runbook").out
    typed = [line[4:] for line in runbook.split("\n") if re.match(r" {4}\S", line)]
    rescue = tmp_path / "rescue"
    rescue.mkdir()
    shutil.copy(machine.home / "cmdb.sqlite3", rescue)
    [part] = (tmp_path / "vault").glob("*-cmdb-1of1.zip")
    shutil.copy(part, rescue)
    shutil.rmtree(machine.home)
    password, passphrase = f" --password-file {machine.password}", f" --passphrase-file {asked[1]}"
    script: list[str] = []
    asking: list[str] = []
    for line in typed:
        step = line.replace("DESTINATION", str(tmp_path / "vault"))
        if line.startswith("nskeys") and " inspect " not in line:
            step += passphrase
            step += password if " backup " in line else ""
            step += confirmed_by(runbook, machine) if " restore " in line else ""
        if line.endswith("key rotate"):
            step += " || [ $? = 1 ]"  # done, and a backup is due
        (asking if line.startswith(("python3", "age ")) else script).append(step)
    assert len(script) >= 12
    shell(script, rescue)
    assert len(asking) == 3
    for step in asking:  # on a terminal, for they ask for the password there
        with PtySession(shlex.split(step), directory=str(rescue)) as session:
            session.wait_for(lambda now: b"assphrase" in now.raw or b"assword" in now.raw)
            session.write("seven apples\n")
            assert session.wait_end() == 0, session.raw
            assert (b'"deploy"' if " --rows " in step else b'"kty"') in session.raw
    assert machine.does("protector", "show")["protector"] == protector
    assert machine.does("status")["server"] == "ns01.example.net"
    assert machine.run("verify", *asked).code == 0


@needs_unzip
def test_a_backup_on_a_server_is_fetched_with_what_every_machine_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sshd: Sshd
) -> None:
    vault = tmp_path / 'it\'s a "vault" [1]*'
    vault.mkdir()
    machine = Machine(tmp_path, capsys, "home").set_up()
    place = sshd.address(vault)
    machine.does("destination", "trust", place, "--fingerprint", sshd.fingerprint())
    machine.does(
        "destination", "add", place, "--key-file", str(sshd.key), "--elsewhere", "through a tunnel"
    )
    machine.back_up("--to", place)
    runbook = machine.run("runbook").out
    typed = [line[4:] for line in runbook.split("\n") if re.match(r" {4}\S", line)]
    rescue = tmp_path / "rescue"
    rescue.mkdir()
    shutil.copy(machine.home / "cmdb.sqlite3", rescue)
    shutil.rmtree(machine.home)
    (rescue / "known").write_text(sshd.known())
    login = f"sftp -i {sshd.key} -o IdentitiesOnly=yes -o UserKnownHostsFile={rescue / 'known'} "
    steps = [re.sub("^sftp ", login, line) for line in typed]
    asked = confirmed_by(runbook, machine)
    steps = [line + asked if " restore " in line else line for line in steps]
    assert [line for line in steps if line.startswith(login)]
    verified = next(n for n, line in enumerate(steps) if line.endswith(" verify"))
    told = shell(steps[: verified + 1], rescue)
    checksum = checksum_in(runbook)
    assert checksum in told
    assert machine.run("verify").code == 0
