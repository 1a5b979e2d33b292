"""What every screen and dialog is: one that takes no key while it waits for an answer, and that knows what
would be lost if it were left."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual.screen import Screen
from textual.timer import Timer

from nskeys.wording.waiting import LEAVE_QUESTION
from nskeys_tui.widgets.key_bar import KeyBar

T = TypeVar("T")

LOOKS = "look"
"""The group of workers that only fill a screen: they judge nothing that was typed, and lock nothing."""
_MOMENT = 0.3
"""Seconds that an answer may take before it is said that keys wait for it."""


class Guarded(Screen[T]):
    """A screen locks itself: whatever it asked for in a worker and has not got yet takes its keys away. The
    app asks `judging` before it hands on a key, so what is typed meanwhile is dropped and never queued."""

    ESC_LEAVES: ClassVar[bool] = True
    """Whether Esc ends the waiting."""
    SAYS_BUSY: ClassVar[bool] = True
    """Whether the bottom line says that an answer is awaited; not where the whole screen does."""

    _waiting: Timer | None = None

    @property
    def judging(self) -> bool:
        """Whether an answer is awaited."""
        return any(
            worker.node is self and worker.group != LOOKS and not worker.is_finished
            for worker in self.workers
        )

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that is lost with the screen."""
        from nskeys_tui.widgets.inputs import TextInput  # the first paint has no line to type into

        return any(line.typed for line in self.query(TextInput))

    @property
    def leave_question(self) -> Sequence[str]:
        """What is asked before what was typed is given up."""
        return (LEAVE_QUESTION,)

    def on_worker_state_changed(self) -> None:
        """Something was asked for, or came."""
        self._follow()

    def on_screen_resume(self) -> None:
        """What was on top answered; what becomes of it may be awaited here."""
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
