"""Mounts that only the commands of one test see, made as an administrator makes them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.programs import ENVIRONMENT

_READY = b"ready\n"


class OwnMounts:
    """A mount namespace that lasts as long as its holder. `root`: whether this user may mount disks too."""

    def __init__(self, holder: "subprocess.Popen[bytes]", *, root: bool) -> None:
        self._holder = holder
        self.root = root

    def run(self, *argv: str | Path, ok: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[str]":
        """A command inside; it must end with one of these codes."""
        # Its root too: inside a chroot, that of the namespace itself is the machine's.
        namespaces = [f"--mount=/proc/{self._holder.pid}/ns/mnt", f"--root=/proc/{self._holder.pid}/root"]
        if not self.root:
            namespaces += [f"--user=/proc/{self._holder.pid}/ns/user", "--preserve-credentials"]
        done = subprocess.run(
            ["nsenter", *namespaces, *argv],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        assert done.returncode in ok, (argv, done.returncode, done.stdout, done.stderr)
        return done

    def memory(self, point: Path, name: str = "stick") -> None:
        """A memory file system stands for a stick: it is mounted and gone as one, and has no UUID."""
        self.run("mount", "-t", "tmpfs", "-o", "size=8m", name, point)

    def bind(self, folder: Path, point: Path) -> None:
        """A folder is seen in another place too."""
        self.run("mount", "--bind", folder, point)

    def disk(self, image: Path, point: Path) -> None:
        """A file's blocks as a disk with a file system on it, which is made where there is none yet."""
        if not image.exists():
            image.touch()
            os.truncate(image, 8 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
        self.run("mount", "-o", "loop", image, point)

    def unmount(self, point: Path) -> None:
        """The medium is taken out, or its server's share is let go."""
        self.run("umount", point)


@contextmanager
def own_mounts() -> Iterator[OwnMounts]:
    """Such a namespace; skips where this system has no `unshare`, or does not let this user have one."""
    for program in ("unshare", "nsenter", "mount"):
        if shutil.which(program) is None:
            pytest.skip(f"mounts of its own need {program}")
    root = os.geteuid() == 0
    options = ["--mount", "--propagation", "private", *(() if root else ("--map-root-user",))]
    holder = subprocess.Popen(
        ["unshare", *options, "sh", "-c", "echo ready; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        if holder.stdout is None or holder.stdout.readline() != _READY:
            pytest.skip("mounts of its own need a kernel that lets this user have them")
        yield OwnMounts(holder, root=root)
    finally:
        holder.communicate()  # the mounts go with the last process that sees them
