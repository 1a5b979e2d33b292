"""Floor 2: durable files. What this module reports as written is on the medium when it returns.

Every write goes to a random temporary name in the same folder (`.nskeys-<random>.part`; exclusive,
no-follow, 0600), is synced, gets its name by link or rename, and then the folder is synced. Nothing is ever
truncated in place. A killed process leaves at most a temporary file, which `sweep` removes. OSErrors become
`CannotCreate` or `FileUnreadable` here, and `problem_of` alone maps an errno to a token.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys.errors import CannotCreate, FileUnreadable

_PREFIX, _SUFFIX = ".nskeys-", ".part"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OWN = 0o600
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # <fcntl.h>, <linux/fs.h>

_MOST_LINKS = 40  # as the kernel's own (path_resolution(7))

_PROBLEMS = {
    errno.EIO: "io_error",
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EROFS: "read_only",
    errno.EEXIST: "name_taken",
    errno.ENOENT: "missing",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "not_a_file",
    errno.ENAMETOOLONG: "name_too_long",
    errno.EFBIG: "too_large",
    errno.ELOOP: "link_loop",
    errno.EMFILE: "too_many_open",
    errno.ENFILE: "too_many_open",
    errno.ENOMEM: "no_memory",
    errno.EBUSY: "in_use",
    errno.ETXTBSY: "in_use",
    errno.ESTALE: "gone",
    errno.ENOTCONN: "gone",
    errno.EHOSTDOWN: "gone",
    errno.EHOSTUNREACH: "gone",
    errno.ENETDOWN: "gone",
    errno.ENETUNREACH: "gone",
    errno.ETIMEDOUT: "gone",
}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_NO_FLAG = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def problem_of(error: OSError) -> str:
    """Return the token of an errno; a rare one keeps its name (`ENOTBLK`)."""
    number = error.errno or errno.EIO
    return _PROBLEMS.get(number) or errno.errorcode.get(number, "io_error")


def named_path(text: str) -> Path:
    """Return the absolute path that a person typed; `~` at its beginning is this user's home, if there is
    one. Raises FileUnreadable (`no_working_folder`, `zero_character`)."""
    if "\0" in text:
        raise FileUnreadable(text, "zero_character")
    try:
        return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111  # Path raises where there is no home
    except OSError:  # of a relative path, where the folder that one stands in was removed
        raise FileUnreadable(text, "no_working_folder") from None


def write_new(path: Path, data: bytes) -> None:
    """Write a new file; never replace one. Raises CannotCreate (`name_taken`, ...)."""
    write_first_free(path.parent, [path.name], data)


def left_of(folder: Path, since: Collection[Path]) -> list[Path]:
    """Return the temporary files in a folder that are not among `since`: those that could not be
    removed."""
    return [path for path in temporary(folder) if path not in since]


def write_first_free(folder: Path, names: Iterable[str], data: bytes) -> str:
    """Write a new file under the first of `names` that is free, and return that name. Raises CannotCreate,
    for the first name as `name_taken` when all exist."""
    with _creating(folder), _temporary(folder, data) as (part, _):
        name = _place_first_free(part, folder, names)
    sync_folder(folder)
    return name


def publish(folder: Path, names: Iterable[str], data: bytes) -> tuple[str, bool]:
    """Write as `write_first_free` does, also where the file system cannot flush; return the name, and
    whether file and name were flushed."""
    with _creating(folder), _temporary(folder, data, strict=False) as (part, flushed):
        name = _place_first_free(part, folder, names)
    return name, sync_folder(folder) and flushed


def try_publishing(folder: Path, size: int = 65_536) -> bool:
    """Publish a file of `size` bytes, read it back and remove it; return whether it was flushed. Raises
    CannotCreate where any of that fails."""
    data = bytes(size)
    with _creating(folder), _temporary(folder, data, strict=False) as (part, flushed):
        # Still locked under its second name: nobody sweeps it.
        path = folder / _place_first_free(part, folder, [_temporary_name()])
        try:
            flushed = sync_folder(folder) and flushed
            if read_bounded(path, size, from_medium=True) != data:
                raise CannotCreate(str(folder), "differs")
        except FileUnreadable as error:
            problem = "not_kept" if error.problem == "missing" else "not_readable"
            raise CannotCreate(str(folder), problem) from None
        finally:
            path.unlink(missing_ok=True)
    sync_folder(folder)
    return flushed


def replace(path: Path, data: bytes, *, mode: int = _OWN) -> None:
    """Write a file, whether or not there was one; a reader meanwhile gets the old or the new one whole.
    `mode` is for a file that others may read. Raises CannotCreate."""
    with _creating(path), _temporary(path.parent, data, mode) as (part, _):
        part.replace(path)
    sync_folder(path.parent)


def replace_behind(path: Path, data: bytes, *, mode: int = _OWN) -> None:
    """Write as `replace` does, through a link that a person may have put there: the link stays, and the
    file that it leads to is replaced and keeps its owner and mode. Raises CannotCreate."""
    target = behind(path)
    if target == path:
        replace(path, data, mode=mode)
        return
    with _creating(target):
        kept = target.stat() if target.exists() else None
        bits = mode if kept is None else stat.S_IMODE(kept.st_mode)
        with _temporary(target.parent, data, bits) as (part, _):
            if kept is not None and (kept.st_uid, kept.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(PermissionError):  # only root gives files away
                    os.chown(part, kept.st_uid, kept.st_gid)
            part.replace(target)
    sync_folder(target.parent)


def behind(path: Path) -> Path:
    """Return where a link leads, following further links; the path itself where it is not one. Raises
    CannotCreate: `link_loop`, or `foreign_link` for a link that somebody else put into a world-writable
    folder (as the kernel's fs.protected_symlinks does)."""
    start = path
    with _creating(start):
        for _ in range(_MOST_LINKS):
            if not path.is_symlink():
                return path
            about, folder = path.lstat(), path.parent.stat()
            shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
            if shared and about.st_uid not in (os.geteuid(), folder.st_uid):
                raise CannotCreate(str(start), "foreign_link")
            path = path.parent / path.readlink()
    raise CannotCreate(str(start), "link_loop")


def try_writing(folder: Path, size: int = 65_536) -> None:
    """Write `size` bytes durably and remove them again. Raises CannotCreate where that fails."""
    with _creating(folder), _temporary(folder, bytes(size)):
        pass


def rename_folder(source: Path, target: Path) -> None:
    """Rename a finished folder to a name that does not exist, in the same parent. Raises CannotCreate."""
    with _creating(target):
        source.rename(target)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file if it exists. Raises CannotCreate, because then the folder cannot be changed."""
    with _creating(path):
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder and its content if it exists; links are removed, not followed. Raises
    CannotCreate."""
    with _creating(path), suppress(FileNotFoundError):
        _remove_tree(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder (0700) and its parents if they are missing. Raises CannotCreate."""
    with _creating(path):
        if path.is_dir():
            return
    if path.parent != path:
        make_folder(path.parent)
    with _creating(path):
        try:
            path.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise CannotCreate(str(path), "not_a_folder") from None
    sync_folder(path.parent)


def sync_folder(path: Path) -> bool:
    """Make the names in a folder durable; return False where the file system cannot. Raises
    CannotCreate."""
    with _creating(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return _sync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed process left; those that a living one writes stay. Does nothing
    for a missing folder. Raises CannotCreate."""
    with _creating(folder), suppress(FileNotFoundError, NotADirectoryError):
        for path in temporary(folder):
            _remove_unless_in_use(path)


def temporary(folder: Path) -> list[Path]:
    """Return the temporary files in a folder; none where it cannot be listed."""
    return sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))


def read_bounded(path: Path, limit: int, *, from_medium: bool = False) -> bytes:
    """Return a regular file's bytes, at most `limit`. Raises FileUnreadable (`missing`, `not_permitted`,
    `not_a_file`, `too_large`, ...). `from_medium` bypasses the page cache as far as the system allows."""
    with _reading(path):
        # O_NONBLOCK: a named pipe in a file's place must not hold us up before we have seen what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor, not a path
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileUnreadable(str(path), "not_a_file")
            if from_medium:
                with _but_read_only():
                    _sync(descriptor)  # only clean pages can be dropped
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            data = bytearray()
            while len(data) <= limit and (piece := file.read(min(limit + 1 - len(data), 1 << 20))):
                data += piece
    if len(data) > limit:
        raise FileUnreadable(str(path), "too_large")
    return bytes(data)


def mode_of(path: Path) -> int | None:
    """Return the mode (stat(2), `st_mode`) of the file that `path` leads to; None where there is none.
    Raises FileUnreadable."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FileUnreadable(str(path), problem_of(error)) from None


def exists(path: Path) -> bool:
    """Return whether a path exists. Raises FileUnreadable where that cannot be told."""
    return mode_of(path) is not None


def names_in(folder: Path) -> list[str]:
    """Return the sorted names in a folder. Raises FileUnreadable (`missing` where there is no folder)."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  # the names, not paths made of them
    except (FileNotFoundError, NotADirectoryError):
        raise FileUnreadable(str(folder), "missing") from None
    except OSError as error:
        raise FileUnreadable(str(folder), problem_of(error)) from None


@contextmanager
def _but_read_only() -> Iterator[None]:
    """Ignore that a disk became read-only: a file on it can still be read."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EROFS:
            raise


def read_if_there(path: Path, limit: int) -> bytes | None:
    """Return what `read_bounded` does; None where there is no such file. A link that leads to nothing
    raises FileUnreadable (`dangling_link`)."""
    try:
        return read_bounded(path, limit)
    except FileUnreadable as error:
        if error.problem != "missing":
            raise
        if path.is_symlink():
            raise FileUnreadable(str(path), "dangling_link") from None
        return None


def _remove_tree(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            _remove_tree(entry)
        else:
            entry.unlink()
    path.rmdir()


@contextmanager
def _temporary(
    folder: Path, data: bytes, mode: int = _OWN, *, strict: bool = True
) -> Iterator[tuple[Path, bool]]:
    """Write a temporary file with `data`, and yield its path and whether it is on the medium; its temporary
    name is removed at the end. Raises CannotCreate (`no_flush`) where the file system cannot flush, unless
    not `strict`."""
    path = folder / _temporary_name()
    descriptor = os.open(path, _NEW, _OWN)
    try:
        _lock(descriptor)
        if mode != _OWN:
            os.fchmod(descriptor, mode)  # not asked of `open`, which the process's umask narrows
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        flushed = _sync(descriptor)
        if strict and not flushed:
            raise CannotCreate(str(folder), "no_flush")
        yield path, flushed
    finally:
        # safe: what was written is on the medium since `fsync`, and Linux frees the number all the same
        with suppress(OSError):
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()


def _temporary_name() -> str:
    return f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"


def _remove_unless_in_use(path: Path) -> None:
    try:
        # For writing, because over NFS an exclusive lock needs that.
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # gone already, or another user's
    try:
        if _lock(descriptor):
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Mark a temporary file as in use until it is closed; return False where another process did. Where the
    filesystem has no locks, return True."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _place_first_free(part: Path, folder: Path, names: Iterable[str]) -> str:
    tried = []
    for name in names:
        with suppress(FileExistsError):
            _place(part, folder / name)
            return name
        tried.append(name)
    raise CannotCreate(str(folder.joinpath(*tried[:1])), "name_taken")


def _place(part: Path, path: Path) -> None:
    """Give the temporary file its name, unless that exists: by link, else by a rename that does not
    replace, else (where the filesystem has neither) by replacing an empty file of our own."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    try:
        os.link(part, path, follow_symlinks=False)
        if os.path.lexists(path):  # a network filesystem may say that it is done, and make none
            return
    except FileExistsError:
        # A network filesystem may have linked, lost the answer and asked again.
        if not (path.exists() and path.samefile(part)):
            raise
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    if not _rename_unless_taken(part, path):
        _replace_own_empty_file(part, path)


def _replace_own_empty_file(part: Path, path: Path) -> None:
    os.close(os.open(path, _NEW, 0o600))  # FileExistsError where something has the name
    try:
        part.replace(path)  # safe: what is replaced is the empty file that we just made
    except OSError:
        path.unlink()
        raise


def _rename_unless_taken(part: Path, path: Path) -> bool:
    """Rename with renameat2(2) and RENAME_NOREPLACE; return False where the system or filesystem does not
    support it."""
    import ctypes  # here, for it is rarely needed and slow to load

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(part), _AT_FDCWD, os.fsencode(path), _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_FLAG:
        return False
    raise OSError(number, os.strerror(number), str(path))


def _sync(descriptor: int) -> bool:
    """Call fsync; return False where the filesystem does not support it for this kind of file."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
        return False
    return True


def cannot_create(path: Path, error: OSError) -> CannotCreate:
    """Return the CannotCreate for an OSError."""
    problem = problem_of(error)
    return CannotCreate(str(path), "missing_folder" if problem == "missing" else problem)


@contextmanager
def _creating(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_create(path, error) from None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise FileUnreadable(str(path), "missing") from None
    except OSError as error:
        raise FileUnreadable(str(path), problem_of(error)) from None
