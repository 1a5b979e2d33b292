"""The first page, which is there before Textual is: it is what the app shows a moment later, no key that is
typed meanwhile is lost, and the terminal is put back whatever happens."""

import os
import shutil
import signal
import socket
import sqlite3
import sys
import termios
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nskeys.wording.answer import LOOKING
from tests.benchmark.homes import make_home
from tests.end_to_end.pty_session import PtySession

OF_TEXTUAL = 120
"""Bytes at most that follow the page while Textual takes the terminal over: its modes, and no cell."""
FIRST_SCREEN, OF_THE_FRAME = 3_000, 600
"""Bytes of the first screen, and of the frame that a busy machine shows before it."""
SAID = LOOKING.split("\N{HORIZONTAL ELLIPSIS}")[0].encode()
BACK = b"\x1b[?1049l"
_BEFORE_TEXTUAL = """
import os, sys, time
from nskeys_tui import __main__ as program
def instead(*_):
    {}
program._run = instead
sys.exit(program.main(["--home", sys.argv[1]]))
"""
_SLOW_ROWS = """
import sys, threading, time
from nskeys_tui.widgets.table import rows
quick = rows.fetch
def fetch(*given):
    if threading.current_thread().name != "first page":
        time.sleep(2)
    return quick(*given)
rows.fetch = fetch
from nskeys_tui.__main__ import main
sys.exit(main(["--home", sys.argv[1]]))
"""
"""The program, where the rows come again only after two seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server with three hundred credentials."""
    folder = tmp_path_factory.mktemp("home")
    make_home(folder, 300, scrypt_log_n=4).close()
    return folder


def program(home: Path, **options: Any) -> PtySession:
    return PtySession([sys.executable, "-m", "nskeys_tui", "--home", str(home)], **options)


def instead_of_textual(home: Path, statement: str) -> PtySession:
    return PtySession([sys.executable, "-c", _BEFORE_TEXTUAL.format(statement), str(home)])


def is_painted(session: PtySession) -> bool:
    return session.screen[-1].strip().endswith("Quit")


@pytest.mark.parametrize(
    "environment",
    [{}, {"NSKEYS_THEME": "light"}, {"NO_COLOR": "1"}, {"NSKEYS_ASCII": "1"}],
    ids=["dark", "light", "no colour", "ascii"],
)
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (60, 18), (132, 43)])
def test_textual_repaints_nothing_of_it(
    home: Path, environment: dict[str, str], columns: int, lines: int
) -> None:
    with program(home, columns=columns, lines=lines, environment=environment) as session:
        session.wait_for("package-000000")
        session.wait_for(is_painted)
        session.settle(0.05)
        before, page = session.received, session.screen
        session.wait_for(lambda it: b"\x1b[?2004h" in it.raw)
        session.settle(1.0)
        session.wait_for(lambda it: it.screen == page)
        # On a busy machine looking at the backups takes longer than a moment, which is said and taken back.
        said = 2 * len(page[1].encode()) + OF_TEXTUAL if SAID in session.raw[before:] else 0
        assert session.received - before <= OF_TEXTUAL + said, session.raw[before:]
        assert session.reversed_lines() != []
        if (columns, lines) == (80, 24):
            framed = OF_THE_FRAME if b"looking" in session.raw else 0
            assert session.received <= FIRST_SCREEN + framed + said
        session.press("down")
        session.wait_for("2/300")
        session.press("q")
        assert session.wait_end() == 0


def test_a_key_that_is_typed_ahead_takes_effect(home: Path) -> None:
    with program(home) as session:
        session.wait_for("package-000000")
        session.press("m")
        session.wait_for("Register")


def test_a_key_waits_for_the_rows_of_a_busy_machine(home: Path) -> None:
    with PtySession([sys.executable, "-c", _SLOW_ROWS, str(home)]) as session:
        session.wait_for("package-000000")
        session.press("down")
        session.wait_for("2/300")


def test_q_typed_ahead_leaves(home: Path) -> None:
    with program(home) as session:
        session.write("q")
        assert session.wait_end() == 0
        assert session.text.strip() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_before_textual_puts_the_terminal_back(home: Path, number: signal.Signals) -> None:
    with instead_of_textual(home, "time.sleep(60)") as session:
        before = termios.tcgetattr(session._master)
        session.wait_for(is_painted)  # with the data, or on a busy machine the frame alone
        os.kill(session.pid, number)
        code = session.wait_end()
        assert code == (-number if number is signal.SIGHUP else 128 + number)
        assert session.raw.index(BACK) > session.raw.index(b"Quit")
        assert termios.tcgetattr(session._master) == before


def test_a_bug_before_textual_puts_the_terminal_back(home: Path) -> None:
    with instead_of_textual(home, "raise RuntimeError") as session:
        before = termios.tcgetattr(session._master)
        session.wait_for("RuntimeError")
        assert session.wait_end() != 0
        assert BACK in session.raw
        assert session.raw.index(BACK) < session.raw.index(b"RuntimeError")
        assert termios.tcgetattr(session._master)[3] == before[3]


def test_leaving_puts_the_terminal_back_to_what_it_was_before_the_page(home: Path) -> None:
    with program(home) as session:
        before = termios.tcgetattr(session._master)
        session.wait_for("package-000000")
        session.settle(1.0)
        session.press("q")
        assert session.wait_end() == 0
        assert termios.tcgetattr(session._master) == before


def test_a_database_that_is_locked_shows_the_frame_and_then_its_data(home: Path) -> None:
    with closing(sqlite3.connect(home / "cmdb.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with program(home) as session:
            session.wait_for("looking …")
            session.wait_for("q Quit")
            session.settle(1.0)
            assert "package-000000" not in session.text
            other.execute("ROLLBACK")
            session.wait_for("package-000000")
            session.wait_for("m Menu")


def test_a_database_server_that_does_not_answer_shows_the_frame_and_ctrl_q_leaves(
    home: Path, tmp_path: Path
) -> None:
    there = shutil.copytree(home, tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/cmdb"
        config = there / "config.toml"
        config.write_text(f'cmdb = "{url}"\n{config.read_text()}')
        with program(there) as session:
            session.wait_for("looking …")
            session.wait_for("q Quit")
            session.press("ctrl+q")
            assert session.wait_end() == 0
            assert session.text.strip() == ""


def test_a_home_without_keys_shows_the_frame_and_then_the_first_start(tmp_path: Path) -> None:
    with program(tmp_path / "new") as session:
        session.wait_for("New installation")


def test_a_small_terminal_and_one_that_is_resized_meanwhile(home: Path) -> None:
    with program(home, columns=50, lines=12) as session:
        session.wait_for("package-000000")
    with program(home, columns=80, lines=24) as session:
        session.wait_for("package-000000")
        session.resize(100, 30)
        session.wait_for(is_painted)
        session.settle(1.0)
        assert sum("package-" in line for line in session.screen) == 18
