"""Safe text broken into lines that fit, measured in cells."""

from nskeys.wording.terminal import fit, width


def broken(text: str, cells: int) -> list[str]:
    """Lines of at most `cells` (2 or more), broken at spaces; a longer word is broken anywhere.

    Nothing is left out: a path says most in its last letters. At least one line, empty for no text.
    """
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= cells:
            line = joined
            continue
        if line:
            lines.append(line)
        while width(word) > cells:
            head = _head(word, cells)
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line]


def _head(word: str, cells: int) -> str:
    """As much of a word as fits, and never nothing: a sign that is wider than the line still goes on."""
    return fit(word, cells, ellipsis="") or word[:1]
