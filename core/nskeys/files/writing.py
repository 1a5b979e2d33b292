"""Writing files durably: new ones that replace nothing, and replacements that readers see whole."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nskeys.errors import CannotCreate, FileUnreadable
from nskeys.files.naming import NO_LINKS, place_first_free, rename_unless_taken
from nskeys.files.problems import creating
from nskeys.files.reading import read_bounded
from nskeys.files.syncing import sync_folder
from nskeys.files.temporary_files import OWN, temporary_file, temporary_name
from nskeys.reasons import Problem

_MOST_LINKS = 40  # as the kernel's own (path_resolution(7))


def write_new(path: Path, data: bytes) -> None:
    """Write a new file; never replace one. Raises CannotCreate (`name_taken`, ...)."""
    write_first_free(path.parent, [path.name], data)


def write_first_free(folder: Path, names: Iterable[str], data: bytes) -> str:
    """Write a new file under the first of `names` that is free, and return that name. Raises CannotCreate,
    for the first name as `name_taken` when all exist."""
    with creating(folder), temporary_file(folder, data) as (part, _):
        name = place_first_free(part, folder, names)
    sync_folder(folder)
    return name


def publish(folder: Path, names: Iterable[str], data: bytes) -> tuple[str, bool]:
    """Write as `write_first_free` does, also where the file system cannot flush; return the name, and
    whether file and name were flushed."""
    with creating(folder), temporary_file(folder, data, strict=False) as (part, flushed):
        name = place_first_free(part, folder, names)
    return name, sync_folder(folder) and flushed


def try_publishing(folder: Path, size: int = 65_536) -> bool:
    """Publish a file of `size` bytes, read it back and remove it; return whether it was flushed. Raises
    CannotCreate where any of that fails."""
    data = bytes(size)
    with creating(folder), temporary_file(folder, data, strict=False) as (part, flushed):
        # Still locked under its second name: nobody sweeps it.
        path = folder / place_first_free(part, folder, [temporary_name()])
        try:
            flushed = sync_folder(folder) and flushed
            if read_bounded(path, size, from_medium=True) != data:
                raise CannotCreate(str(folder), Problem.DIFFERS)
        except FileUnreadable as error:
            problem = Problem.NOT_KEPT if error.problem == Problem.MISSING else Problem.NOT_READABLE
            raise CannotCreate(str(folder), problem) from None
        finally:
            path.unlink(missing_ok=True)
    sync_folder(folder)
    return flushed


def replace(path: Path, data: bytes, *, mode: int = OWN) -> None:
    """Write a file, whether or not there was one; a reader meanwhile gets the old or the new one whole.
    `mode` is for a file that others may read. Raises CannotCreate."""
    with creating(path), temporary_file(path.parent, data, mode) as (part, _):
        part.replace(path)
    sync_folder(path.parent)


def replace_by_link(path: Path, source: Path) -> bool:
    """Give a file that is on the medium a second name, `path`, whether or not another file has it; a reader
    meanwhile gets the old or the new one whole. Return False, with nothing changed, where the file system
    has no links. Raises CannotCreate."""
    part = path.with_name(temporary_name())
    with creating(path):
        try:
            os.link(source, part, follow_symlinks=False)
            part.replace(path)
        except OSError as error:
            if error.errno not in NO_LINKS and error.errno != errno.ENOENT:
                raise
            return False  # no links, or a network file system said that it made one and did not
        finally:
            with suppress(OSError):  # where both were one file already, the rename did nothing
                part.unlink()
    sync_folder(path.parent)
    return True


def replace_behind(path: Path, data: bytes, *, mode: int = OWN) -> None:
    """Write as `replace` does, through a link that a person may have put there: the link stays, and the
    file that it leads to is replaced and keeps its owner and mode. Raises CannotCreate."""
    target = behind(path)
    if target == path:
        replace(path, data, mode=mode)
        return
    with creating(target):
        kept = target.stat() if target.exists() else None
        bits = mode if kept is None else stat.S_IMODE(kept.st_mode)
        with temporary_file(target.parent, data, bits) as (part, _):
            if kept is not None and (kept.st_uid, kept.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(PermissionError):  # only root gives files away
                    os.chown(part, kept.st_uid, kept.st_gid)
            part.replace(target)
    sync_folder(target.parent)


def put_in_place(part: Path, path: Path, *, replacing: bool) -> None:
    """Give a file that is written and closed its name, once it is on the medium: where a file has that
    already only when `replacing` it. Raises CannotCreate (`name_taken`, ...)."""
    with creating(path):
        descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if replacing:
            part.replace(path)
        elif not rename_unless_taken(part, path):  # by one step, so that no second name is ever left
            place_first_free(part, path.parent, [path.name])
    sync_folder(path.parent)


def rename_to_first_free(path: Path, names: Iterable[str]) -> Path:
    """Rename a file, or a link, to the first of `names` that is free in its folder, durably, and return
    that path. Raises CannotCreate, for the first name as `name_taken` when all exist."""
    with creating(path):
        for name in names:
            target = path.with_name(name)
            if os.path.lexists(target):
                continue
            with suppress(FileExistsError):
                if not rename_unless_taken(path, target):
                    place_first_free(path, path.parent, [name])
                    path.unlink()
                sync_folder(path.parent)
                return target
    raise CannotCreate(str(path), Problem.NAME_TAKEN)


def behind(path: Path) -> Path:
    """Return where a link leads, following further links; the path itself where it is not one. Raises
    CannotCreate: `link_loop`, or `foreign_link` for a link that somebody else put into a world-writable
    folder (as the kernel's fs.protected_symlinks does)."""
    start = path
    with creating(start):
        for _ in range(_MOST_LINKS):
            if not path.is_symlink():
                return path
            about, folder = path.lstat(), path.parent.stat()
            shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
            if shared and about.st_uid not in (os.geteuid(), folder.st_uid):
                raise CannotCreate(str(start), Problem.FOREIGN_LINK)
            path = path.parent / path.readlink()
    raise CannotCreate(str(start), Problem.LINK_LOOP)


def try_writing(folder: Path, size: int = 65_536) -> None:
    """Write `size` bytes durably and remove them again. Raises CannotCreate where that fails."""
    with creating(folder), temporary_file(folder, bytes(size)):
        pass
