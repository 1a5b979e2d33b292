"""Text broken into lines: all of it is there, and every line fits."""

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.wording.text.terminal import broken, safe, width
from tests.fakes.examples import examples

PATH = "/mnt/vault/backups-of-the-notification-servers/ns01-5ac19e2b-20261122T140200Z.zip"


def test_words_go_to_the_next_line_whole() -> None:
    assert broken("elsewhere (declared: carried away)", 22) == ["elsewhere (declared:", "carried away)"]


def test_a_long_path_is_broken_and_keeps_its_end() -> None:
    lines = broken(PATH, 30)
    assert "".join(lines) == PATH
    assert lines[-1].endswith(".zip")


def test_a_path_begins_on_the_line_where_it_is_named() -> None:
    lines = broken(f"backed up: {PATH}", 30)
    assert lines[0].startswith("backed up: /mnt/vault/")
    assert "".join(lines) == f"backed up: {PATH}"
    assert broken(f"it was backed up to: {PATH}", 28)[0] == "it was backed up to:"


@pytest.mark.parametrize("text", ["", " ", "a"])
def test_there_is_always_a_line(text: str) -> None:
    assert broken(text, 10) == [text.strip()]


def test_a_sign_of_two_cells_is_not_cut_in_half() -> None:
    assert broken("日本語", 3) == ["日", "本", "語"]


@given(st.text(max_size=80), st.integers(2, 40))
@settings(max_examples=examples(60), deadline=None)
def test_every_line_fits_and_nothing_is_lost(text: str, cells: int) -> None:
    shown = safe(text)
    lines = broken(shown, cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")
