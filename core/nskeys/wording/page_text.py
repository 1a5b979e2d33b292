"""A page as plain text, for a file, a pipe or a screen."""

from collections.abc import Iterator
from dataclasses import dataclass

from nskeys.wording.page import Chapter, Commands, Page, Pairs, Part, Words
from nskeys.wording.text.terminal import pad, width
from nskeys.wording.wrapping import broken

WIDTH = 78
_COMMAND = "    "
_LABEL = 13
"""With it a SHA-256 of 64 digits just fits into a line of 80, frame and scroll bar included."""


def page_lines(page: Page, cells: int = WIDTH, *, whole: bool = True) -> list[str]:
    """Lines of about `cells`: a word that is longer (a path, a hash) and a command stay whole, so that
    they can be copied. Not `whole`: of at most `cells`, for a screen; what is longer goes on below."""
    layout = _Layout(cells, whole)
    lines = [*layout.broken(page.title), "=" * min(cells, width(page.title))]
    for chapter in page.chapters:
        lines += layout.chapter(chapter)
    return lines


@dataclass(frozen=True, slots=True)
class _Layout:
    """How wide, and whether long words stay whole."""

    cells: int
    whole: bool

    def chapter(self, chapter: Chapter) -> Iterator[str]:
        """An empty line before the heading and before each part."""
        yield ""
        yield from self.broken(chapter.title)
        yield "-" * min(self.cells, width(chapter.title))
        for part in chapter.parts:
            lines = list(self.part(part))
            if lines:
                yield ""
                yield from lines

    def part(self, part: Part) -> Iterator[str]:
        """Its lines; none for a code, which is for paper: what it says stands among the facts."""
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
        """Lines that fit behind so many cells."""
        room = max(2, self.cells - indent)
        return _between_words(text, room) if self.whole else broken(text, room)


def _between_words(text: str, cells: int) -> list[str]:
    """Broken at spaces alone."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= cells or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
