"""The mount table, from /proc/self/mountinfo (proc_pid_mountinfo(5))."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_MOUNTINFO = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mount: its id, mount point, type, source and options, the folder of the filesystem that is mounted
    there, and the device number as `8:1`, which changes at every start."""

    mount_id: int
    point: str
    kind: str
    source: str
    options: str
    root: str = "/"
    device: str = ""


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Return every line that has the documented form, in order."""
    mounts = []
    for line in text.split("\n"):
        front, dash, back = line.partition(" - ")
        left, right = front.split(" "), back.split(" ")
        if dash and len(left) >= 6 and len(right) >= 3 and left[0].isdecimal():
            kind, source, options = (_unescaped(field) for field in right[:3])
            root, point = _unescaped(left[3]), _unescaped(left[4])
            mounts.append(Mount(int(left[0]), point, kind, source, options, root, left[2]))
    return tuple(mounts)


def mount_under(mounts: Sequence[Mount], path: str) -> Mount | None:
    """Return the mount that holds `path` (absolute, links resolved): the one with the longest mount point,
    and of several at one point the last, which covers the others."""
    target = PurePosixPath(path)
    above = [mount for mount in mounts if target.is_relative_to(mount.point)]
    if not above:
        return None
    longest = max(len(mount.point) for mount in above)
    return [mount for mount in above if len(mount.point) == longest][-1]


def mounts_now() -> tuple[Mount, ...] | None:
    """Return every mount; None where the system does not say. Never hangs."""
    try:
        return parse_mountinfo(_MOUNTINFO.read_text("utf-8", "surrogateescape"))
    except OSError:
        return None


def mount_of(path: str) -> Mount | None:
    """Return the mount that holds `path` now; None where the system does not say."""
    number, mounts = _open_mount_id(path), mounts_now()
    if mounts is None:
        return None
    for mount in mounts:
        if mount.mount_id == number:
            return mount
    return mount_under(mounts, os.path.realpath(path))


def _open_mount_id(path: str) -> int | None:
    """Return the id of the mount that an open folder lies on, as the kernel reports it, also where mounts
    cover each other; opening makes an automounter mount it. None where it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii")
        found = re.search(r"^mnt_id:\s*(\d+)$", text, re.MULTILINE)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return int(found[1]) if found else None


def _unescaped(field: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)
