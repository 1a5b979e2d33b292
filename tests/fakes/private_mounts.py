"""A view of this machine's files that only those inside share: what a test mounts there, nobody else sees.

So a test can lay down rules for `sudo` and a system-wide home without touching those of the machine.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.programs import ENVIRONMENT, need

_SYSTEM_HOME = r"""
set -e
if [ ! -d /var/lib/nskeys ]; then
    # Nothing may be made in the real folder, so it is exchanged for one with everything in it and this.
    mkdir "$1/lib"
    mount --rbind /var/lib "$1/lib"
    mount -t tmpfs -o mode=755 tmpfs /var/lib
    for folder in "$1"/lib/*/; do
        mkdir "/var/lib/$(basename "$folder")"
        mount --rbind "$folder" "/var/lib/$(basename "$folder")"
    done
    mkdir /var/lib/nskeys
fi
mount --bind "$2" /var/lib/nskeys
mount -t tmpfs -o mode=755 tmpfs /etc/sudoers.d
"""


class PrivateMounts:
    """Processes in it see `home` as /var/lib/nskeys, and nothing in /etc/sudoers.d but the test's rules."""

    def __init__(self, folder: Path, home: Path) -> None:
        script = f"{_SYSTEM_HOME}\necho ready\nexec cat"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", folder, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stderr is not None
        if self._holder.stdout.readline() != b"ready\n":
            said = self._holder.stderr.read().decode(errors="replace")
            self.close()
            pytest.skip(f"mounts of its own need root and a kernel that lets it: {said}")

    def argv(self, *argv: str, user: str = "") -> list[str]:
        """The command inside, as root or as another user."""
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        inside = f"/proc/{self._holder.pid}"
        return ["nsenter", f"--mount={inside}/ns/mnt", f"--root={inside}/root", *become, *argv]

    def run(
        self, *argv: str, user: str = "", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """One command inside, without anything of this process' environment."""
        return subprocess.run(
            self.argv(*argv, user=user),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=ENVIRONMENT | (environment or {}),
        )

    def sudo_rule(self, name: str, text: str) -> None:
        """A file in /etc/sudoers.d, as the README says to make it."""
        done = subprocess.run(
            self.argv("install", "-m", "440", "/dev/stdin", f"/etc/sudoers.d/{name}"),
            input=text.encode(),
            check=True,
            capture_output=True,
        )
        assert done.returncode == 0

    def close(self) -> None:
        """The mounts go with the last process that sees them."""
        self._holder.communicate()


@contextmanager
def private_mounts(folder: Path, home: Path) -> Iterator[PrivateMounts]:
    """Such a view; skips where this user may not have one, or where `sudo` is not installed."""
    need("sudo", "unshare")
    if os.geteuid() != 0:
        pytest.skip("a rule for sudo can be tried by root alone")
    mounts = PrivateMounts(folder, home)
    try:
        yield mounts
    finally:
        mounts.close()
