"""The base of every screen and dialog: it takes no key while it waits for an answer, knows what leaving it
would lose, and scrolls what is longer than the screen."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from nskeys.wording.waiting import LEAVE_QUESTION
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

T = TypeVar("T")

LOOKS = "look"
"""The group of workers that only fill a screen: they do not lock it."""
_MOMENT = 0.3
"""Seconds that an answer may take before the screen says that keys are dropped."""


class Guarded(Screen[T]):
    """A screen is locked while a worker of it waits for an answer. The app checks `judging` before it
    passes on a key, so keys pressed meanwhile are dropped and never queued."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("pagedown", "scroll_page(1)", "More", tooltip="Go on reading, a page further down"),
        Binding("home,g", "scroll_edge(0)", show=False),
        Binding("end,G", "scroll_edge(1)", show=False),
    ]
    """Keys that scroll text which is longer than the screen, where no list or line in it takes them."""
    ESC_LEAVES: ClassVar[bool] = True
    """Whether Esc ends the waiting."""
    SAYS_BUSY: ClassVar[bool] = True
    """Whether the bottom line says that an answer is awaited; not where the whole screen does."""

    IS_ON_FIRST_PAGE: ClassVar[bool] = False
    """Whether the first page shows it already, which is painted before Textual is there."""

    _waiting: Timer | None = None

    @property
    def judging(self) -> bool:
        """Whether an answer is awaited."""
        return any(
            worker.node is self and worker.group != LOOKS and not worker.is_finished
            for worker in self.workers
        )

    @property
    def takes_letters(self) -> bool:
        """Whether a letter is typed, so that none of them moves."""
        return self.focused is not None and self.focused.check_consume_key("j", "j")

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that leaving the screen would lose."""
        from nskeys_tui.widgets.inputs import TextInput  # the first paint has no line to type into

        return any(line.typed for line in self.query(TextInput))

    @property
    def leave_question(self) -> Sequence[str]:
        """The question before typed text is given up."""
        return (LEAVE_QUESTION,)

    # --- scrolling -----------------------------------------------------------------------------------

    @property
    def _room(self) -> Room | None:
        """The room with more in it than is seen."""
        return next((room for room in self.query(Room) if room.max_scroll_y), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a page more where there is one."""
        if action == "scroll_page" and parameters == (1,):
            return (room := self._room) is not None and room.has_more
        return super().check_action(action, parameters)

    def action_scroll(self, lines: int) -> None:
        if (room := self._room) is not None:
            room.go_to(room.scroll_y + lines)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll a page, keeping one line."""
        if (room := self._room) is not None:
            room.go_to(room.scroll_y + pages * max(1, room.size.height - 1))

    def action_scroll_edge(self, end: int) -> None:
        """Scroll to the beginning or the end."""
        if (room := self._room) is not None:
            room.go_to(room.max_scroll_y if end else 0)

    # --- the lock -------------------------------------------------------------------------------------

    def on_worker_state_changed(self) -> None:
        """Lock or unlock the screen when a worker begins or ends."""
        self._follow()

    def on_screen_resume(self) -> None:
        """Keep the lock where the answer of the screen above is still awaited here."""
        self._follow()

    def on_screen_suspend(self) -> None:
        self._say_busy(busy=False)

    def _follow(self) -> None:
        if not self.judging:
            self._say_busy(busy=False)
        elif self._waiting is None and self.SAYS_BUSY and self.app.screen is self:
            self._waiting = self.set_timer(_MOMENT, lambda: self._say_busy(busy=True))

    def _say_busy(self, *, busy: bool) -> None:
        if self._waiting is not None and not busy:
            self._waiting.stop()
            self._waiting = None
        for bar in self.query(KeyBar):
            bar.busy = busy and self.judging
