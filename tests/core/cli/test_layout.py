"""What a command prints fits the terminal, and is whole where there is none."""

import os
import pty
import re
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from nskeys.cli.layout import NO_TERMINAL, Layout, layout_of
from nskeys.wording.text.terminal import middle, safe, width
from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine

_PATH = "/srv/backups/of/the/second/building/ns01.example.net-7f3a91c2-20261123T140200Z.zip"
_WORDS = st.text(max_size=120).map(safe)


def test_a_table_is_as_wide_as_the_terminal_and_paths_lose_their_middle() -> None:
    rows = [("a-name-that-is-typed-and-never-cut", "declared elsewhere", _PATH)]
    heading, line = Layout(80).table(("name", "where", "file"), rows)
    assert width(line) == 80
    assert line.startswith("a-name-that-is-typed-and-never-cut  declared elsewhere  /srv/back")
    assert line.endswith("T140200Z.zip")
    assert "…" in line
    assert heading.split() == ["name", "where", "file"]


def test_a_path_is_shortened_before_a_word() -> None:
    rows = [("187", "declared elsewhere", "credentials open", _PATH)]
    [_, line] = Layout(60).table(("change", "where", "proof", "destination"), rows)
    assert line.startswith("187     declared elsewhere  credentials open  /srv")
    assert width(line) == 60


def test_without_a_terminal_nothing_is_cut_or_broken() -> None:
    [_, line] = NO_TERMINAL.table(("name", "file"), [("n", _PATH * 5)])
    assert line == "n     " + _PATH * 5
    assert list(NO_TERMINAL.sentence("word " * 50)) == ["word " * 50]


def test_names_keep_their_cells_even_where_that_is_too_wide() -> None:
    [_, line] = Layout(40).table(("name", "file"), [("n" * 60, "short")])
    assert line == "n" * 60 + "  short"


def test_rows_beyond_those_that_were_measured_are_as_narrow() -> None:
    rows = [("n", "short")] * 1_000 + [("n", _PATH)]
    *_, last = Layout(60).table(("name", "file"), rows)
    assert last.endswith(_PATH)  # they are not cut: nobody measured them
    narrow = [("n", _PATH)] * 1_001
    *_, last = Layout(60).table(("name", "file"), narrow)
    assert width(last) == 60


def test_facts_go_on_below_themselves_and_no_word_is_broken() -> None:
    lines = list(
        Layout(40).facts([("due", "a key is in no backup elsewhere since yesterday"), ("file", _PATH)])
    )
    assert lines[0] == "due   a key is in no backup elsewhere"
    assert lines[1] == "      since yesterday"
    assert lines[2] == "file  " + _PATH


@given(_WORDS, st.integers(1, 60))
def test_what_lost_its_middle_fits_and_keeps_both_ends(text: str, cells: int) -> None:
    short = middle(text, cells)
    assert width(short) <= cells
    if width(text) <= cells:
        assert short == text


def test_only_a_terminal_gets_colours_and_only_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("NO_COLOR", raising=False)
        assert layout_of(stream).colours
        monkeypatch.setenv("NO_COLOR", "1")
        assert not layout_of(stream).colours
        monkeypatch.delenv("NO_COLOR")
        monkeypatch.setenv("TERM", "dumb")
        assert not layout_of(stream).colours
    os.close(leader)
    [heading, line] = Layout(80, colours=True).table(("name",), [("x\x1b[31m",)])
    assert heading == "\x1b[1mname\x1b[0m"
    assert "\x1b" not in line
    assert next(Layout(80, colours=True).complaint("nskeys: no.")) == "\x1b[31mnskeys: no.\x1b[0m"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_commands_fit_a_real_terminal(server: Machine, columns: int, tmp_path: Path) -> None:
    far = tmp_path / ("a-folder-with-a-long-name-" * 4)
    far.mkdir()
    server.does("destination", "add", str(far), "--elsewhere", "tape to the safe")
    server.back_up("--to", str(far))
    export = tmp_path / "export.csv"
    shutil.copy(Path(__file__).parents[3] / "export.csv", export)
    imports = ["credential", "import", str(export), "--plan"]
    # Their columns, each at its least width, are wider than a narrower terminal.
    tables = [words for words, least in ((["register"], 100), (imports, 80)) if columns >= least]
    for words in (["status"], ["destination"], *tables):
        command = [sys.executable, "-m", "nskeys_tui", "--home", str(server.home), *words]
        with PtySession(command, columns=columns, lines=60) as session:
            session.wait_end()
            printed = re.sub(r"\x1b\[\d*m", "", session.raw.decode("utf-8")).split("\r\n")
        wide = [line for line in printed if width(line) > columns]
        # What is wider is one word, which a person may want to copy.
        assert all(" " not in (line.strip().partition("  ")[2] or line.strip()) for line in wide), wide
        assert len(printed) > 1
