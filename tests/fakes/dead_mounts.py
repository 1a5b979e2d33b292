"""Places that hang: a mounted file system whose server never answers, and a worker that stands still.

The mount is real: the kernel speaks FUSE to a descriptor that nobody reads. Every system call on it waits
until the descriptor is closed, as on a network mount whose server died.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.destinations.workers.pool import WorkerProcess


@contextmanager
def dead_mount(folder: Path) -> Iterator[Path]:
    """A folder on which nothing answers from now on; skips where this user may not mount one."""
    folder.mkdir(exist_ok=True)
    try:
        server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        pytest.skip("mounting a file system that hangs needs FUSE")
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
    command = [shutil.which("mount") or "mount", "-i", "-t", "fuse", "-o", options, "vault02:/backups"]
    try:
        mounted = subprocess.run([*command, str(folder)], pass_fds=[server], capture_output=True)
        if mounted.returncode:
            pytest.skip("mounting a file system that hangs needs root and a kernel that lets it")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    finally:
        os.close(server)


class StandingStill(WorkerProcess):
    """A worker that was stopped before its first question."""

    def __init__(self) -> None:
        super().__init__()
        os.kill(self.pid, signal.SIGSTOP)


def runs(pid: int) -> bool:
    """Whether there is such a process; one that ended and was not reaped is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
