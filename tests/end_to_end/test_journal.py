"""The audit trail in a real journal: journald runs by hand, where only this test sees its sockets."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.model.trail_copies import message_id
from tests.fakes.programs import program

JOURNALD = Path("/usr/lib/systemd/systemd-journald")
_RUN = r"""
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
# What the kernel says is none of this journal's business.
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' > "$1/journald.conf"
mount --bind "$1/journald.conf" /etc/systemd/journald.conf
echo ready
exec cat
"""


class PrivateJournal:
    """Processes in it see a /run of their own, in which journald runs or not."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _RUN, "sh", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stderr is not None
        if self._holder.stdout.readline() != b"ready\n":
            said = self._holder.stderr.read().decode(errors="replace")
            self._holder.communicate()
            pytest.skip(f"mounts of its own need root and a kernel that lets it: {said}")
        self._journald: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start journald, and wait until its socket is there."""
        self._journald = subprocess.Popen(self._inside(str(JOURNALD)), stderr=subprocess.DEVNULL)
        ready = "until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done"
        subprocess.run(self._inside("sh", "-c", ready), check=True, timeout=30)

    def stop(self) -> None:
        if self._journald is not None:
            self._journald.terminate()
            self._journald.wait(30)
            self._journald = None

    def nskeys(self, *words: str, sudo_user: str = "") -> tuple[int, str]:
        """The program, as it is installed: its exit code, and what it said."""
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NSKEYS_HOME": str(self._home)}
        if sudo_user:
            environment["SUDO_USER"] = sudo_user
        done = subprocess.run(
            self._inside(str(Path(sys.executable).with_name("nskeys")), *words),
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        return done.returncode, done.stdout + done.stderr

    def records(self, *matches: str) -> list[dict[str, str]]:
        """What `journalctl` finds, as a program would read it."""
        subprocess.run(self._inside("journalctl", "--sync"), check=True, timeout=30)
        argv = ("journalctl", "-D", "/run/log/journal", "-t", "nskeys", "-o", "json", *matches)
        done = subprocess.run(self._inside(*argv), capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def close(self) -> None:
        self.stop()
        self._holder.communicate()

    def _inside(self, *argv: str) -> list[str]:
        inside = f"/proc/{self._holder.pid}"
        return ["nsenter", f"--mount={inside}/ns/mnt", f"--root={inside}/root", *argv]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[PrivateJournal]:
    if os.geteuid() != 0:
        pytest.skip("journald can be started by root alone")
    if not JOURNALD.exists() or not program("journalctl"):
        pytest.skip("systemd-journald is not installed")
    journal = PrivateJournal(tmp_path)
    try:
        yield journal
    finally:
        journal.close()


def test_a_trail_that_is_cut_stands_whole_in_the_journal(journal: PrivateJournal, tmp_path: Path) -> None:
    """Somebody reveals a secret in another's name; the journal has who it was, and what was missed."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    secret.chmod(0o600)
    journal.start()
    assert journal.nskeys("init", "--server-name", "ns01", "--protector", "file")[0] == 0
    fields = ("--kind", "run-as", "--name", "one", "--target", "all", "--account", "svc")
    assert journal.nskeys("credential", "add", *fields, "--secret-file", str(secret))[0] == 0
    reveal = ("credential", "show", "run-as/one", "--reveal")
    assert journal.nskeys(*reveal, sudo_user="somebody")[0] == 0

    (revealed,) = journal.records(f"MESSAGE_ID={message_id('credential-revealed')}")
    said = json.loads(journal.nskeys("audit", "--json")[1])
    assert [record["NSKEYS_HASH"] for record in journal.records()] == [line["hash"] for line in said]
    assert revealed["NSKEYS_SUBJECT"] == "run-as/one"
    assert (revealed["NSKEYS_UID"], revealed["NSKEYS_SUDO_USER"]) == ("0", "somebody")
    assert revealed["NSKEYS_LOGIN_UID"] == Path("/proc/self/loginuid").read_text()
    assert revealed["_UID"] == "0"
    assert revealed["SYSLOG_IDENTIFIER"] == "nskeys"
    assert "hunter2" not in json.dumps(journal.records())

    journal.stop()
    assert journal.nskeys(*reveal)[0] == 0
    assert "is not in the journal of this machine" in journal.nskeys("status")[1]
    journal.start()
    assert journal.nskeys(*reveal)[0] == 0
    assert "of this machine" not in journal.nskeys("status")[1]
    said = json.loads(journal.nskeys("audit", "--json")[1])
    assert [record["NSKEYS_HASH"] for record in journal.records()] == [line["hash"] for line in said]
    assert len(said) == 5
