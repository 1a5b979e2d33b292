"""What the full-screen app costs on the wire and at start, beside a one-label app and curses."""

import sys
from functools import partial
from pathlib import Path

from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Cost, Ratio, cpu_of, in_turn
from tests.end_to_end.pty_session import PtySession

_HERE = Path(__file__).parent
_LABEL = [sys.executable, str(_HERE / "label_app.py")]
_FEW, _MANY, _KEY = 0.7, 0.8, 1.7
"""Of a one-label app: data on the screen, with few and with many credentials; a key typed ahead."""
_MEMORY = 1.65
_SCREEN, _CURSOR, _PAGE, _THERE_AND_BACK = 3_000, 200, 350, 4_000
"""Bytes."""
_FIRST = "package-000000"


def _nskeys(home: Path) -> list[str]:
    return [sys.executable, "-m", "nskeys_tui", "--home", str(home)]


def _until(argv: list[str], text: str, key: str = "", then: str = "") -> Cost:
    """Return wall time and CPU from the start until a text is seen; with a key, until what it opens is."""
    with PtySession(argv) as session:
        wall = session.wait_for(text)
        if key:
            session.press(key)
            wall = session.wait_for(then)
        return Cost(wall, cpu_of(session.pid))


def starting(folder: Path, sizes: tuple[int, ...], rounds: int) -> list[Ratio]:
    """Start to first data, and to what a key does that is typed as soon as it is seen."""
    ratios = []
    for size in sizes:
        make_home(folder / str(size), size, scrypt_log_n=4).close()
        argv = _nskeys(folder / str(size))
        floor, data, key = in_turn(
            rounds,
            partial(_until, _LABEL, "ready"),
            partial(_until, argv, _FIRST),
            partial(_until, argv, _FIRST, "m", "Register"),
        )
        few = size == sizes[0]
        ratios.append(
            Ratio(f"first data, {size:,} (floor: one label)", floor, data, "s", _FEW if few else _MANY)
        )
        ratios.append(Ratio("  a key typed at first data takes effect", floor, key, "s", _KEY))
    return ratios


def keys(folder: Path, size: int) -> list[Ratio]:
    """Bytes of the first screen against its bare text; of keys against a curses list."""
    make_home(folder / "keys", size, scrypt_log_n=4).close()
    curses = [sys.executable, str(_HERE / "curses_list.py")]
    # For xterm curses asks for other cursor keys than those that a session sends; the cost is the same.
    plain = {"TERM": "linux"}
    with (
        PtySession(curses, environment=plain) as floor,
        PtySession(_nskeys(folder / "keys")) as program,
    ):
        floor.wait_for(_FIRST)
        program.wait_for(_FIRST)
        floor.settle()
        program.settle(1.0)
        first = float(program.received)
        page = float(len("".join(program.screen).encode()))
        program.bytes_for("down")
        down = in_turn(5, partial(_bytes, floor, "down"), partial(_bytes, program, "down"))
        turn = in_turn(5, partial(_bytes, floor, "pagedown"), partial(_bytes, program, "pagedown"))
        program.bytes_for("m")
        program.bytes_for("escape")
        there = _bytes(program, "m").amount + _bytes(program, "escape").amount
    return [
        _in_bytes("first screen (floor: its text)", Cost(page), Cost(first), _SCREEN),
        _in_bytes("one cursor key (floor: curses)", down[0], down[1], _CURSOR),
        _in_bytes("a page (floor: curses)", turn[0], turn[1], _PAGE),
        _in_bytes("the menu and back (floor: two pages)", turn[0].times(2), Cost(there), _THERE_AND_BACK),
    ]


def _in_bytes(what: str, floor: Cost, program: Cost, budget: int) -> Ratio:
    return Ratio(f"{what}, {budget:,} B", floor, program, "B", budget / floor.amount)


def _bytes(session: PtySession, key: str) -> Cost:
    return Cost(float(session.bytes_for(key)))


def memory(folder: Path, sizes: tuple[int, ...]) -> list[Ratio]:
    """Resident memory of the app, scrolled to the end of its list, against a one-label app."""
    with PtySession(_LABEL) as session:
        session.wait_for("ready")
        session.settle()
        floor = _resident(session)
    ratios = []
    for size in sizes:
        home = folder / f"memory-{size}"
        make_home(home, size, scrypt_log_n=4).close()
        with PtySession(_nskeys(home)) as session:
            session.wait_for(_FIRST)
            session.press("end")
            session.wait_for(f"package-{size - 1:06d}")
            session.settle()
            ratios.append(
                Ratio(f"memory, {size:,} (floor: one label)", floor, _resident(session), "MiB", _MEMORY)
            )
    return ratios


def _resident(session: PtySession) -> Cost:
    status = Path(f"/proc/{session.pid}/status").read_text(encoding="ascii")
    return Cost(int(status.split("VmRSS:")[1].split()[0]) / 1024)
