"""What the full-screen app costs on the wire and at start, beside a one-label app and curses."""

import sys
from functools import partial
from pathlib import Path

from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Ratio, in_turn
from tests.end_to_end.pty_session import PtySession

_HERE = Path(__file__).parent


def _nskeys(home: Path) -> list[str]:
    return [sys.executable, "-m", "nskeys_tui", "--home", str(home)]


def _until(argv: list[str], text: str) -> float:
    with PtySession(argv) as session:
        return session.wait_for(text)


def starting(folder: Path, sizes: tuple[int, ...], rounds: int = 7) -> list[Ratio]:
    """Start to first paint and to first data, with few and with many credentials."""
    label = [sys.executable, str(_HERE / "label_app.py")]
    ratios = []
    for size in sizes:
        make_home(folder / str(size), size, scrypt_log_n=4).close()
        argv = _nskeys(folder / str(size))
        floor, paint, data = in_turn(
            rounds,
            partial(_until, label, "ready"),
            partial(_until, argv, "If this server died now"),
            partial(_until, argv, "would come back"),
        )
        ratios.append(Ratio(f"start to first paint, {size:,}", floor, paint, "s", 1.3))
        ratios.append(Ratio(f"start to first data, {size:,}", floor, data, "s"))
    return ratios


def keys(folder: Path, size: int) -> list[Ratio]:
    """Bytes for a cursor key and for a page, against a curses list."""
    make_home(folder / "keys", size, scrypt_log_n=4).close()
    curses = [sys.executable, str(_HERE / "curses_list.py")]
    # For xterm curses asks for other cursor keys than those that a session sends; the cost is the same.
    plain = {"TERM": "linux"}
    with (
        PtySession(curses, environment=plain) as floor,
        PtySession(_nskeys(folder / "keys")) as program,
    ):
        floor.wait_for("package-000000")
        program.wait_for("package-000000")
        floor.settle()
        program.settle()
        program.bytes_for("down")
        medians = [
            in_turn(5, partial(_bytes, floor, key), partial(_bytes, program, key))
            for key in ("down", "pagedown")
        ]
    return [
        Ratio(f"{what}, bytes (budget {budget:,})", least, sent, "B", budget / least)
        for (what, budget), (least, sent) in zip(
            (("one cursor key", 220), ("a page", 2_200)), medians, strict=True
        )
    ]


def _bytes(session: PtySession, key: str) -> float:
    return float(session.bytes_for(key))


def memory(folder: Path, sizes: tuple[int, ...]) -> list[Ratio]:
    """Resident memory of the app, scrolled to the end of its list."""
    taken = []
    for size in sizes:
        home = folder / f"memory-{size}"
        make_home(home, size, scrypt_log_n=4).close()
        with PtySession(_nskeys(home)) as session:
            session.wait_for("package-000000")
            session.press("end")
            session.wait_for(f"package-{size - 1:06d}")
            status = Path(f"/proc/{session.pid}/status").read_text(encoding="ascii")
            taken.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
    return [
        Ratio(f"memory, {size:,} (floor: {sizes[0]:,})", taken[0], value, "MiB")
        for size, value in zip(sizes, taken, strict=True)
    ]
