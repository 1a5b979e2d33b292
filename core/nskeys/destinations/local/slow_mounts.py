"""Which folders may hang a caller for ever: those on a mount that is not a disk of this machine.

A system call on a network mount whose server died does not return, and a thread in it cannot be ended. The
mount table can always be read, and so can links on local disks; this module reads nothing else, so it is
safe in any thread.
"""

import os
from collections import deque
from collections.abc import Mapping
from pathlib import PurePosixPath

from nskeys.destinations.location import DISKS, MEMORY
from nskeys.destinations.mount_table import Mount, mounts_now

_PROMPT = (DISKS | MEMORY) - {"fuseblk"}
"""Types that the kernel serves itself. `fuseblk` is not among them: a program answers, and may hang."""
_REMOTE_DISKS = ("/dev/nbd", "/dev/rbd")
_MOST_LINKS = 40  # as the kernel's own (path_resolution(7))
_EVERYTHING = "/"


def slow_mount(path: str) -> str | None:
    """Return the mount point of the first mount along an absolute path that may hang; None where the whole
    path is on local disks or in memory."""
    mounts = mounts_now()
    return _EVERYTHING if mounts is None else first_slow({mount.point: mount for mount in mounts}, path)


def first_slow(mounts: Mapping[str, Mount], path: str) -> str | None:
    """Return what `slow_mount` does, for mounts given by their points; of several at one point the last
    counts."""
    if not _is_prompt(mounts.get(_EVERYTHING)):
        return _EVERYTHING
    here, ahead, links = PurePosixPath("/"), deque(_parts(path)), 0
    while ahead and links <= _MOST_LINKS:
        part = ahead.popleft()
        if part == "..":
            here = here.parent  # safe: what lies behind us is resolved, so `..` is the folder above
            continue
        step = here / part
        mount = mounts.get(str(step))
        if mount is not None and not _is_prompt(mount):
            return mount.point
        target = _link(step)
        if target is None:
            here = step
            continue
        links += 1
        here = PurePosixPath("/") if target.startswith("/") else here
        ahead.extendleft(reversed(_parts(target)))
    return None  # or links that lead in a circle, all of them on local disks: that fails at once


def _is_prompt(mount: Mount | None) -> bool:
    return mount is not None and mount.kind in _PROMPT and not mount.source.startswith(_REMOTE_DISKS)


def _link(step: PurePosixPath) -> str | None:
    """Return the target of a link; None for anything else. Called only below mounts that cannot hang."""
    try:
        return os.readlink(step)  # noqa: PTH115  # a pure path: the text as it is
    except OSError:
        return None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
