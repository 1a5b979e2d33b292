"""Giving a temporary file a name that nothing has, whatever the filesystem supports."""

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nskeys.errors import CannotCreate
from nskeys.files.temporary_files import NEW
from nskeys.reasons import Problem

_AT_FDCWD, _RENAME_NOREPLACE = -100, 1  # <fcntl.h>, <linux/fs.h>
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_NO_FLAG = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def place_first_free(part: Path, folder: Path, names: Iterable[str]) -> str:
    tried = []
    for name in names:
        with suppress(FileExistsError):
            _place(part, folder / name)
            return name
        tried.append(name)
    raise CannotCreate(str(folder.joinpath(*tried[:1])), Problem.NAME_TAKEN)


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
        if error.errno not in NO_LINKS:
            raise
    if not rename_unless_taken(part, path):
        _replace_own_empty_file(part, path)


def _replace_own_empty_file(part: Path, path: Path) -> None:
    os.close(os.open(path, NEW, 0o600))  # FileExistsError where something has the name
    try:
        part.replace(path)  # safe: what is replaced is the empty file that we just made
    except OSError:
        path.unlink()
        raise


def rename_unless_taken(part: Path, path: Path) -> bool:
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
