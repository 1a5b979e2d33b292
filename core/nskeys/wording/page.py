"""Pages to print: chapters of words, facts and commands, laid out as plain text or as one HTML file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from nskeys.wording.text.terminal import broken, pad, width


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; with `mark`, a warning with a `!` before it."""

    text: str
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labelled facts, one a line."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to type as they stand."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text for a machine to read from paper, as a QR code. It is left out where nothing can be drawn,
    since the same text stands among the facts."""

    label: str
    text: str


Part = Words | Pairs | Commands | Code


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and what stands below it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All chapters, with a title."""

    title: str
    chapters: tuple[Chapter, ...]
    one_sheet: bool = False
    """Whether it is to fit one sheet of paper."""


WIDTH = 78
_COMMAND = "    "
_LABEL = 13
"""With it a SHA-256 of 64 digits just fits into a line of 80, frame and scroll bar included."""


def page_lines(page: Page, cells: int = WIDTH, *, whole: bool = True) -> list[str]:
    """Return lines of about `cells`: longer words (a path, a hash) and commands stay whole, so that they
    can be copied. Without `whole`, of at most `cells`, for a screen; what is longer goes on below."""
    layout = _Layout(cells, whole)
    lines = [*layout.broken(page.title), "=" * min(cells, width(page.title))]
    for chapter in page.chapters:
        lines += layout.chapter(chapter)
    return lines


@dataclass(frozen=True, slots=True)
class _Layout:
    """The width, and whether long words stay whole."""

    cells: int
    whole: bool

    def chapter(self, chapter: Chapter) -> Iterator[str]:
        """Yield the lines of a chapter, with an empty line before the heading and before each part."""
        yield ""
        yield from self.broken(chapter.title)
        yield "-" * min(self.cells, width(chapter.title))
        for part in chapter.parts:
            lines = list(self.part(part))
            if lines:
                yield ""
                yield from lines

    def part(self, part: Part) -> Iterator[str]:
        """Yield the lines of a part; none for a code, which is for paper."""
        if isinstance(part, Words):
            yield from self.broken(f"! {part.text}" if part.mark else part.text)
        elif isinstance(part, Pairs):
            for label, words in part.pairs:
                for number, line in enumerate(self.broken(words, _LABEL)):
                    yield (pad("" if number else label, _LABEL) + line).rstrip()
        elif isinstance(part, Commands):
            for command in part.lines:
                for line in [command] if self.whole else self.broken(command, len(_COMMAND)):
                    yield _COMMAND + line

    def broken(self, text: str, indent: int = 0) -> list[str]:
        """Return lines that fit behind an indent of so many cells."""
        room = max(2, self.cells - indent)
        return _between_words(text, room) if self.whole else broken(text, room)


def _between_words(text: str, cells: int) -> list[str]:
    """Break text at spaces alone."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= cells or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


_STYLE = """
body { font: 11pt/1.45 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em;
  color: #000; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; border-bottom: 1px solid #000; margin-top: 1.6em; }
dl { display: grid; grid-template-columns: 9em 1fr; gap: .15em .8em; }
dt { color: #444; } dd { margin: 0; overflow-wrap: anywhere; }
dd, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
pre { white-space: pre-wrap; border-left: 3px solid #000; padding: .3em .8em; }
code { display: block; font: inherit; padding-left: 2em; text-indent: -2em; }
code span, .hash span { display: inline-block; text-indent: 0; max-width: 100%; overflow-wrap: anywhere; }
.hash { display: inline-block; max-width: 38ch; } .hash span { margin-right: 1ch; }
.mark { font-weight: bold; }
figure { margin: .6em 0; } figcaption { font-size: .85em; color: #444; }
svg { width: 28mm; height: 28mm; }
.sheet { font-size: 10pt; line-height: 1.35; } .sheet h1 { font-size: 1.35em; margin: 0; }
.sheet h2 { margin: .9em 0 0; } .sheet p, .sheet dl, .sheet pre { margin: .5em 0; }
.sheet section { display: flow-root; } .sheet figure { float: right; width: 34mm; margin: -1.6em 0 0 1em; }
.sheet dl { grid-template-columns: 6em 1fr 6em 1fr; } .sheet dd:last-child { grid-column: 2 / -1; }
@media print {
  body { font-size: 10pt; line-height: 1.4; max-width: none; margin: 0; padding: 0; }
  section, dl, pre, figure { break-inside: avoid; }
  h2, p:has(+ pre), p:has(+ dl) { break-after: avoid; }
  p { orphans: 3; widows: 3; }
}
@page { margin: 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_html(page: Page) -> str:
    """Return the page as an HTML file. It holds no control characters: every text of a page is safe
    already."""
    title, sheet = escape(page.title), ' class="sheet"' if page.one_sheet else ""
    body = "\n".join(line for chapter in page.chapters for line in _chapter(chapter))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body{sheet}>\n<h1>{title}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"<section>\n<h2>{escape(chapter.title)}</h2>"
    for part in chapter.parts:
        yield _part(part)
    yield "</section>"


def _part(part: Part) -> str:
    if isinstance(part, Words):
        return f'<p class="mark">! {escape(part.text)}</p>' if part.mark else f"<p>{escape(part.text)}</p>"
    if isinstance(part, Pairs):
        pairs = (f"<dt>{escape(label)}</dt><dd>{_in_groups(words)}</dd>" for label, words in part.pairs)
        return "<dl>\n" + "\n".join(pairs) + "\n</dl>"
    if isinstance(part, Commands):
        return "<pre>" + "".join(f"<code>{_unbroken(line)}\n</code>" for line in part.lines) + "</pre>"
    return _code(part)


_HASH = re.compile(r"\b(?:[0-9a-f]{32}){1,2}\b")
_WORD = re.compile(r"[^ ]+")
_GROUP = 8
"""Digits that a person compares at a time."""


def _in_groups(text: str) -> str:
    """Return a text whose hashes stand in groups and are broken only between them; what is copied from it
    has no spaces."""
    text = escape(text)
    return _HASH.sub(lambda found: f'<span class="hash">{_groups(found[0])}</span>', text)


def _groups(digits: str) -> str:
    cut = (digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP))
    return "".join(f"<span>{group}</span>" for group in cut)


def _unbroken(command: str) -> str:
    """Return a command that is broken between its words: no option loses its dashes to the line before."""
    return _WORD.sub(lambda found: f"<span>{escape(found[0])}</span>", command)


def _code(part: Code) -> str:
    import segno  # here: only this page needs it, and it is slow to load

    drawn = segno.make_qr(part.text, error="m").svg_inline(omitsize=True, title=part.label)
    return f"<figure>{drawn}<figcaption>{escape(part.label)}</figcaption></figure>"
