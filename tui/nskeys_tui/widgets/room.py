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
        self._say_what_is_below()

    def watch_virtual_size(self) -> None:
        self._say_what_is_below()

    def on_resize(self) -> None:
        self._say_what_is_below()

    def _say_what_is_below(self) -> None:
        """Let the screen offer a page more, or not. Textual ends an animated scrolling also after the
        screen was left: then there is nobody to tell."""
        if self.is_attached:
            self.refresh_bindings()
