"""The `nskeys` command: which arguments open the app, and what surrounds it when it opens."""

import subprocess
import sys

import pytest

from nskeys_tui.__main__ import _opens_the_app, _quieten_textual


@pytest.mark.parametrize(
    ("arguments", "home"),
    [([], None), (["--home", "/srv/ns"], "/srv/ns"), (["--home=/srv/ns"], "/srv/ns")],
)
def test_nothing_but_a_home_opens_the_app(arguments: list[str], home: str | None) -> None:
    assert _opens_the_app(arguments) == (True, home)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status"],
        ["--home", "/srv/ns", "status"],
        ["--home"],
        ["--home="],
        ["--home", ""],
        ["--json"],
    ],
)
def test_everything_else_is_the_command_lines(arguments: list[str]) -> None:
    assert _opens_the_app(arguments) == (False, None)


def test_what_makes_textual_write_key_presses_or_pictures_to_files_is_taken_out() -> None:
    environment = {
        "TEXTUAL": "devtools",
        "TEXTUAL_LOG": "/tmp/keys",
        "TEXTUAL_SCREENSHOT": "1",
        "TERM": "xterm",
    }
    _quieten_textual(environment)
    assert environment == {"TERM": "xterm", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}


_LOOKS = """
import contextlib, ctypes, io, resource, sys
from nskeys_tui.__main__ import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
print(sorted({"textual", "rich", "sqlite3"} & set(sys.modules)))
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(PR_GET_DUMPABLE))
""".replace("PR_GET_DUMPABLE", "3")


def test_the_command_line_never_imports_textual_and_its_memory_is_private() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOKS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["[]", "(0, 0) 0"]


_CHILDREN = {
    "nskeys.archive.cross_check": ["password"],
    "nskeys.protectors.pkcs11_worker": [],
    "nskeys.destinations.worker": [],
}
_RUN = """
import atexit, ctypes, resource, runpy, sys
module, *sys.argv[1:] = sys.argv[1:]
atexit.register(lambda: print(
    resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3), file=sys.stderr
))
runpy.run_module(module, run_name="__main__")
"""


@pytest.mark.parametrize("module", _CHILDREN)
def test_so_is_the_memory_of_the_programs_that_it_starts(module: str) -> None:
    """The kernel makes a process dumpable again when it starts a program."""
    command = [sys.executable, "-c", _RUN, module, *_CHILDREN[module]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.stderr.splitlines()[-1] == "(0, 0) 0"


def test_without_a_terminal_the_app_does_not_open() -> None:
    command = [sys.executable, "-m", "nskeys_tui"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 64
    assert done.stdout == ""
    assert "nskeys --help" in done.stderr
