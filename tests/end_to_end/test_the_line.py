"""What goes over the line: few bytes for a key, no secret, and one sentence where the app breaks.

The app runs on a pseudo-terminal, with a screen of made-up rows, so that what is measured is what ships.
"""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.end_to_end.pty_session import PtySession

ROOT = Path(__file__).parents[2]
SECRET = "tr0ub4dor"
KEY_BUDGET, PAGE_BUDGET, WIDER_BUDGET = 210, 850, 1_150
"""Bytes at 80x24, of which the position takes 13; curses writes 204 for a cursor key, 1,086 for a page."""


def demo(
    *,
    columns: int = 80,
    lines: int = 24,
    synchronized: bool = False,
    environment: dict[str, str] | None = None,
) -> PtySession:
    argv = [sys.executable, "-m", "tests.tui.demo", "100000"]
    return PtySession(
        argv,
        columns=columns,
        lines=lines,
        directory=str(ROOT),
        synchronized=synchronized,
        environment=environment,
    )


@pytest.mark.parametrize("synchronized", [False, True])
def test_a_cursor_key_costs_no_more_than_two_lines(synchronized: bool) -> None:
    with demo(synchronized=synchronized) as session:
        session.wait_for("deploy-10 ")
        costs = [
            session.bytes_for(key) for key in ("down", "down", "up", "down", "down", "down", "down", "up")
        ]
        assert max(costs) <= KEY_BUDGET
        assert session.reversed_lines() == [9]


def test_a_page_a_jump_and_a_step_out_of_the_window_cost_one_page() -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        assert session.bytes_for("pagedown") <= PAGE_BUDGET
        # Its names are longer: the columns grow once, and every row is written whole.
        assert session.bytes_for("end") <= WIDER_BUDGET
        assert session.bytes_for("home") <= PAGE_BUDGET
        assert session.bytes_for("end") <= PAGE_BUDGET
        assert session.bytes_for("home") <= PAGE_BUDGET
        session.press(*["down"] * 16)
        assert session.bytes_for("down") <= PAGE_BUDGET
        assert "deploy-17 " in session.text


@pytest.mark.parametrize("sizes", [((60, 18), (80, 24)), ((100, 30), (80, 24)), ((80, 20), (80, 24))])
def test_another_size_and_back_leaves_no_cell_of_it(sizes: tuple[tuple[int, int], ...]) -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.settle()
        before = session.screen
        for columns, lines in sizes:
            session.resize(columns, lines)
            session.settle(0.5)
        assert session.screen == before


def test_stopped_and_going_on_it_paints_everything_again() -> None:
    """As after Ctrl+Z and fg, with whatever the shell wrote meanwhile."""
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.settle()
        before, cursor = session.screen, session.reversed_lines()
        os.kill(session.pid, signal.SIGTSTP)
        session.wait_for(lambda it: not it.text.strip())
        os.kill(session.pid, signal.SIGCONT)
        session.wait_for(lambda it: it.screen == before)
        session.settle()
        assert (session.screen, session.reversed_lines()) == (before, cursor)
        session.press("down")
        session.wait_for(lambda it: it.reversed_lines() == [cursor[0] + 1])


def test_a_resting_app_writes_nothing() -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.settle()
        session.press("g")
        session.wait_for("Target")
        session.settle()
        before = session.received
        session.settle(quiet=1.5)
        assert session.received == before


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (60, 18)])
def test_dialogs_fit_the_screen(columns: int, lines: int) -> None:
    with demo(columns=columns, lines=lines) as session:
        session.wait_for("deploy-10 ")
        for key, title in (
            ("c", "Accept the loss"),
            ("p", "Password for this backup"),
            ("f", "Choose a backup"),
        ):
            session.press(key)
            session.wait_for(f"╭─ {title} ─")
            session.wait_for("╰──")
            session.wait_for("Esc Back")
            session.press("escape")
            session.wait_gone(f"╭─ {title} ─")
            session.wait_for("Answer")
            session.press("enter")
            session.wait_gone("Answer")


def test_a_password_is_never_on_the_line_and_never_in_the_clipboard() -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.press("a")
        session.wait_for("Hint: the usual one")
        session.write(SECRET)
        session.wait_for("•" * len(SECRET))
        session.press("shift+home", "ctrl+c", "ctrl+x", "ctrl+a", "shift+end", "ctrl+c")
        session.settle()
        assert "•" * len(SECRET) in session.text
        session.press("enter")
        session.wait_for("SecretBytes(redacted)")
        assert SECRET.encode() not in session.raw
        assert b"\x1b]52" not in session.raw


def test_textuals_log_and_screenshot_variables_write_no_file(tmp_path: Path) -> None:
    """Only the `nskeys` command takes them out; the demo would obey them."""
    log = tmp_path / "keys.log"
    environment = {
        "TEXTUAL_LOG": str(log),
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_SCREENSHOT_LOCATION": str(tmp_path),
        "TEXTUAL_PRESS": "q",
        "NSKEYS_HOME": str(tmp_path / "home"),
    }
    with PtySession([sys.executable, "-m", "nskeys_tui"], environment=environment) as session:
        session.wait_for("Quit")
        session.settle()
        session.press("q")
        assert session.wait_end() == 0
    assert list(tmp_path.glob("*.log")) == []
    assert list(tmp_path.glob("*.svg")) == []


_CRASHES = f"""
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.startup_error import StartupErrorScreen
def connect():
    password = "{SECRET}"
    raise RuntimeError(password)
app = NskeysApp(Opening(connect, StartupErrorScreen, StartupErrorScreen))
app.run(mouse=False)
raise SystemExit(app.return_code)
"""


def test_a_bug_ends_in_one_sentence_and_exit_code_70() -> None:
    with PtySession([sys.executable, "-c", _CRASHES]) as session:
        assert session.wait_end() == 70
        said = " ".join(session.text.split())
        assert said.startswith("nskeys stopped because of a bug (RuntimeError in <string> line 6)")
        assert said.endswith("what was saved is whole.")
        assert SECRET.encode() not in session.raw


def test_a_dropped_line_is_instant_death() -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.press("down")
        session.settle()
        session.hang_up()
        assert session.wait_end(5) == -signal.SIGHUP


def test_q_leaves_the_terminal_as_it_was() -> None:
    with demo() as session:
        session.wait_for("deploy-10 ")
        session.press("q")
        assert session.wait_end() == 0
        assert session.raw.rstrip().endswith(b"\x1b[?1004l")
        assert b"\x1b[?1000h" not in session.raw
        assert session.text.strip() == ""
