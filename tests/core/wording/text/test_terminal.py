"""Outside text on a terminal: nothing hidden, nothing obeyed, and every cell counted."""

import unicodedata

import pytest
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len

from nskeys.wording.text.terminal import fit, pad, safe, safe_lines, shown, width
from tests.fakes.examples import examples

MIXED = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "aé日👩❤1#क्ष\u0301می\u200c\u200d\ufe0e\ufe0f\u20e3\U0001f3fd\u202e\x1b\x9b\r\n\t\x7f"
        ),
    ),
    max_size=60,
)
"""Any text, with more than its share of characters that join, select, hide or command."""


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("\x00\x7f\x85", "\\x00\\x7f\\x85"),
        ("one\ntwo\r\n\tthree", "one\\ntwo\\r\\n\\tthree"),
        ("\u061c\u200e\u200f", "\\u061c\\u200e\\u200f"),
        ("admin\u202enimda", "admin\\u202enimda"),
        ("\u202a\u202b\u202c\u202d", "\\u202a\\u202b\\u202c\\u202d"),
        ("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("svc\U000e0041\U000e007f", "svc\\U000e0041\\U000e007f"),
        ("ro\u200bot\u200d\u200c", "ro\\u200bot\\u200d\\u200c"),
        ("soft\xadhyphen\ufeff", "soft\\xadhyphen\\ufeff"),
        ("\ue000\U000f0000\U0010ffff\u0378", "\\ue000\\U000f0000\\U0010ffff\\u0378"),
        ("\ud800", "\\ud800"),
        ("\u0301e", "\\u0301e"),
        ("x\ufe0f", "x\\ufe0f"),
        ("a\u3164b\u2800c", "a\\u3164b\\u2800c"),
    ],
)
def test_what_would_command_or_hide_is_shown(text: str, seen: str) -> None:
    assert safe(text) == seen


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("CORP\\svc-deploy", 15),
        ("Zürich", 6),
        ("e\u0301tude", 5),
        ("日本語", 6),
        ("한국어", 6),
        ("ns02　東京", 10),
        ("Ελλάδα Москва", 13),
        ("❤", 1),
        ("❤️", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧", 2),
        ("🏳️‍🌈", 2),
        ("🇩🇪", 2),
        ("1️⃣", 2),
        ("क्‍ष", 1),
        ("می‌خواهم", 7),
        ("葛\U000e0100", 2),
        ("…─█", 3),
        ("[bold]not markup[/]", 19),
        ("", 0),
    ],
)
def test_printable_text_stays_and_is_measured(text: str, cells: int) -> None:
    assert safe(text) == text
    assert width(text) == cells


@pytest.mark.parametrize(
    "text", ["Zürich", "日本語", "❤️", "👍🏽", "👨‍👩‍👧", "🏳️‍🌈", "🇩🇪", "1️⃣", "क्‍ष", "e\u0301"]
)
def test_a_cell_counted_here_is_a_cell_that_the_app_draws(text: str) -> None:
    assert width(text) == cell_len(text)


@settings(max_examples=examples(400), deadline=None)
@given(MIXED)
def test_no_input_leaves_a_control_in_the_output(text: str) -> None:
    for character in safe(text):
        assert character not in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
        assert unicodedata.category(character) != "Cf" or character in "\u200c\u200d"


@settings(max_examples=examples(400), deadline=None)
@given(MIXED)
def test_making_safe_twice_changes_nothing(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@settings(max_examples=examples(200), deadline=None)
@given(MIXED, st.integers(0, 40))
def test_fit_never_takes_more_cells_and_pad_takes_exactly_these(text: str, cells: int) -> None:
    clean = safe(text)
    assert width(fit(clean, cells)) <= cells
    assert width(pad(clean, cells)) == cells
    assert width(pad(clean, cells, right=True)) == cells
    if width(clean) <= cells:
        assert fit(clean, cells) == clean
    assert safe(fit(clean, cells)) == fit(clean, cells)


def test_a_cut_text_ends_with_an_ellipsis_and_keeps_marks_with_their_letter() -> None:
    assert fit("sftp://vault02.example.net", 12) == "sftp://vaul…"
    assert fit("日本語", 5) == "日本…"
    assert fit("日本語", 4) == "日…"
    assert fit("cafe\u0301s", 5) == "cafe\u0301s"
    assert fit("cafe\u0301ss", 5) == "cafe\u0301…"
    assert fit("deploy", 0) == ""
    assert fit("deploy", 5, ellipsis="..") == "dep.."


def test_padding_fills_with_spaces_on_either_side() -> None:
    assert pad("run-as", 8) == "run-as  "
    assert pad("12", 4, right=True) == "  12"
    assert pad("日本語", 5) == "日本…"
    assert pad("日本語", 4) == "日… "


def test_lines_stay_lines_where_lines_are_wanted() -> None:
    assert safe_lines("one\r\ntwo\n\x1b[2J\rthree") == ["one", "two", "\\x1b[2J\\rthree"]
    assert safe_lines("") == [""]


def test_thirty_marks_are_spelling_and_more_are_not() -> None:
    assert safe("e" + "\u0301" * 30) == "e" + "\u0301" * 30
    assert safe("e" + "\u0301" * 31) == "e" + "\u0301" * 30 + "\\u0301"


def test_outside_text_in_a_sentence_is_cut_and_never_nothing() -> None:
    assert shown("") == "(empty)"
    assert shown("a\nb") == "a\\nb"
    assert width(shown("x" * 5_000)) == 200
