"""Real obstacles: a user whom permission bits stop, and a filesystem that is full or read-only."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_NOBODY = 65534


@contextmanager
def unprivileged() -> Iterator[None]:
    """Inside, this process acts as a user who owns nothing, so that permissions count for root too."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that such a user can reach, as pytest's own cannot be."""
    with tempfile.TemporaryDirectory(prefix="nskeys-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextmanager
def small_disk(folder: Path, size: str = "64k") -> Iterator[Path]:
    """A memory filesystem of this size; skips where this user may not mount one."""
    folder.mkdir()
    command = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs"]
    if os.geteuid() != 0 or subprocess.run([*command, str(folder)], capture_output=True).returncode:
        pytest.skip("mounting a small filesystem needs root and a kernel that lets it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the space there is."""
    path = disk / "filling"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return path


def make_read_only(disk: Path) -> None:
    """Mount it so that nothing can be written any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def without_fsync(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """As if `folder` lay on a file system that knows no fsync, in this process."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(folder):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
