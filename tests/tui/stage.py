"""A stage for one widget or dialog: the app itself, with a screen that shows nothing else."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from textual.app import ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.startup_error import StartupErrorScreen

HOME_SIZE, SMALL_SIZE = (80, 24), (60, 18)


class OneScreen(Screen[None]):
    """Shows some widgets."""

    def __init__(self, widgets: Sequence[Widget]) -> None:
        super().__init__()
        self._widgets = widgets

    def compose(self) -> ComposeResult:
        """These."""
        yield from self._widgets


class Stage:
    """`async with stage.play() as pilot:`; what was posted and what a dialog answered is kept."""

    def __init__(self, *widgets: Widget, size: tuple[int, int] = HOME_SIZE) -> None:
        self.app = NskeysApp(Opening(lambda: 0, lambda _: OneScreen(widgets), StartupErrorScreen))
        self.answers: list[Any] = []
        self._size = size
        self._heard: list[Message] = []

    def play(self) -> AbstractAsyncContextManager[Pilot[Any]]:
        """The app, running without a terminal."""
        return self.app.run_test(size=self._size, message_hook=self._heard.append, notifications=True)

    def heard(self, kind: type[Message]) -> list[Any]:
        """The messages of a kind, each once, in order."""
        found = dict.fromkeys(id(message) for message in self._heard if isinstance(message, kind))
        by_id = {id(message): message for message in self._heard}
        return [by_id[number] for number in found]

    async def ask(self, pilot: Pilot[Any], dialog: Screen[Any]) -> None:
        """Open a dialog; its answer is added to `answers`."""
        await self.settled(pilot)
        await pilot.app.push_screen(dialog, self.answers.append)
        await pilot.pause()

    async def ask_on_top(self, pilot: Pilot[Any], dialog: Screen[Any]) -> None:
        """Open a dialog on another one."""
        await pilot.app.push_screen(dialog, self.answers.append)
        await pilot.pause()

    async def settled(self, pilot: Pilot[Any]) -> None:
        """Until the screen of this stage is the one that is shown, and laid out."""
        await until(pilot, lambda: isinstance(pilot.app.screen, OneScreen) and bool(self.lines()))
        await pilot.pause()

    def lines(self) -> list[str]:
        """What the screen shows."""
        return [text(strip) for strip in self.app.screen._compositor.render_strips()]


def text(strip: Strip) -> str:
    """A painted line, without trailing spaces."""
    return strip.text.rstrip()


async def at_rest(pilot: Pilot[Any], tries: int = 200) -> None:
    """Until the screen takes keys; or not, where what it waits for is held back."""
    for _ in range(tries):
        screen = pilot.app.screen
        if not getattr(screen, "judging", False) or getattr(screen, "BUSY", False):
            return
        await pilot.pause(0.01)


async def until(pilot: Pilot[Any], holds: Callable[[], bool], tries: int = 500) -> None:
    """Let the app run until something holds; it is an error where it never does."""
    for _ in range(tries):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("what was waited for never came")
