"""Shares in a file, as people copy them from their sheets."""

import re
from collections.abc import Callable

import pytest

from nskeys.crypto.slip39 import new_split_secret, split
from nskeys.services.flows.share_entry import ShareEntry
from nskeys.services.flows.share_file import WrittenShare, written_shares
from nskeys.wording.custodians import suggestions_line, word_rows

TEXTS = [share.words.text() for share in split(new_split_secret(), 3, 2)]
Written = Callable[[list[str]], str]


def _line(words: list[str]) -> str:
    return " ".join(words)


WAYS: dict[str, Written] = {
    "a share a line": _line,
    "four letters of each": lambda words: _line([word[:4] for word in words]),
    "in capitals": lambda words: _line(words).upper(),
    "with commas": ", ".join,
    "with blanks that do not break": lambda words: "\u00a0".join(words) + "\u00a0",
    "a word a line": "\n".join,
    "a word a line, from Windows": "\r\n".join,
    "a word a line, from an old Mac": "\r".join,
    "with numbers": lambda words: _line([f"{n} {word}" for n, word in enumerate(words, 1)]),
    "numbered, a word a line": lambda words: "\n".join(f"{n}. {w}" for n, w in enumerate(words, 1)),
    "with numbers close by": lambda words: _line([f"{n}){word}" for n, word in enumerate(words, 1)]),
    "as the sheet has them": lambda words: "\n".join(word_rows(words)),
    "the sheet's rows in four letters": lambda words: "\n".join(word_rows([w[:4] for w in words])),
    "ten a line": lambda words: f"{_line(words[:10])}\n{_line(words[10:])}",
    "behind a mark": lambda words: "\ufeff" + _line(words),
}


def _taken(text: str) -> list[str]:
    shares = [*written_shares(text)]
    assert [share.problem for share in shares] == [None] * len(shares)
    return [share.text for share in shares]


@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n \t\r\n", "\n,\n\n"])
@pytest.mark.parametrize("way", WAYS)
def test_however_they_are_copied_they_are_the_same_shares(way: str, between: str) -> None:
    assert _taken(between.join(WAYS[way](text.split()) for text in TEXTS)) == TEXTS


@pytest.mark.parametrize("way", [way for way in WAYS if way != "behind a mark"])
def test_the_prompt_takes_what_the_file_takes(way: str) -> None:
    entry = ShareEntry()
    for line in re.split("\r\n|\r|\n", WAYS[way](TEXTS[0].split())):
        entry = entry.line(line)
    assert (entry.full, entry.problem, entry.share().words.text()) == (True, None, TEXTS[0])
    pasted = ShareEntry().typed(WAYS[way](TEXTS[1].split())).take()
    assert pasted.share().words.text() == TEXTS[1]


def _only(text: str) -> WrittenShare:
    (share,) = written_shares(text)
    return share


def test_a_misread_word_is_told_with_its_line_its_place_and_what_may_be_meant() -> None:
    words = TEXTS[0].split()
    for way in ("a share a line", "a word a line", "with numbers", "as the sheet has them"):
        wrong = [*words[:6], "shelxx", *words[7:]]
        share = _only(WAYS[way](wrong))
        assert share.problem is not None
        assert (share.problem.reason, share.problem.word) == ("word", 7)
        assert share.problem.line == {"a word a line": 7, "as the sheet has them": 2}.get(way, 1)
        said = suggestions_line("", share.meant, unknown=True)
        assert re.search(r"Did you mean .*shelter.* or [a-z]+\?$", said)
        assert " and " not in said
        assert not any(word in repr(share) for word in ("shelxx", "shelter"))


@pytest.mark.parametrize(
    ("text", "reason", "word", "line"),
    [
        (" ".join(TEXTS[0].split()[:19]), "count", 19, 1),
        (f"\n{TEXTS[0]} academic", "count", 21, 2),
        (" ".join(f"{n} {w}" for n, w in enumerate(TEXTS[0].split(), 1) if n != 7), "missing", 7, 1),
        ("0 " + TEXTS[0], "count", 21, 1),
        (TEXTS[0].replace(" ", " \ufffd", 1), "not_text", 2, 1),
    ],
)
def test_what_is_no_share_says_why(text: str, reason: str, word: int, line: int) -> None:
    problem = _only(text).problem
    assert problem is not None
    assert (problem.reason, problem.word, problem.line) == (reason, word, line)


def test_one_short_share_does_not_take_words_of_the_next() -> None:
    short, whole = written_shares("\n".join((TEXTS[0].rsplit(" ", 1)[0], TEXTS[1])))
    assert short.problem is not None
    assert (short.problem.reason, short.problem.word, short.problem.line) == ("count", 19, 1)
    assert (whole.text, whole.line) == (TEXTS[1], 2)


def test_a_word_behind_a_number_does_not_take_the_place_of_another() -> None:
    words = TEXTS[0].split()
    share = _only(f"2 {words[1]} 1 {words[0]} {' '.join(words[2:])}")
    assert (share.problem, share.text) == (None, TEXTS[0])


def test_an_empty_file_has_none() -> None:
    assert [*written_shares(" \n\n,\n")] == []
