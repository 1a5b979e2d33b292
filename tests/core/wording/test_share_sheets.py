"""A custodian's sheet: what it says, what it holds, and that a machine reads its code."""

import re
from datetime import UTC, datetime

import pytest

from nskeys.crypto.slip39 import new_split_secret, parse, split
from nskeys.model.custodians import ShareProgress, SheetFacts
from nskeys.model.secret import SecretBytes
from nskeys.wording.custodians import needed_words, progress_line, title, word_rows
from nskeys.wording.page import Code, page_html, page_lines
from nskeys.wording.share_sheets import qr_lines, qr_text, sheet_name, sheet_page
from nskeys.wording.text.terminal import width

SHARES = split(new_split_secret(), 5, 3)
FACTS = SheetFacts(
    server="ns01.example.net",
    cmdb_id="c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
    set_name=SHARES[0].label.set_name,
    shares=5,
    threshold=3,
    number=2,
    recipient="age1" + "q" * 58,
    created=datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
)


def text_of(number: int) -> str:
    return "\n".join(page_lines(sheet_page(FACTS, SHARES[number - 1])))


def words_on(page: str) -> str:
    """The words as somebody reads them off: in the order of their numbers."""
    numbered = re.findall(r"\b(\d\d?) ([a-z]{4,8})\b", page)
    return " ".join(word for _, word in sorted({(int(place), word) for place, word in numbered}))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_what_is_read_off_a_sheet_is_its_share_and_no_other(number: int) -> None:
    page = text_of(number)
    words = page[page.index("The words\n") : page.index("On the day\n")]
    share = parse(SecretBytes(words_on(words).encode()))
    assert share.label == SHARES[number - 1].label
    for other in SHARES:
        if other.label.number != number:
            assert other.words.text() not in page


def test_it_says_whose_it_is_and_what_to_do() -> None:
    page = text_of(2)
    for said in (
        "Share 2 of 5: the keys of ns01.example.net",
        "any 3 of the 5",
        "c0c1c2c3",
        FACTS.set_name,
        "2026-11-30",
        "nskeys restore FILE --shares",
        "shamir recover",
        "age -d -i identity-custodians.age keys.kms",
    ):
        assert said in page


def test_the_page_to_print_draws_the_words_as_a_code() -> None:
    html = page_html(sheet_page(FACTS, SHARES[0]))
    assert "<svg" in html
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_the_code_holds_the_words_and_nskeys_takes_them_as_they_are_scanned() -> None:
    codes = [
        part
        for chapter in sheet_page(FACTS, SHARES[3]).chapters
        for part in chapter.parts
        if isinstance(part, Code)
    ]
    assert [code.text for code in codes] == [qr_text(SHARES[3])]
    assert parse(SecretBytes(codes[0].text.encode())).label == SHARES[3].label


def test_the_code_fits_into_a_terminal_of_80x24() -> None:
    for _ in range(20):
        for share in split(new_split_secret(), 5, 3):
            lines = qr_lines(share)
            assert len(lines) <= 23
            assert {len(line) for line in lines} == {len(lines[0])}
            assert len(lines[0]) <= 80


def test_a_name_for_each_file() -> None:
    name = sheet_name(FACTS, SHARES[1], "html")
    assert name == f"share-2-of-5-{FACTS.set_name.replace(' ', '-')}.html"


def test_outside_text_is_safe_on_a_sheet() -> None:
    hostile = SheetFacts("ns\x1b[2J\u202e", *(getattr(FACTS, name) for name in FACTS.__slots__[1:]))
    page = "\n".join(page_lines(sheet_page(hostile, SHARES[0])))
    assert "\x1b" not in page
    assert "\u202e" not in page


# --- while they are typed in ------------------------------------------------------------------------------


def test_how_far_one_is() -> None:
    assert progress_line(ShareProgress()) == "The set is known from the first sheet."
    assert title(ShareProgress()) == "The first sheet"
    known = ShareProgress("acquire surprise", 3, 5)
    assert progress_line(known) == 'Set "acquire surprise": 0 of 3 given, 3 more needed.'
    one = ShareProgress("acquire surprise", 3, 5, (4,))
    assert progress_line(one) == 'Set "acquire surprise": 1 of 3 given (4), 2 more needed.'
    assert title(one) == "Sheet 2 of 3"
    assert progress_line(ShareProgress("a b", 3, 5, (4, 1, 2))) == 'Set "a b": 3 of 3 given (1, 2 and 4).'
    assert title(ShareProgress("a b", 3, 5, (4,), every=True)) == "Sheet 2 of 5"


def test_rows_of_words_fit_and_can_be_hidden() -> None:
    words = SHARES[0].words.text().split()
    rows = word_rows(words, 19)
    assert len(rows) == 5
    assert max(map(width, rows)) <= 54
    assert ">20" in rows[4]
    assert words[7] in rows[2]
    hidden = "\n".join(word_rows(words[:7], 7, hidden=True))
    assert not any(word in hidden for word in words)
    assert hidden.count("****") == 7


def test_what_the_two_numbers_mean() -> None:
    assert needed_words(5, 3) == (
        "5 custodians get a sheet each; any 3 of them together open the backups, 2 cannot. "
        "2 sheets may get lost."
    )
    assert needed_words(2, 2).endswith(
        "any 2 of them together open the backups, 1 cannot. No sheet may get lost."
    )
