"""Room for what may be longer than the screen."""

from textual.widget import Widget


class Room(Widget):
    """Scrolls what is in it, by the keys of its screen (see `guarded.py`): so they work whatever has the
    focus, and a focused field keeps its arrows."""

    DEFAULT_CSS = """
    Room {
        width: 1fr;
        height: 1fr;
        layout: vertical;
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
    }
    """

    @property
    def has_more(self) -> bool:
        """Whether something lies below what is seen."""
        return round(self.scroll_y) < self.max_scroll_y

    def go_to(self, line: float) -> None:
        """Show this line at the top, or the nearest that can stand there."""
        self.scroll_to(y=line, animate=False, immediate=True)  # a second key begins there

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.refresh_bindings()

    def watch_virtual_size(self) -> None:
        """Let the screen say whether there is more."""
        self.refresh_bindings()

    def on_resize(self) -> None:
        self.refresh_bindings()
