"""System calls at which a process dies or that fail, one after the other, by strace's injection.

strace counts calls for each process and each kind of call by itself. A victim that is to be struck at its
n-th fsync first makes LATEST - n of them that do nothing, so that one run of strace, told to strike at
call LATEST, serves every victim that is forked in it. Tests build the `command`; the driver that runs
under strace forks its victims with `in_child` and lets them `pad` themselves.
"""

import errno
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.fakes.programs import need, program

LATEST = 160
"""No process under test makes calls of one kind as often as that."""
ROOT = Path(__file__).parents[2]
_NO_FILE = 1 << 20


class Blow(StrEnum):
    """What strikes."""

    KILL = "kill"
    """The process is gone before the call is made."""
    FAIL = "fail"
    """The call fails as on a full or broken disk, and the process goes on."""


@dataclass(frozen=True)
class Call:
    """One kind of system call."""

    names: str
    """As strace's filter; `?` before what an architecture may not have."""
    idle: Callable[[], object]
    """Makes it, to no effect but an error."""
    error: int = errno.EIO
    """How it fails when it is struck; `idle` never fails like that by itself."""


CALLS: Mapping[str, Call] = MappingProxyType(
    {
        "write": Call("write", lambda: os.write(_NO_FILE, b""), errno.ENOSPC),
        "pwrite": Call("pwrite64", lambda: os.pwrite(_NO_FILE, b"", 0), errno.ENOSPC),
        "fsync": Call("fsync", lambda: os.fsync(_NO_FILE)),
        "fdatasync": Call("fdatasync", lambda: os.fdatasync(_NO_FILE)),
        "ftruncate": Call("ftruncate", lambda: os.ftruncate(_NO_FILE, 0)),
        "link": Call("?link,linkat", lambda: os.link("/nowhere/a", "/nowhere/b", follow_symlinks=False)),
        "rename": Call(
            "?rename,renameat,?renameat2",
            lambda: os.rename("/nowhere/a", "/nowhere/b"),  # noqa: PTH104  # just the system call
        ),
        "unlink": Call("?unlink,unlinkat", lambda: os.unlink("/nowhere/a")),  # noqa: PTH108
        "mkdir": Call("?mkdir,mkdirat", lambda: os.mkdir("/nowhere/a")),  # noqa: PTH102
        "rmdir": Call("?rmdir", lambda: os.rmdir("/nowhere/a")),  # noqa: PTH106
    }
)
"""Every call by which nskeys and SQLite change what is on a disk."""
SYNCS = frozenset({"fsync", "fdatasync"})
"""Those that change nothing of what a killed process leaves: the kernel, which has it, lives on."""


# --- in the test -------------------------------------------------------------------------------------


def find_strace() -> str:
    """strace, if this machine has it and lets it look at processes; else the test is skipped."""
    need("strace")
    found = program("strace")
    if subprocess.run([found, "-o", os.devnull, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let strace look at processes")
    return found


def run_driver(blow: Blow, driver: Path, *arguments: str) -> None:
    """Run a driver (a Python file) under strace, every victim's LATEST-th call of each kind struck."""
    done = subprocess.run(
        [*_strace(blow), sys.executable, "-B", str(driver), *arguments],
        cwd=ROOT,
        # LANGUAGE: or argparse looks for a translation of every word, which is most of a victim's calls.
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path)), "LANGUAGE": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def _strace(blow: Blow) -> Sequence[str]:
    traced = ",".join(call.names for call in CALLS.values())
    command = [find_strace(), "--follow-forks", "-o", os.devnull, "-e", f"trace={traced}"]
    if blow is Blow.FAIL:
        command.append("--seccomp-bpf")  # faster, but with it no signal arrives
    for call in CALLS.values():
        struck = "signal=KILL" if blow is Blow.KILL else f"error={errno.errorcode[call.error]}"
        command.append(f"--inject={call.names}:{struck}:when={LATEST}")
    return command


# --- in the driver -----------------------------------------------------------------------------------


class FailedByItself(AssertionError):
    """A child ended by an error of its own."""


def in_child(work: Callable[[], object]) -> int | None:
    """What a forked process ended with: the number that `work` returned, else 0; None: it was killed."""
    stderr = os.dup(2)
    child = os.fork()
    if child == 0:
        try:
            code = work()
            os._exit(code if isinstance(code, int) else 0)
        finally:  # whatever went wrong, there is only one of us that goes on
            os.dup2(stderr, 2)
            traceback.print_exc()
            os._exit(255)
    os.close(stderr)
    _, status = os.waitpid(child, 0)
    if not os.WIFEXITED(status):
        return None
    if os.WEXITSTATUS(status) == 255:
        raise FailedByItself
    return os.WEXITSTATUS(status)


def pad(call: Call, number: int) -> None:
    """Make the next `number`-th call of this kind the one that is struck."""
    for _ in range(LATEST - number):
        with suppress(OSError):
            call.idle()


def was_struck(call: Call) -> bool:
    """After work that is to fail at a call: whether it made that call at all. Strikes now if not."""
    for _ in range(LATEST):
        try:
            call.idle()
        except OSError as error:
            if error.errno == call.error:
                return False
    return True
