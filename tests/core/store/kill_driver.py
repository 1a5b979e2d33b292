"""Run under strace: does one piece of work again and again, and dies at another system call each time.

    strace -f -e inject=...:signal=KILL:when=LATEST python kill_driver.py CREATE|CHANGE|REWRAP BASE HOMES

strace counts calls for each process by itself. A victim that is to die at its n-th fsync first makes
LATEST - n of them that do nothing, so that one run of strace serves every victim. Each works on a copy of
BASE, which is left as the dead left it, in HOMES/<call>-<n>.
"""

import os
import shutil
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.core.store.kill_work import LATEST, WORK

NO_FILE = 1 << 20
CALLS: dict[str, Callable[[], object]] = {
    "write": lambda: os.write(NO_FILE, b""),
    "fsync": lambda: os.fsync(NO_FILE),
    "link": lambda: os.link("/nowhere/a", "/nowhere/b", follow_symlinks=False),
    "rename": lambda: os.rename("/nowhere/a", "/nowhere/b"),  # noqa: PTH104  # just the system call
    "unlink": lambda: os.unlink("/nowhere/a"),  # noqa: PTH108
    "mkdir": lambda: os.mkdir("/nowhere/a"),  # noqa: PTH102
    "rmdir": lambda: os.rmdir("/nowhere/a"),  # noqa: PTH106
}


def in_child(work: Callable[[], object]) -> bool:
    """Whether a forked process got to the end of it alive."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:  # whatever went wrong, there is only one of us that goes on
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit("the work failed by itself")
    return os.WIFEXITED(status)


def victim(name: str, call: Callable[[], object], number: int, home: Path) -> None:
    """Work that strace kills at the `number`-th time it makes this call."""
    for _ in range(LATEST - number):
        with suppress(OSError):
            call()
    WORK[name](home)


def main(name: str, base: Path, homes: Path) -> None:
    """Until for every kind of call a victim came through alive."""
    for kind, call in CALLS.items():
        for number in range(1, LATEST):
            home = homes / f"{kind}-{number}"
            in_child(lambda home=home: shutil.copytree(base, home))  # type: ignore[misc]
            if in_child(lambda n=number, home=home, call=call: victim(name, call, n, home)):  # type: ignore[misc]
                break
        else:
            raise SystemExit(f"more than {LATEST} calls of {kind}: raise LATEST")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
