"""Every screen and every dialog of the app, on a real terminal and full of hostile texts: the bytes that
reach the terminal hold none of them as it is."""

import importlib
import inspect
import json
import pkgutil
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from textual.screen import Screen

import nskeys_tui
from tests.end_to_end import hostile_tour
from tests.end_to_end.pty_session import PtySession
from tests.end_to_end.test_sentinels import forged, planted
from tests.fakes.command_line import Machine
from tests.fakes.sentinels import OBEYED, SENTINELS
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

_MODES = r"\?(?:7|25|1004|1049|2004|2026|2048)"
_ALLOWED = re.compile(
    rb"\x1b\[(?:[0-9;:]*[mHCK]|2J|" + _MODES.encode() + rb"(?:[hl]|\$p)|[<>=][0-9]*u)|\x1b\]22;default\x07"
)
"""What the app says to a terminal: colours, places, blanks, its modes, the keyboard, the pointer."""
_BRACKETS = ("[", "\u200b")
ONCE = (b"\x1b[?1049h", b"\x1b[?1049l")


def screens() -> dict[str, type[Screen[object]]]:
    """Every screen and dialog that nskeys has; what others are made of is none by itself."""
    found: dict[str, type[Screen[object]]] = {}
    for module in pkgutil.walk_packages(nskeys_tui.__path__, "nskeys_tui."):
        if module.name.endswith("__main__"):
            continue
        for name, thing in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(thing, Screen) and thing.__module__.startswith("nskeys_tui"):
                found[name] = thing
    bases = {base for thing in found.values() for base in thing.__mro__[1:]}
    return {name: thing for name, thing in found.items() if thing not in bases}


def heads() -> dict[str, bytes]:
    """Of each text that a terminal would obey, what it must not get: the control and what follows."""
    found = {}
    for text in SENTINELS:
        if text[0] in OBEYED:
            found[text] = text.encode() if len(text) < 12 else text[:12].encode()
    return found


def stray(raw: bytes) -> set[str]:
    """What a terminal would obey, beside what the app says to it."""
    rest = _ALLOWED.sub(b"", raw).decode("utf-8", "replace")
    return OBEYED.intersection(rest) - {"\r", "\n"}


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    (tmp_path / "machines").mkdir()
    return Machine(tmp_path / "machines", capsys)


def hostile_files(machine: Machine, address: str) -> tuple[Path, Path]:
    """A backup and an export whose names, and the export's contents, are hostile; others beside them."""
    folder = machine.folder / f"files {SENTINELS[1].replace('/', '')}"
    folder.mkdir()
    for number, text in enumerate(SENTINELS):
        (folder / f"{number}{text.replace('/', '')}.zip").write_text(text)
    backup = folder / f"copy {SENTINELS[18]}{SENTINELS[8]}.zip"
    backup.write_bytes(Path(address).read_bytes())
    export = folder / f"export {SENTINELS[18]}.csv"
    quoted = [text.replace('"', '""') for text in SENTINELS]
    rows = "".join(
        f'"run-as","t{n} {text}","{text}","s","{text}","{text}"\n' for n, text in enumerate(quoted)
    )
    export.write_text(f'"Group","Title","Username","Password","URL","Notes"\n{rows}')
    return backup, export


def spoilt(home: Path) -> None:
    """The audit trail, and the server's name in config.toml."""
    with closing(sqlite3.connect(home / "cmdb.sqlite3")) as database, database:
        lines = database.execute("SELECT no, line FROM audit ORDER BY no").fetchall()
        for (number, line), text in zip(lines, SENTINELS, strict=False):
            value = json.loads(line) | {"subject": text, "user": text}
            database.execute("UPDATE audit SET line = ? WHERE no = ?", (json.dumps(value), number))
    config = home / "config.toml"
    name = json.dumps("".join(SENTINELS[n] for n in (0, 18, 27)))
    kept = [line for line in config.read_text().splitlines() if not line.startswith("server_name")]
    kept.insert(1, f"server_name = {name}")
    config.write_text("\n".join(kept) + "\n")


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
def test_on_every_screen_and_in_every_dialog(machine: Machine, size: tuple[int, int]) -> None:
    address = planted(machine)
    backup, export = hostile_files(machine, address)
    forged(machine.home)
    spoilt(machine.home)
    seen = machine.folder / "seen.json"
    argv = [str(machine.home), str(backup), str(export), str(seen)]
    columns, lines = size
    with PtySession(
        [sys.executable, "-m", hostile_tour.__name__, *argv],
        columns=columns,
        lines=lines,
        directory=str(Path(__file__).parents[2]),
        blind=True,
    ) as session:
        code = session.wait_end(timeout=600)
        raw = session.raw
    assert code == 0, raw[-2000:]
    missed = screens().keys() - set(json.loads(seen.read_text()))
    assert missed == set(), "these screens are not on the tour: add a stop for each"
    assert stray(raw) == set()
    for text, head in heads().items():
        assert head not in raw, text
    assert [raw.count(mode) for mode in ONCE] == [1, 1]
    for shown in (b"\\x1b[2Jescape", b"[bold red]markup", b"\\u202egnp"):
        assert shown in raw, "shown as it is spelt, and not left out"


def test_the_search_finds_what_it_looks_for() -> None:
    for text in SENTINELS:
        if text[0] in OBEYED:
            told = b"\x1b[1;1H\x1b[7m" + text.encode() + b"\x1b[0m"
            assert stray(told) or any(head in told for head in heads().values()), text
    assert stray(b"\x1b[?1049h\x1b[?25l\x1b[12;1H\x1b[1;31mplain\x1b[0m\r\n") == set()
