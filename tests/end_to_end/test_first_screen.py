"""The first screen on a real terminal: what a key costs, and that nobody waits for a dead mount."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmark.homes import make_home
from tests.end_to_end.pty_session import PtySession

ONE_KEY, ONE_PAGE, ONE_JUMP, THERE_AND_BACK = 210, 350, 600, 4_000
"""Bytes: one cursor key, one page, a jump to the end, and another screen, of the first screen on 80x24."""
_HANGS = """
import sys, time
from nskeys.services.status.overview import RecoverabilityService
quick = RecoverabilityService.overview
def overview(self, look=True, destination=None):
    if look:
        time.sleep(600)
    return quick(self, look, destination)
RecoverabilityService.overview = overview
from nskeys_tui.__main__ import main
sys.exit(main(["--home", sys.argv[1]]))
"""
"""The program, where every look at a copy takes as long as on a mount that does not answer."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server with three thousand credentials."""
    folder = tmp_path_factory.mktemp("home")
    make_home(folder, 3_000, scrypt_log_n=4).close()
    return folder


@pytest.fixture
def program(home: Path) -> Iterator[PtySession]:
    with PtySession([sys.executable, "-m", "nskeys_tui", "--home", str(home)]) as session:
        # A key that has its effect tells that the first page was taken over.
        session.wait_for("package-000000")
        session.press("down")
        session.wait_for("2/3,000")
        session.settle(1.0)  # the look at the backups begins after the first paint
        session.wait_gone("Looking at the backups")
        yield session


def test_one_cursor_key_costs_two_lines_and_the_position(program: PtySession) -> None:
    assert max(program.bytes_for("down") for _ in range(5)) <= ONE_KEY
    assert max(program.bytes_for("up") for _ in range(5)) <= ONE_KEY


def test_a_page_costs_its_rows_and_nothing_else(program: PtySession) -> None:
    assert max(program.bytes_for("pagedown") for _ in range(3)) <= ONE_PAGE
    assert program.bytes_for("end") <= ONE_JUMP
    program.wait_for("package-002999")
    assert program.bytes_for("pageup") <= ONE_PAGE


def test_another_screen_and_back_costs_what_differs(program: PtySession) -> None:
    program.bytes_for("m")
    program.bytes_for("escape")
    assert program.bytes_for("m") + program.bytes_for("escape") <= THERE_AND_BACK


def test_a_look_that_changes_nothing_paints_nothing(program: PtySession) -> None:
    program.press("ctrl+l")
    program.settle(0.6)
    before = program.received
    program.press("ctrl+l")
    program.settle(0.6)
    assert program.received - before <= ONE_KEY


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"NSKEYS_ASCII": "1"}, {"NSKEYS_THEME": "light"}]
)
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (60, 18)])
def test_it_says_the_same_on_every_terminal(
    home: Path, environment: dict[str, str], columns: int, lines: int
) -> None:
    command = [sys.executable, "-m", "nskeys_tui", "--home", str(home)]
    with PtySession(command, columns=columns, lines=lines, environment=environment) as session:
        session.wait_for("package-000000")
        session.settle()
        for words in ("0 of 3,000", "3,000 at risk", "back up", "at risk      !", "q Quit"):
            assert words in session.text
        if "NSKEYS_ASCII" in environment:
            assert session.text.isascii()


def test_the_data_comes_and_q_leaves_at_once_while_a_destination_hangs(home: Path) -> None:
    with PtySession([sys.executable, "-c", _HANGS, str(home)]) as session:
        session.wait_for("package-000000")
        session.wait_for("what the register remembers")
        session.press("q")
        assert session.wait_end(timeout=5) == 0
