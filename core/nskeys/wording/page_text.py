"""A page as plain text, for a file, a pipe or a screen."""

from collections.abc import Iterator

from nskeys.wording.pages import Chapter, Commands, Page, Pairs, Part, Words
from nskeys.wording.terminal import pad, width
from nskeys.wording.wrapping import broken

WIDTH = 78
_COMMAND = "    "
_LABEL = 14
"""With it a SHA-256 of 64 digits just fits into the line."""


def page_lines(page: Page, cells: int = WIDTH) -> list[str]:
    """Lines of about `cells`. A word that is longer (a path, a hash) stays whole, so that it can be
    copied."""
    lines = [*_wrapped(page.title, cells), "=" * min(cells, width(page.title))]
    for chapter in page.chapters:
        lines += _chapter(chapter, cells)
    return lines


def fitted(lines: list[str], cells: int) -> list[str]:
    """The same where nothing may be longer than `cells`: what is goes on below itself."""
    fitted = []
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if width(line) <= cells or indent >= cells // 2:
            fitted += broken(line, cells) if width(line) > cells else [line]
            continue
        fitted += [" " * indent + piece for piece in broken(line[indent:], cells - indent)]
    return fitted


def _chapter(chapter: Chapter, cells: int) -> Iterator[str]:
    yield ""
    yield from _wrapped(chapter.title, cells)
    yield "-" * min(cells, width(chapter.title))
    for part in chapter.parts:
        lines = _part(part, cells)
        if lines:
            yield ""
            yield from lines


def _part(part: Part, cells: int) -> list[str]:
    if isinstance(part, Words):
        return _wrapped(f"! {part.text}" if part.mark else part.text, cells)
    if isinstance(part, Pairs):
        return [line for label, words in part.pairs for line in _pair(label, words, cells)]
    if isinstance(part, Commands):
        return [_COMMAND + line for line in part.lines]
    return []  # a code is for paper; what it says stands among the facts


def _pair(label: str, words: str, cells: int) -> Iterator[str]:
    for number, line in enumerate(_wrapped(words, cells - _LABEL)):
        yield (pad("" if number else label, _LABEL) + line).rstrip()


def _wrapped(text: str, cells: int) -> list[str]:
    """Broken at spaces alone."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width(joined) <= cells or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
