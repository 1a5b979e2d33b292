"""The app on a terminal: it sends only the cells that change.

Textual writes every cell of what it lays out anew, each with the terminal's own colours. That is 24 kB for
the first screen where 3 kB say the same.

Private in Textual and used here: `App._display`, which a screen hands its updates to, and what that asks
(`_batch_count`, `_running`, `_closed`, `_driver`, `_sync_available`); in Rich `Console._color_system`.
"""

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.screen import Screen

from nskeys_tui.terminal.driver import TakingOver
from nskeys_tui.terminal.early import EarlyScreen
from nskeys_tui.terminal.grid import Grid
from nskeys_tui.terminal.updates import lines_of

_WHOLE = 400
"""Characters from which the terminal is asked to show them at once: fewer arrive together."""
_FRAME_HELD_S, _PAGE_HELD_S = 1.5, 5.0
"""Seconds at most for which the frame, and a first page with data, stay while the app gets ready. Keys wait
as long: before there are rows they would have no effect."""
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


class TerminalApp(App[None]):
    """An app whose updates are compared with what the terminal shows. An update of an unknown kind is
    painted by Textual, and the cells are then no longer known."""

    grid = Grid(0, 0)
    _held_at_most = _FRAME_HELD_S
    holds = False
    """Whether the terminal shows the first page: nothing is painted until the app shows the same."""

    def take_over(self, early: EarlyScreen) -> None:
        """Begin with the terminal as it is."""
        TakingOver.early = early
        self.driver_class = TakingOver
        self.grid, self.holds = early.grid, True
        self._held_at_most = _PAGE_HELD_S if early.has_data else _FRAME_HELD_S

    def on_mount(self) -> None:
        """Paint everything again when the app was stopped and goes on: the terminal was cleared. Hold the
        first page no longer than a moment, whatever keeps the rows from coming."""
        self.app_resume_signal.subscribe(self, self._resumed)
        if self.holds:
            self.set_timer(self._held_at_most, self.release)

    def on_credential_table_window_moved(self) -> None:
        """The rows of the first screen have come."""
        if self.holds:
            self.call_after_refresh(self.release)

    def release(self) -> None:
        """Paint from now on; where the app shows what the terminal shows, nothing is sent."""
        if self.holds:
            self.holds = False
            self.screen.refresh()

    def _resumed(self, _: App[None]) -> None:
        self.grid.forget()
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Forget the cells at another size: a terminal has lost or moved them. The events of the start only
        tell its size."""
        known = (self.grid.width, self.grid.height) if self.holds else None
        if isinstance(event, events.Resize) and event.size != known:
            self.grid.forget()
            self.release()
        await super().on_event(event)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self.holds and getattr(screen, "IS_ON_FIRST_PAGE", False):
            self.post_display_hook()
            return
        self.release()
        shown = renderable is not None and not self._batch_count and self._has_terminal()
        text = self.changes(renderable) if shown else None
        if text is None:
            super()._display(screen, renderable)
        else:
            self._send(text)
            self.post_display_hook()

    def changes(self, update: object) -> str | None:
        """Return what shows an update on the terminal; None where Textual has to paint it."""
        if (self.grid.width, self.grid.height) != self.size:
            self.grid = Grid(*self.size)
        lines = lines_of(update, self.grid, self.console._color_system or ColorSystem.TRUECOLOR)
        if lines is None:
            self.grid.forget()
            return None
        return self.grid.change(lines, self.screen.outer_size.clamp_offset(self.cursor_position))

    def _has_terminal(self) -> bool:
        driver = self._driver
        return (
            self._running
            and not self._closed
            and driver is not None
            and not driver.is_headless
            and not driver.is_inline
        )

    def _send(self, text: str) -> None:
        if text and self._driver is not None:
            whole = self._sync_available and len(text) > _WHOLE
            self._driver.write(f"{_BEGIN}{text}{_END}" if whole else text)
            self._driver.flush()
