"""Labelled facts, one a line: `Destination /srv/backups`; long ones are wrapped."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import broken, pad, width

Pairs = Sequence[tuple[str, str]]


class Facts(Widget):
    """Pairs of a label and safe text. A pair with an empty label continues the one above."""

    DEFAULT_CSS = """
    Facts { height: auto; }
    """

    GAP: ClassVar[int] = 3
    """Cells between the labels and the words."""
    LABELS: ClassVar[str] = "dim"
    """How labels look."""

    pairs: reactive[tuple[tuple[str, str], ...]] = reactive((), repaint=False)

    def __init__(self, pairs: Sequence[tuple[str, str]] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Facts.pairs, tuple(pairs))

    def watch_pairs(self, before: Pairs, after: Pairs) -> None:
        """Repaint only the lines that changed; lay out anew where their number did."""
        cells = self.size.width
        was, now = laid(before, cells, self.GAP), laid(after, cells, self.GAP)
        height = self.styles.height
        if len(was) != len(now) and (height is None or height.is_auto):
            self.refresh(layout=True)
        elif changed := [y for y, (old, new) in enumerate(zip_longest(was, now)) if old != new]:
            self.refresh(*(Region(0, y, cells, 1) for y in changed if y < self.size.height))

    def get_content_height(self, *args: object) -> int:
        cells = args[-1] if args and isinstance(args[-1], int) else self.size.width
        return len(laid(self.pairs, cells, self.GAP))

    def render(self) -> Content:
        return Content("\n").join(
            Content.assemble((label, self.LABELS), words)
            for label, words in laid(self.pairs, self.size.width, self.GAP)
        )


def laid(pairs: Sequence[tuple[str, str]], cells: int, gap: int = Facts.GAP) -> list[tuple[str, str]]:
    """Return label column and text of every line, wrapped to the width."""
    column = max((width(label) for label, _ in pairs), default=0) + gap
    lines = []
    for label, words in pairs:
        for number, line in enumerate(broken(words, max(10, cells - column))):
            lines.append((pad("" if number else label, column), line))
    return lines
