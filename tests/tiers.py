"""Sorts the tests into tiers, and says how many run at once.

- `real`: talks to a real server, chip, token or terminal, or runs the program as a process of its own;
- `slow`: walks every call, every cut of the power or every history, or shows a screen in one more size;
- `app`: presses keys in the app, without a terminal;
- `quick`: all others. `pytest -m quick` is what one runs all day, with `-m app` after a change of a screen.

A folder, a fixture or a parameter says what a test is, so nobody has to remember a marker; where none of
them can tell, `pytest.mark.slow` does.
"""

import fcntl
import inspect
import os
import signal
import sys
import tempfile
import termios
from pathlib import Path

import pytest

from tests.fakes.examples import FEW

_TESTS = f"{Path(__file__).parent}/"
_REAL_PLACES = (
    "end_to_end/",
    "core/destinations/ssh/",
    "core/destinations/s3/",
    "core/destinations/test_elsewhere_for_real.py",
    "core/archive/test_open_kms_rows.py",
    "core/vectors/test_reader_in_the_archive.py",
    "core/cli/test_buckets.py",
    "core/cli/test_prompt.py",
    "core/cli/test_sftp.py",
    "core/cli/test_alert_rules.py",
    "core/services/status/test_standby.py",
    "core/store/cmdb/test_postgres.py",
    "core/store/cmdb/test_servers.py",
)
_REAL_FIXTURES = frozenset({"board", "tokens", "s3", "sshd", "weed"})
_REAL_IDS = frozenset({"real", "tpm2", "pkcs11", "sftp", "s3"})
"""Parameters that stand for the real thing, as does every PostgreSQL; the fake beside them is quick."""
_QUICK_SIZE = (80, 24)
_FEW_FILES = 4
_QUICK_RUNS = ("quick", "quick or app")
_MEMORY = "/dev/shm"
_ROOM = 2 << 30
"""Bytes that must be free there; a quick run fills a quarter of them."""

# Bytecode is kept beside the sources, whatever the environment says: without it every worker compiles each
# test anew, and every process of the program compiles the whole program.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    """Set up the run, before workers start: they inherit it."""
    if config.getoption("markexpr") in _QUICK_RUNS:
        os.environ[FEW] = "yes"
        _work_in_memory(config)
    _give_up_the_terminal()


def _work_in_memory(config: pytest.Config) -> None:
    """Let the tests' files lie in memory, where to flush costs nothing: it is done tens of thousands of
    times, and what it is for is proven by tests that cut the power. Do nothing where a place was named, or
    the memory has no room."""
    if os.environ.get("TMPDIR") or config.getoption("basetemp") or not os.access(_MEMORY, os.W_OK):
        return
    room = os.statvfs(_MEMORY)
    if room.f_bavail * room.f_frsize >= _ROOM:
        os.environ["TMPDIR"] = _MEMORY
        tempfile.tempdir = None


def _give_up_the_terminal() -> None:
    """Give up the terminal that whoever runs the tests sits at: what the program asks there in this process
    a test would otherwise wait for them to answer. Ctrl-C and --pdb work as before, for they do not need
    it."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return  # there is none
    # The leader of a session hangs up on its whole foreground by this, itself included.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(terminal)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its tier; tests that were marked by hand keep theirs."""
    for item in items:
        if _is_real(item):
            item.add_marker("real")
        if _is_repeated(item):
            item.add_marker("slow")
        if not any(item.get_closest_marker(tier) for tier in ("real", "slow")):
            item.add_marker("app" if _presses_keys(item) else "quick")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the workers for `-n auto`: none for a few files, which run sooner than workers start."""
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) <= _FEW_FILES and all(Path(file).is_file() for file in files):
        return 0
    return len(os.sched_getaffinity(0))


def _place(item: pytest.Item) -> str:
    """Return the path of its file below `tests`."""
    return str(item.path).removeprefix(_TESTS)  # `is_relative_to` took a tenth of the collection


def _is_real(item: pytest.Item) -> bool:
    if _place(item).startswith(_REAL_PLACES):
        return True
    if not _REAL_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
        return True
    return hasattr(item, "callspec") and any(
        part in _REAL_IDS or part.lower().startswith("postgres") for part in item.callspec.id.split("-")
    )


def _presses_keys(item: pytest.Item) -> bool:
    """Return whether the test runs the app: it awaits it; tests of the parts of a screen do not."""
    return _place(item).startswith("tui/") and inspect.iscoroutinefunction(getattr(item, "obj", None))


def _is_repeated(item: pytest.Item) -> bool:
    """Return whether the test shows a screen in another size than the one that stands for all."""
    return hasattr(item, "callspec") and item.callspec.params.get("size", _QUICK_SIZE) != _QUICK_SIZE
