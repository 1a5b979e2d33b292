"""Owners and modes of the home, checked before a key is opened, as ssh checks its own files.

What another user may write cannot be trusted, so it is refused: the home, the key store, the recovery
identities, the settings, and every folder above them, because whoever may write there can put another home
in its place. What others may only read is closed to them and reported: nobody changed it.

The mode is enough: where a file has an access control list, its group bits are the maximum that any entry
grants (acl(5)). A folder above may be sticky and owned by root, as /tmp is, or writable for the group that
only this user is in, as with umask 002. Backups are sealed and signed, so the folder `backups/` may belong
to anybody.
"""

import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from nskeys.errors import HomeNotSafe
from nskeys.reasons import OwnershipProblem

_OTHERS = 0o077
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_UNMAPPED = Path("/proc/sys/kernel/overflowuid")


def make_safe(home: Path, trees: Iterable[Path], inside: Iterable[Path]) -> tuple[str, ...]:
    """Refuse what others may change; close to others the home and the `trees` in it, and return what was
    closed. Where the home does not exist, only the folders above it are checked. Raises HomeNotSafe,
    OSError."""
    judge = _Judge(home)
    judge.above(home)
    kept = [home, *_below(trees)]
    for path in (*kept, *inside):
        judge.inside(path)
    return tuple(str(path) for path in kept if _closed(path))


def _below(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # told when it is needed
            if not folder.is_symlink():
                yield from _below(sorted(folder.iterdir()))


def _closed(path: Path) -> bool:
    """Return whether a file was open to others and was closed. On a read-only disk it stays as it is."""
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            with suppress(OSError):
                path.chmod(mode & ~_OTHERS)
                return True
    return False


class _Judge:
    """Raises HomeNotSafe for what others than `user` (and root, who can change anything) may change."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._user = os.geteuid()
        self._trusted = {0, self._user}  # whoever is root trusts no other owner

    def inside(self, path: Path) -> None:
        """Check a file or folder of the home, and the target of a link; a missing one is fine."""
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return  # what this user may not even look at is told when it is needed
        if path.is_symlink():
            self.above(path)
        if status.st_uid not in self._trusted:
            raise self._refusal(path, OwnershipProblem.OTHER_OWNER, status.st_uid)
        if status.st_mode & _OTHERS_WRITE:
            raise self._refusal(path, OwnershipProblem.OTHERS_WRITE)

    def above(self, path: Path) -> None:
        """Check the folders above a path: by its name, and by where its links lead."""
        for folder in {*path.parents, *Path(os.path.realpath(path)).parents}:
            try:
                status = folder.stat()
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            if status.st_uid not in self._trusted and not _is_unmapped(status.st_uid):
                raise self._refusal(folder, OwnershipProblem.OTHER_OWNER, status.st_uid, above=True)
            if self._may_be_written(status) and not status.st_mode & stat.S_ISVTX:
                raise self._refusal(folder, OwnershipProblem.OTHERS_WRITE, above=True)

    def _may_be_written(self, status: os.stat_result) -> bool:
        if status.st_mode & stat.S_IWOTH:
            return True
        return bool(status.st_mode & stat.S_IWGRP) and not _is_own_group(status.st_gid, self._user)

    def _refusal(
        self, path: Path, problem: OwnershipProblem, owner: int = 0, *, above: bool = False
    ) -> HomeNotSafe:
        return HomeNotSafe(str(self._home), str(path), problem, _name(owner), _name(self._user), above)


def _is_own_group(gid: int, uid: int) -> bool:
    """Return whether a group has this user's name and no other member."""
    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _is_unmapped(uid: int) -> bool:
    """Return whether the owner has no id in this user namespace, so that nobody in it is that user."""
    try:
        return uid == int(_UNMAPPED.read_text("ascii")) and not _maps_everybody()
    except (OSError, ValueError):
        return False


def _maps_everybody() -> bool:
    return Path("/proc/self/uid_map").read_text("ascii").split() == ["0", "0", str(2**32 - 1)]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
