"""Safe text broken into lines that fit, measured in cells."""

from nskeys.wording.text.terminal import fit, width

_PIECE = 8
"""Cells at the end of a line from which it is worth beginning a word that needs several lines anyway."""


def broken(text: str, cells: int) -> list[str]:
    """Lines of at most `cells` (2 or more), broken at spaces; a word longer than a line is broken anywhere.

    Nothing is left out: a path says most in its last letters. At least one line, empty for no text.
    """
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= cells:
            line = joined
            continue
        if line and (width(word) <= cells or cells - width(line) - 1 < _PIECE):
            lines.append(line)
            joined = word
        while width(joined) > cells:
            head = _head(joined, cells)
            lines.append(head)
            joined = joined[len(head) :]
        line = joined
    return [*lines, line]


def _head(word: str, cells: int) -> str:
    """As much of a word as fits, and never nothing: a sign that is wider than the line still goes on."""
    return fit(word, cells, ellipsis="") or word[:1]
