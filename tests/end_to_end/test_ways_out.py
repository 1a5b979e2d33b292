"""Leaving the app: by a signal, past work that hangs, and with the terminal as it was before."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmark.homes import make_home
from tests.end_to_end.pty_session import PtySession

HANGING = str(Path(__file__).with_name("hanging_app.py"))
PATIENCE = 8.0
"""Seconds in which anything that ends ends, on a busy machine too."""
MODES_OFF = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[<u")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A server with a few credentials; passwords cost next to nothing."""
    make_home(tmp_path, 3, scrypt_log_n=4).close()
    return tmp_path


def app(home: Path) -> PtySession:
    return PtySession([sys.executable, "-m", "nskeys_tui", "--home", str(home)])


def hanging(home: Path, what: str) -> PtySession:
    return PtySession([sys.executable, HANGING, str(home), what])


@pytest.fixture
def first_screen(home: Path) -> Iterator[PtySession]:
    with app(home) as session:
        session.wait_for("Credentials ── all 3")
        session.settle()
        yield session


def is_put_back(session: PtySession) -> bool:
    """Whether the last word on each mode of the terminal is that it is off."""
    raw = session.raw
    on = raw.rfind(b"\x1b[?1049h")
    return on >= 0 and all(raw.rfind(mode) > on for mode in MODES_OFF) and not session.text.strip()


# --- signals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, -signal.SIGHUP)],
)
def test_a_signal_leaves_with_the_terminal_as_it_was(
    first_screen: PtySession, number: signal.Signals, code: int
) -> None:
    os.kill(first_screen.pid, number)
    assert first_screen.wait_end(PATIENCE) == code
    assert is_put_back(first_screen)


def test_a_signal_asks_nothing_although_something_is_typed(first_screen: PtySession) -> None:
    first_screen.press("a")
    first_screen.wait_for("Add a credential")
    first_screen.press("enter")
    first_screen.settle()
    first_screen.write("half a name")
    first_screen.wait_for("half a name")
    os.kill(first_screen.pid, signal.SIGTERM)
    assert first_screen.wait_end(PATIENCE) == 143
    assert is_put_back(first_screen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_work_that_a_signal_meets_stops_at_its_next_safe_place(home: Path, number: int) -> None:
    with hanging(home, "verify") as session:
        to_menu(session, "v")
        session.wait_for("of 1,000,000")
        os.kill(session.pid, number)
        assert session.wait_end(PATIENCE) == (143 if number == signal.SIGTERM else -number)
        assert is_put_back(session)
    assert (home / "stopped").exists()


def test_work_that_hangs_is_left_as_a_kill_would(home: Path) -> None:
    with hanging(home, "audit") as session:
        to_hung_work(session)
        os.kill(session.pid, signal.SIGTERM)
        assert session.wait_end(PATIENCE) == 143
        assert is_put_back(session)


# --- Ctrl+Q twice ----------------------------------------------------------------------------------------


def to_menu(session: PtySession, entry: str) -> None:
    session.wait_for("Credentials ── all 3")
    session.settle()
    session.press("m")
    session.wait_for("Menu")
    session.settle()
    session.press(entry)


def to_hung_work(session: PtySession) -> None:
    to_menu(session, "u")
    session.wait_for("newest first")
    session.settle()
    session.press("v")
    session.wait_for("Looking at what is here")


def test_ctrl_q_twice_leaves_work_that_hangs(home: Path) -> None:
    with hanging(home, "audit") as session:
        to_hung_work(session)
        session.press("escape")
        session.wait_for("cannot be stopped here; Ctrl+Q twice")
        session.press("enter", "q")  # no key but these leads out
        session.settle()
        session.press("ctrl+q")
        session.wait_for("Ctrl+Q again leaves now")
        began = time.monotonic()
        session.press("ctrl+q")
        assert session.wait_end(PATIENCE) == 130
        assert time.monotonic() - began < PATIENCE
        assert is_put_back(session)


def test_a_form_that_is_being_saved_says_what_leads_out(home: Path) -> None:
    with hanging(home, "saving") as session:
        session.wait_for("Credentials ── all 3")
        session.settle()
        session.press("a")
        session.wait_for("Add a credential")
        session.press("enter")
        session.settle()
        session.write("ns03\thttps://ns03.example.net\tLAB\\svc\tsecret")
        session.settle()
        session.press(*["enter"] * 5)
        session.wait_for("Working … cannot be stopped here; Ctrl+Q twice leaves")
        session.press("escape", "ctrl+q")
        session.wait_for("Ctrl+Q again leaves without it")
        session.press("ctrl+q")
        assert session.wait_end(PATIENCE) == 130
        assert is_put_back(session)


_STUCK = """
import asyncio, sys, time
from nskeys_tui.leaving import Leaving
sys.stdout.write("\\x1b[?1049h\\x1b[?25l"); sys.stdout.flush()
Leaving(asyncio.new_event_loop()).at_the_latest(7)
time.sleep(60)
"""


def test_an_app_that_is_stuck_itself_ends_all_the_same() -> None:
    with PtySession([sys.executable, "-c", _STUCK]) as session:
        assert session.wait_end(PATIENCE) == 7
        assert is_put_back(session)


# --- what is no text -------------------------------------------------------------------------------------


def typed_bytes(session: PtySession, data: bytes) -> None:
    os.write(session._master, data)


def test_a_byte_that_is_not_utf8_is_dropped_by_name_and_the_form_is_kept(first_screen: PtySession) -> None:
    session = first_screen
    session.press("a")
    session.wait_for("Add a credential")
    session.press("enter")
    session.settle()
    typed_bytes(session, b"M\xfcller")
    session.wait_for("(0xFC): dropped")
    typed_bytes(session, b"\x1b[200~ Gr\xf6\xdfe\x1b[201~ and on")
    session.wait_for("Mller Gre and on")
    session.press("ctrl+s")
    session.wait_for("!")
    assert "Mller Gre and on" in session.text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xfc", ""),
        (b"\xff\xfe", ""),
        (b"\xc3", ""),
        (b"\xe2\x82", ""),
        (b"\x80\x81\x82", ""),
        (b"\x1b[\xfc", "["),  # no key's sequence: what is text in it is typed
    ],
)
def test_any_such_bytes_leave_the_search_as_it_is(first_screen: PtySession, data: bytes, text: str) -> None:
    first_screen.press("/")
    first_screen.settle()
    typed_bytes(first_screen, b"dep" + data + b"loy")
    first_screen.wait_for(f"/ dep{text}loy")
    first_screen.press("escape")
    first_screen.settle()
    first_screen.press("q")
    assert first_screen.wait_end(PATIENCE) == 0
