"""Where one is in a long list: `13/18` in the header, and a mark at the right edge. Pure."""

from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import fit, width

MARK = "┃"
EDGE = 1


def position(cursor: int, total: int | None) -> str:
    """Return `13/18` for the row `cursor`, counted from 0; empty where there is no row."""
    return f"{number(cursor + 1)}/{number(total)}" if total else ""


def marked_lines(top: int, height: int, total: int | None) -> range:
    """Return the lines of the window that have the mark: as much of its height as it shows of the list,
    and as far down. None where the whole list is seen."""
    if not total or total <= height or height <= 0:
        return range(0)
    length = max(1, height * height // total)
    hidden = total - height
    # Never at an end that is not reached.
    first = min(height - length, (top * (height - length) + hidden - 1) // hidden)
    if 0 < top < hidden:
        first = max(min(first, height - length - 1), min(1, height - length))
    return range(first, first + length)


def positioned(header: str, cells: int, text: str) -> str:
    """Return a header of so many cells with the position at its right end; a title that is in its way gives
    way."""
    if not text or cells < width(text) + 2 * EDGE:
        return header
    start = cells - EDGE - width(text)
    left = fit(header, start, ellipsis="")
    left += " " * (start - width(left))
    if left and not left.endswith(" "):
        kept = left.rstrip().rpartition(" ")[0]
        left = kept + " " * (start - width(kept))
    return f"{left}{text}{' ' * EDGE}"
