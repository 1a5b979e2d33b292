"""Pages to print: chapters of words, facts and commands, laid out as plain text or as one HTML file."""

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
section { break-inside: auto; } h2 { break-after: avoid; }
dl { display: grid; grid-template-columns: 9em 1fr; gap: .15em .8em; break-inside: avoid; }
dt { color: #444; } dd { margin: 0; overflow-wrap: anywhere; }
dd, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #000; padding: .3em .8em;
  break-inside: avoid; }
.mark { font-weight: bold; }
figure { margin: .6em 0; break-inside: avoid; } figcaption { font-size: .85em; color: #444; }
svg { width: 28mm; height: 28mm; }
@page { margin: 18mm; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_html(page: Page) -> str:
    """Return the page as an HTML file. It holds no control characters: every text of a page is safe
    already."""
    title = escape(page.title)
    body = "\n".join(line for chapter in page.chapters for line in _chapter(chapter))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
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
        pairs = (f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>" for label, words in part.pairs)
        return "<dl>\n" + "\n".join(pairs) + "\n</dl>"
    if isinstance(part, Commands):
        return "<pre>" + escape("\n".join(part.lines)) + "</pre>"
    return _code(part)


def _code(part: Code) -> str:
    import segno  # here: only this page needs it, and it is slow to load

    drawn = segno.make_qr(part.text, error="m").svg_inline(omitsize=True, title=part.label)
    return f"<figure>{drawn}<figcaption>{escape(part.label)}</figcaption></figure>"
