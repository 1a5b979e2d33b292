"""How many cells the first screen gives to words, at 80 and at 60 cells."""

from typing import NamedTuple

from nskeys.wording.text.terminal import fit, width


class Layout(NamedTuple):
    """The number of cells for the column of labels, and for the text beside it."""

    label: int
    text: int
    brief: bool

    @property
    def notice(self) -> int:
        """The number of cells for a notice's text: the label's column less the mark before and a gap behind
        it."""
        return self.label - 3


WIDE = Layout(label=26, text=52, brief=False)
NARROW = Layout(label=18, text=40, brief=True)

ANY_FIELD = "a part of a name, target, account or note"
ANY_CELL = "a part of what a row shows"
TOO_SMALL = "! The window is too small for the list: make it higher."


def first_fitting(cells: int, *variants: str) -> str:
    """Return the first variant that needs no cutting, else the last one cut."""
    return next((text for text in variants if width(text) <= cells), fit(variants[-1], cells))
