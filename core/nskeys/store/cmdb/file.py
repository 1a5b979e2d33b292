"""The SQLite file itself, before SQLite opens it.

Nothing here, nor in `sqlite`, opens and closes a file that SQLite may have open: closing any descriptor of
a file releases all POSIX locks that the process holds on it ("How To Corrupt An SQLite Database File",
section 2.2). So an existing file is only looked at by its name.
"""

import os
import stat
from itertools import chain, count
from pathlib import Path

from nskeys import files
from nskeys.errors import CannotCreate, CmdbUnreachable, NotPermitted
from nskeys.reasons import Problem

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def is_there(path: Path) -> bool:
    """Return whether there is a file. Raises NotPermitted, CmdbUnreachable (`not_a_file`,
    `cannot_open`)."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        raise NotPermitted(str(path)) from None
    except OSError:
        raise CmdbUnreachable(str(path), Problem.CANNOT_OPEN) from None
    if not stat.S_ISREG(mode):
        raise CmdbUnreachable(str(path), Problem.NOT_A_FILE)
    return True


def make_file(path: Path) -> None:
    """Create an empty file (0600) where there is none, durably. Raises CannotCreate."""
    if is_there(path):
        return
    try:
        os.close(os.open(path, NEW_FILE, 0o600))
    except FileExistsError:
        # Made meanwhile by another process, whose file it is now; a dangling link ends here too.
        if is_there(path):
            return
        raise CannotCreate(str(path), Problem.LINK) from None
    except PermissionError:
        raise CannotCreate(str(path), Problem.NOT_PERMITTED) from None
    except OSError:
        raise CannotCreate(str(path), Problem.MISSING_FOLDER) from None
    files.sync_folder(path.parent)


def put_aside(path: Path, day: str) -> str:
    """Rename the file of a CMDB that was moved to `<name>.moved-<day>`, or the first free such name with
    `-2`, ..., durably; return that path. Nobody has it open: whoever changes it has the home's lock. Raises
    CannotCreate."""
    name = f"{path.name}.moved-{day}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return str(files.rename_to_first_free(path, names))
