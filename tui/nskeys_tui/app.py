"""The app: theme, first paint, palette, and the places where Textual would give things away.

It paints its first screen before anything slow is imported or any file is opened: `Opening.connect`
then runs in a thread, and what it returns decides which screen follows. What the first paint does not
need is imported where it is used: the model and its words cost a third of Textual itself.
"""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import WorkerFailed

from nskeys_tui.screens.starting import Starting
from nskeys_tui.theme import DARK, LIGHT, AsciiFilter, starting_theme, wants_ascii

if TYPE_CHECKING:
    from nskeys.errors import NskeysError
    from nskeys_tui.dialogs.palette import Command

A_BUG = 70
"""Exit code (BSD `EX_SOFTWARE`)."""

T = TypeVar("T")


@dataclass(frozen=True)
class Opening(Generic[T]):
    """How the app comes to its services, and what it shows when it has them or not."""

    connect: Callable[[], T]
    """Slow imports, configuration, database. Runs in a thread; may raise any NskeysError."""
    arrive: Callable[[T], Screen[None]]
    """The screen that follows."""
    refuse: "Callable[[NskeysError], Screen[None]]"
    """The screen that says why there is none."""


class NskeysApp(App[None]):
    """Full screen, keyboard only."""

    TITLE = "nskeys"
    ALLOW_SELECT = False
    ENABLE_COMMAND_PALETTE = False  # Textual's own: one of its commands writes a screenshot to a file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", tooltip="What the keys of this screen do"),
        Binding("f1", "help", show=False),
        Binding("q", "quit", "Quit", tooltip="Leave nskeys"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+p", "palette", "Commands", show=False, priority=True),
        # Before the focused widget sees them: what was typed ahead behind a Tab, as a slow line delivers
        # it, then reaches the next field. Otherwise a password could end up in the field before it.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
    ]
    CSS_PATH = "app.tcss"

    theme: Reactive[str] = Reactive(DARK.name)

    class Connected(Message):
        """`Opening.connect` came to an end."""

        def __init__(self, following: Callable[[], Screen[None]]) -> None:
            self.following = following
            super().__init__()

    def __init__(self, opening: Opening[T]) -> None:
        self._ascii = AsciiFilter(enabled=wants_ascii(os.environ, sys.stderr.encoding or "ascii"))
        super().__init__(ansi_color=True)
        self._connect = partial(self._connecting, opening)
        if (theme := starting_theme(os.environ)) is not DARK:
            self.theme = theme.name

    # --- first paint, then services --------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """The frame and its words."""
        return Starting()

    def on_mount(self) -> None:
        """Go for the services once the first screen is painted."""
        self.call_after_refresh(self.run_worker, self._connect, thread=True)

    def _connecting(self, opening: Opening[T]) -> None:
        from nskeys.errors import NskeysError

        try:
            services = opening.connect()
        except NskeysError as error:
            self.post_message(self.Connected(partial(opening.refuse, error)))
        else:
            self.post_message(self.Connected(partial(opening.arrive, services)))

    async def on_nskeys_app_connected(self, message: Connected) -> None:
        """Go on with the screen that fits; the first one stays below it, unseen."""
        await self.push_screen(message.following())

    # --- look ------------------------------------------------------------------------------------

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Ours alone."""
        return {theme.name: theme for theme in (DARK, LIGHT)}

    def get_line_filters(self) -> list[LineFilter]:
        """What every painted line passes through: `NO_COLOR`, plain ASCII."""
        filters = list(super().get_line_filters())
        return [*filters, self._ascii] if self._ascii.enabled else filters

    # --- commands --------------------------------------------------------------------------------

    def commands_now(self) -> "Iterable[Command]":
        """What the keys of this screen do, and the other theme."""
        from nskeys_tui.dialogs.palette import Command

        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and enabled and binding.description:
                run = partial(self.run_action, binding.action, node)
                yield Command(binding.description, binding.tooltip, run)
        other = LIGHT if self.theme == DARK.name else DARK
        background = "dark" if other.dark else "light"
        meaning = f"Colours that are read well on a {background} background"
        yield Command(f"{background.capitalize()} terminal", meaning, partial(self.set_theme, other))

    def action_palette(self) -> None:
        """Ctrl+P: all commands, by name."""
        from nskeys_tui.dialogs.palette import Palette

        if not self.screen.is_modal:
            self.push_screen(Palette(tuple(self.commands_now())), self._run_command)

    def _run_command(self, command: "Command | None") -> None:
        if command is not None:
            self.call_next(command.run)

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme.name

    def action_help(self) -> None:
        """`?`: the keys of this screen, in words."""
        from nskeys_tui.dialogs.help import Help, keys_in_words

        self.push_screen(Help(keys_in_words(self.screen), self.screen.HELP or ""))

    async def action_quit(self) -> None:
        """Leave; while work is under way, ask it to stop instead, for it ends only where it may."""
        if any(getattr(screen, "BUSY", False) for screen in self.screen_stack):
            self.notify("Work is under way: Esc stops it at the next safe place.", markup=False)
        else:
            await super().action_quit()

    def action_help_quit(self) -> None:
        """Ctrl+C, where nothing else takes it: it neither quits nor copies, so say what does."""
        self.notify("Ctrl+Q leaves nskeys.", markup=False)

    # --- what Textual would give away ------------------------------------------------------------

    def copy_to_clipboard(self, text: str) -> None:
        """Keep a copy inside the app. Nothing is ever sent to the terminal's clipboard (OSC 52)."""
        self._clipboard = text

    def panic(self, *renderables: RenderableType) -> None:
        """End on an error, without showing what Textual would show of it."""
        self._fatal_error()

    def _handle_exception(self, error: Exception) -> None:
        """End on a bug. The error is kept for tests; a person sees one sentence."""
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fatal_error()
        self._return_code = A_BUG

    def _fatal_error(self) -> None:
        """End with one sentence: Textual's report would show local variables, and with them secrets."""
        if not self._exit_renderables:
            self._exit_renderables.append(Text(bug_in_a_sentence(self._exception)))
        self._return_code = A_BUG
        self._close_messages_no_wait()


def bug_in_a_sentence(error: BaseException | None) -> str:
    """Which kind of error, and where: never its message or its variables, which could hold a secret."""
    while isinstance(error, WorkerFailed):
        error = error.error
    where = "an unknown place"
    trace = error.__traceback__ if error else None
    while trace is not None:
        code = trace.tb_frame.f_code
        where = f"{Path(code.co_filename).name} line {trace.tb_lineno}"
        trace = trace.tb_next
    kind = type(error).__name__ if error else "error"
    return f"nskeys stopped because of a bug ({kind} in {where}); what was saved is whole."
