"""How many would come back, as a bar. Whoever shows it says the same in words beside it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class RecoverBar(Widget):
    """`████████████████████░░░`: full only when nothing is missing, empty only when nothing is there."""

    DEFAULT_CSS = """
    RecoverBar { width: 23; height: 1; }
    """

    done: reactive[int] = reactive(0)
    total: reactive[int | None] = reactive(None)
    """None draws no bar at all: it is not known yet."""

    def __init__(self, done: int = 0, total: int | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(RecoverBar.done, done)
        self.set_reactive(RecoverBar.total, total)

    def render(self) -> Content:
        """The bar."""
        if self.total is None:
            return Content("")
        full = filled(self.done, self.total, self.size.width)
        return Content.assemble(("█" * full, "$accent"), ("░" * (self.size.width - full), ""))


def filled(done: int, total: int, cells: int) -> int:
    """How many of `cells` are full."""
    if total <= 0 or done <= 0:
        return 0
    if done >= total:
        return cells
    return max(1, min(cells - 1, round(cells * done / total)))
