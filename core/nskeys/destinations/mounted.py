"""What holds a folder now, as it is remembered with a declaration: `model.places.Mounted`."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path, PurePosixPath

from nskeys.destinations.mounts import Mount, mount_of
from nskeys.model.destinations import Mounted
from nskeys.model.plain_text import as_text

_UDEV = Path("/run/udev/data")
_ID_FS_UUID = re.compile(r"^E:ID_FS_UUID=(\S+)$", re.MULTILINE)
_GET_UUID = 0x80111500
"""FS_IOC_GETFSUUID of <linux/fs.h>, since Linux 6.9: a length and 16 bytes."""
_WHOLE = 16


def mounted_at(path: str) -> Mounted | None:
    """Return what holds the folder at an absolute path; where there is none, what would hold it. None
    where the system does not say. May wait for whatever is mounted there."""
    mount = mount_of(path)
    if mount is None:
        return None
    inside = inside_of(mount, os.path.realpath(path))
    told = (mount.point, mount.kind, mount.source, uuid_of(mount, path), inside)
    return Mounted(*map(as_text, told))


def inside_of(mount: Mount, path: str) -> str:
    """Return the path of a folder (absolute, links resolved) inside its file system. It is the same for
    each way on which that folder is mounted, and no other folder of the file system has it."""
    try:
        below = PurePosixPath(path).relative_to(mount.point)
    except ValueError:  # the mount is covered by others, and only the kernel knows its way
        return path
    return str(PurePosixPath(mount.root) / below)


def uuid_of(mount: Mount, path: str, udev: Path = _UDEV) -> str:
    """Return the file system's UUID as `blkid` has it; empty where it has none or nobody tells."""
    if not mount.source.startswith("/dev/"):
        return ""  # memory, a share, a pool: what has a UUID there is made anew, or has a name of its own
    for number in _numbers(mount):
        with suppress(OSError, UnicodeError):
            found = _ID_FS_UUID.search((udev / f"b{number}").read_text("utf-8"))
            if found:
                return found[1]
    return _by_the_kernel(path)


def _numbers(mount: Mount) -> Iterator[str]:
    """Yield the device's number now: of the mount, or of its source where the file system has several."""
    yield mount.device
    with suppress(OSError):
        device = Path(mount.source).stat().st_rdev
        yield f"{os.major(device)}:{os.minor(device)}"


def _by_the_kernel(path: str) -> str:
    """Return where no udev runs. A shorter one, as FAT has it, is spelt otherwise by others, and left
    out."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        told = ioctl(descriptor, _GET_UUID, bytes(1 + _WHOLE))
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    found = told[1:].hex()
    if told[0] != _WHOLE or not found.strip("0"):
        return ""
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))
