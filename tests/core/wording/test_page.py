"""Pages as text and as HTML: nothing is left out, nothing from outside becomes a tag."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
import segno
from hypothesis import given, settings, strategies as st

from nskeys.wording.page import Chapter, Code, Commands, Page, Pairs, Words, page_html, page_lines
from nskeys.wording.text.terminal import safe, width
from tests.fakes.examples import examples

HASH = "0123456789abcdef" * 4
PAGE = Page(
    "Runbook of ns01",
    (
        Chapter(
            "The backups",
            (
                Words("Take the newest one.", mark=True),
                Pairs(
                    (("File", "/mnt/vault/" + "x" * 90 + ".zip"), ("SHA-256", HASH), ("Hint", "a " * 60))
                ),
                Code("SHA-256 of it", HASH),
                Commands(('backup="/mnt/a b"', "nskeys restore " + "y" * 90)),
            ),
        ),
    ),
)


class _Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(page: Page) -> _Seen:
    parser = _Seen()
    parser.feed(page_html(page))
    parser.close()
    return parser


def test_text_is_wrapped_but_a_path_a_hash_and_a_command_stay_whole() -> None:
    lines = page_lines(PAGE)
    assert "File         /mnt/vault/" + "x" * 90 + ".zip" in lines
    assert f"SHA-256      {HASH}" in lines
    assert len(f"SHA-256      {HASH}") == 77
    assert "    nskeys restore " + "y" * 90 in lines
    assert "! Take the newest one." in lines
    hints = [line for line in lines if line.startswith("             a a")]
    assert hints
    assert all(len(line) <= 78 for line in hints)
    assert lines[:2] == ["Runbook of ns01", "==============="]


def test_a_code_is_for_paper_alone() -> None:
    assert "SHA-256 of it" not in "\n".join(page_lines(PAGE))


@pytest.mark.parametrize("cells", [24, 57, 77])
def test_on_a_screen_nothing_is_wider_than_it_and_nothing_is_lost(cells: int) -> None:
    narrow = page_lines(PAGE, cells, whole=False)
    assert all(width(line) <= cells for line in narrow)
    for words in ("x" * 90 + ".zip", HASH, "y" * 90, 'backup="/mnt/a b"', "Take the newest one."):
        assert "".join(words.split()) in "".join("".join(narrow).split())
    hashes = [line for line in narrow if line.endswith(HASH[-4:])]
    assert all(line.startswith((" " * 13, "SHA-256")) for line in hashes)


def test_html_has_everything_and_fetches_nothing() -> None:
    found = seen(PAGE)
    for words in ("Runbook of ns01", "! Take the newest one.", HASH, 'backup="/mnt/a b"'):
        assert words in found.text
    assert not {"script", "link", "img", "iframe", "a", "object"} & set(found.tags)
    assert not {"src", "href", "onload"} & {name for name, _ in found.attributes}
    policy = dict(found.attributes)["content"]
    assert "default-src 'none'" in page_html(PAGE)
    assert policy is not None


def test_a_hash_stands_in_groups_that_a_person_compares_and_is_copied_as_one() -> None:
    groups = "".join(f"<span>{HASH[start : start + 8]}</span>" for start in range(0, 64, 8))
    assert f'<dd><span class="hash">{groups}</span></dd>' in page_html(PAGE)
    assert HASH in seen(PAGE).text


def test_a_command_is_broken_between_its_words_alone() -> None:
    assert "<code><span>backup=&quot;/mnt/a</span> <span>b&quot;</span>\n</code>" in page_html(PAGE)


def test_only_a_page_for_one_sheet_is_laid_out_as_one() -> None:
    assert '<body class="sheet">' in page_html(replace(PAGE, one_sheet=True))
    assert "<body>" in page_html(PAGE)


def test_the_code_is_the_checksum() -> None:
    drawn = segno.make_qr(HASH, error="m").svg_inline(omitsize=True, title="SHA-256 of it")
    assert drawn in page_html(PAGE)
    other = Page("x", (Chapter("y", (Code("SHA-256 of it", HASH[::-1]),)),))
    assert drawn not in page_html(other)


def _without_spans(found: _Seen) -> list[str]:
    """The tags but for those around words, of which there are as many as words."""
    return [tag for tag in found.tags if tag != "span"]


HOSTILE = "</title><script>alert(1)</script>\"'&amp;<img src=x onerror=y>"


def test_text_from_outside_is_never_a_tag() -> None:
    plain = seen(
        Page("t", (Chapter("c", (Words("w"), Pairs((("l", "p"),)), Commands(("x",)), Code("k", "q"))),))
    )
    hostile = seen(
        Page(
            HOSTILE,
            (
                Chapter(
                    HOSTILE,
                    (
                        Words(HOSTILE),
                        Pairs(((HOSTILE, HOSTILE),)),
                        Commands((HOSTILE,)),
                        Code(HOSTILE, "q"),
                    ),
                ),
            ),
        )
    )
    assert _without_spans(hostile) == _without_spans(plain)
    assert hostile.text.count(HOSTILE) == 9


@given(text=st.text(max_size=60).map(safe))
@settings(max_examples=examples(60), deadline=None)
def test_whatever_is_safe_for_a_terminal_comes_out_of_html_as_it_is(text: str) -> None:
    found = seen(Page("t", (Chapter("c", (Commands((f"[{text}]",)),)),)))
    assert f"[{text}]" in found.text
    assert found.tags.count("pre") == 1
