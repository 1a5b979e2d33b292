"""The rows of an import's plan or report: made when they are seen, for there may be 50,000."""

from collections.abc import Callable, Sequence

from nskeys_tui.presenters.imports import Cells
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row

COLUMNS = (
    Column("Row", 6, 6, right=True),
    Column("Kind", 10, 10),
    Column("Name", 14, weight=2),
    Column("Why", 18, weight=3, styled=True),
    Column("", 1, 1, styled=True),
)


class ImportRows:
    """`total` rows, each as `cells` makes it; a row's key is its number."""

    def __init__(self, total: int, cells: Callable[[int], Cells]) -> None:
        self._total, self._cells = total, cells

    def total(self) -> int:
        """How many."""
        return self._total

    def window(self, first: int, count: int) -> Sequence[Row]:
        """These."""
        return [Row(*self._cells(number)) for number in range(first, min(first + count, self._total))]
