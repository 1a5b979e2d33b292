"""What holds a folder now, as it is remembered with a declaration: `model.destinations.Mounted`."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path, PurePosixPath

from nskeys.destinations.mount_table import Mount, mount_of
from nskeys.model.destinations import Mounted
from nskeys.model.plain_text import as_text

_UDEV = Path("/run/udev/data")
_ID_FS_UUID = re.compile(r"^E:ID_FS_UUID=(\S+)$", re.MULTILINE)
_GET_UUID = 0x80111500
"""FS_IOC_GETFSUUID of <linux/fs.h>, since Linux 6.9: a length and 16 bytes."""
_WHOLE = 16


def mounted_at(path: str) -> Mounted | None:
    """Return what holds the folder at an absolute path; where it does not exist, what would hold it. None
    where the system does not say. May hang with the mount."""
    mount = mount_of(path)
    if mount is None:
        return None
    inside = inside_of(mount, os.path.realpath(path))
    texts = (mount.point, mount.kind, mount.source, uuid_of(mount, path), inside)
    return Mounted(*map(as_text, texts))


def inside_of(mount: Mount, path: str) -> str:
    """Return the path of a folder (absolute, links resolved) inside its file system, which identifies it
    there however it is mounted."""
    try:
        below = PurePosixPath(path).relative_to(mount.point)
    except ValueError:  # the mount is covered by others, and only the kernel knows its way
        return path
    return str(PurePosixPath(mount.root) / below)


def uuid_of(mount: Mount, path: str, udev: Path = _UDEV) -> str:
    """Return the file system's UUID as `blkid` shows it; empty where there is none or it is unknown."""
    if not mount.source.startswith("/dev/"):
        return ""  # memory, a share, a pool: what has a UUID there is made anew, or has a name of its own
    for number in _numbers(mount):
        with suppress(OSError, UnicodeError):
            found = _ID_FS_UUID.search((udev / f"b{number}").read_text("utf-8"))
            if found:
                return found[1]
    return _by_the_kernel(path)


def _numbers(mount: Mount) -> Iterator[str]:
    """Yield the device numbers now: of the mount, and of its source where the file system has several."""
    yield mount.device
    with suppress(OSError):
        device = Path(mount.source).stat().st_rdev
        yield f"{os.major(device)}:{os.minor(device)}"


def _by_the_kernel(path: str) -> str:
    """Return the UUID that the kernel shows, where no udev runs. Short ones, as of FAT, are spelt
    differently by other tools and are left out."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        answer = ioctl(descriptor, _GET_UUID, bytes(1 + _WHOLE))
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    found = answer[1:].hex()
    if answer[0] != _WHOLE or not found.strip("0"):
        return ""
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))
