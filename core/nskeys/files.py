"""Floor 2: durable files. What this module says is written is on the medium when it returns.

Every write goes to a random temporary name in the same folder (`.nskeys-<random>.part`; exclusive,
no-follow, 0600), is synced, gets its name by link or rename, and then the folder is synced. Nothing is
ever truncated in place. A process that dies leaves at most a temporary file, which `sweep` removes.
Foreign errors become `CannotCreate` or `FileUnreadable` here; FileExistsError alone passes through.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nskeys.errors import CannotCreate, FileUnreadable

_PREFIX, _SUFFIX = ".nskeys-", ".part"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OWN = 0o600
_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # <fcntl.h>, <linux/fs.h>

_MOST_LINKS = 40  # as the kernel's own (path_resolution(7))

_PROBLEMS = {
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "no_space",
    errno.EACCES: "not_permitted",
    errno.EPERM: "not_permitted",
    errno.EROFS: "read_only",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "not_a_file",
    errno.ENAMETOOLONG: "name_too_long",
    errno.EFBIG: "too_large",
    errno.ELOOP: "link_loop",
    errno.ESTALE: "gone",
    errno.ENOTCONN: "gone",
    errno.EHOSTDOWN: "gone",
    errno.ETIMEDOUT: "gone",
}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_NO_FLAG = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EROFS}


def write_new(path: Path, data: bytes) -> None:
    """A new file. Never replaces one: FileExistsError. CannotCreate."""
    write_first_free(path.parent, [path.name], data)


def write_first_free(folder: Path, names: Iterable[str], data: bytes) -> str:
    """A new file under the first of `names` that nothing has; returns that name. FileExistsError when
    all are taken, CannotCreate."""
    with _creating(folder), _temporary(folder, data) as part:
        name = _place_first_free(part, folder, names)
    sync_folder(folder)
    return name


def replace(path: Path, data: bytes, *, mode: int = _OWN) -> None:
    """A file, whether or not there was one; whoever reads meanwhile gets the old or the new one whole.
    `mode` is for a file that others may read. CannotCreate."""
    with _creating(path), _temporary(path.parent, data, mode) as part:
        part.replace(path)
    sync_folder(path.parent)


def replace_behind(path: Path, data: bytes, *, mode: int = _OWN) -> None:
    """As `replace`, for a file that a person may have put a link in the place of: the link stays, and what
    it leads to is replaced, where it lies, and keeps its owner and mode. CannotCreate."""
    target = behind(path)
    if target == path:
        replace(path, data, mode=mode)
        return
    with _creating(target):
        kept = target.stat() if target.exists() else None
        bits = mode if kept is None else stat.S_IMODE(kept.st_mode)
        with _temporary(target.parent, data, bits) as part:
            if kept is not None and (kept.st_uid, kept.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(PermissionError):  # only root gives files away
                    os.chown(part, kept.st_uid, kept.st_gid)
            part.replace(target)
    sync_folder(target.parent)


def behind(path: Path) -> Path:
    """Where a link leads, and further ones; the path itself where it is none. CannotCreate: `link_loop`,
    or `foreign_link` for a link that somebody else put where everybody may (as the kernel's own
    fs.protected_symlinks has it)."""
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
    """Write so many bytes durably and remove them again. CannotCreate where that does not go."""
    with _creating(folder), _temporary(folder, bytes(size)):
        pass


def rename_folder(source: Path, target: Path) -> None:
    """Give a finished folder its name, which no one has, in the same parent folder. CannotCreate."""
    with _creating(target):
        source.rename(target)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file if it is there. CannotCreate, for then the folder cannot be changed."""
    with _creating(path):
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder with all that lies in it, if it is there; links are removed, not followed.
    CannotCreate."""
    with _creating(path), suppress(FileNotFoundError):
        _remove_tree(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """A folder (0700), with those above it, if it is missing. CannotCreate."""
    with _creating(path):
        if path.is_dir():
            return
    if path.parent != path:
        make_folder(path.parent)
    try:
        with _creating(path):
            path.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise CannotCreate(str(path), "not_a_folder") from None
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. CannotCreate."""
    with _creating(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed process left; those that another one still writes stay.
    A missing folder holds none. CannotCreate."""
    with _creating(folder), suppress(FileNotFoundError, NotADirectoryError):
        for path in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")):
            _remove_unless_in_use(path)


def read_bounded(path: Path, limit: int, *, from_medium: bool = False) -> bytes:
    """A regular file's bytes, at most `limit`; FileUnreadable (`missing`, `not_permitted`,
    `not_a_file`, `too_large`, ...). `from_medium`: not from this machine's memory, as far as the
    system lets us ask for that."""
    with _reading(path):
        # O_NONBLOCK: a named pipe in a file's place must not hold us up before we have seen what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor, not a path
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileUnreadable(str(path), "not_a_file")
            if from_medium:
                _sync(descriptor)  # only clean pages can be dropped
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            data = bytearray()
            while len(data) <= limit and (piece := file.read(min(limit + 1 - len(data), 1 << 20))):
                data += piece
    if len(data) > limit:
        raise FileUnreadable(str(path), "too_large")
    return bytes(data)


def read_if_there(path: Path, limit: int) -> bytes | None:
    """As `read_bounded`; None where there is no such file. A link that leads to nothing is no file that is
    not there: FileUnreadable (`dangling_link`)."""
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
def _temporary(folder: Path, data: bytes, mode: int = _OWN) -> Iterator[Path]:
    """A temporary file that holds `data`, on the medium; its temporary name is gone at the end."""
    path = folder / f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"
    descriptor = os.open(path, _NEW, _OWN)
    try:
        _lock(descriptor)
        if mode != _OWN:
            os.fchmod(descriptor, mode)  # not asked of `open`, which the process's umask narrows
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
        yield path
    finally:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()


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
    """Mark a temporary file as in use until it is closed; False where another process did. Where the
    filesystem knows no locks there is no telling, and nobody is held up."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _place_first_free(part: Path, folder: Path, names: Iterable[str]) -> str:
    for name in names:
        with suppress(FileExistsError):
            _place(part, folder / name)
            return name
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


def _place(part: Path, path: Path) -> None:
    """Give the temporary file its name, unless something has it: by link, else by a rename that does
    not replace, else (no such filesystem call at all) by way of an empty file of our own."""
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        # A network filesystem may have linked, lost the answer and asked again.
        if not (path.exists() and path.samefile(part)):
            raise
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
    """renameat2(2) with RENAME_NOREPLACE; False where the system or the filesystem has no such thing."""
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


def _sync(descriptor: int) -> None:
    """fsync; a filesystem that knows no fsync of this kind of file keeps nothing back."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def cannot_create(path: Path, error: OSError) -> CannotCreate:
    """What kept a file or folder from being made or changed."""
    missing = "missing_folder" if error.errno == errno.ENOENT else "io_error"
    return CannotCreate(str(path), _PROBLEMS.get(error.errno or 0, missing))


@contextmanager
def _creating(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise cannot_create(path, error) from None


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise FileUnreadable(str(path), "missing") from None
    except OSError as error:
        raise FileUnreadable(str(path), _PROBLEMS.get(error.errno or 0, "io_error")) from None
