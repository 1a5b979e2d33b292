"""The app: theme, first paint, palette, and the methods through which Textual would leak data.

It paints its first screen before anything slow is imported or any file is opened: `Opening.connect` then
runs in a thread, and its result decides which screen follows. What the first paint does not need is
imported where it is used: the model and its words cost a third of Textual itself.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.message import Message
from textual.message_pump import MessagePump
from textual.reactive import Reactive
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.worker import WorkerFailed

from nskeys.wording.waiting import BUSY, LEAVE, LEAVE_NO, LEAVE_YES, WAITING, not_utf8
from nskeys_tui.keyboard import parted
from nskeys_tui.presenters.look import wants_ascii
from nskeys_tui.screens.splash import SplashScreen
from nskeys_tui.terminal.app import TerminalApp
from nskeys_tui.theme import DARK, LIGHT, AsciiFilter, starting_theme
from nskeys_tui.widgets.guarded import Guarded

if TYPE_CHECKING:
    from nskeys.errors import NskeysError
    from nskeys_tui.dialogs.palette import Command

A_BUG = 70
"""Exit code (BSD `EX_SOFTWARE`)."""

_INTERRUPTED = 130
"""Exit code of an app that was left while work was under way."""
_WAYS_OUT = frozenset({"escape", "ctrl+q", "ctrl+c"})
"""Keys that work while a screen waits for an answer; Ctrl+C stops work, or says which key leaves."""
_ROUNDS = 2
"""How often a message goes from the focused widget up to the app until a key has had its effect: the
key itself, whose action is run, then the messages of that action."""
_ONE_NOTICE = 3.0
"""Seconds in which bytes that are not UTF-8 are reported once."""
_ONLY_KEYS = frozenset({"quit", "leave", "back", "dismiss", "choose", "mark", "complete"})
"""Actions that the palette does not offer by these names: the way back, those of a list, and Tab."""
_LOST = 0.05
"""Seconds between two checks whether a widget that got a key still exists."""

T = TypeVar("T")


@dataclass(frozen=True)
class Opening(Generic[T]):
    """How the app gets its services, and which screen it shows with or without them."""

    connect: Callable[[], T]
    """Slow imports, configuration, database. Runs in a thread; may raise any NskeysError."""
    arrive: Callable[[T], Screen[None]]
    """Return the screen that follows."""
    refuse: "Callable[[NskeysError], Screen[None]]"
    """Return the screen that explains why there is none."""
    title: str = "nskeys"
    """What stands at the left of every screen's top line."""
    banner: str = ""
    """A sentence that the first screens keep in sight."""


class NskeysApp(TerminalApp):
    """The app: full screen, keyboard only."""

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
        """Posted when `Opening.connect` has ended."""

        def __init__(self, following: Callable[[], Screen[None]]) -> None:
            self.following = following
            super().__init__()

    @dataclass(eq=False)
    class Settled(Message):
        """Posted after a key: all that the key brought about was handled before it."""

        rounds: int = _ROUNDS

    def __init__(self, opening: Opening[T], at_the_latest: Callable[[int], None] = lambda _: None) -> None:
        """`at_the_latest` makes the process end with a code a few seconds later, whatever hangs."""
        self._ascii = AsciiFilter(enabled=wants_ascii(os.environ, sys.stderr.encoding or "ascii"))
        super().__init__(ansi_color=True)
        self.title, self.banner = opening.title, opening.banner
        self._connect = partial(self._connecting, opening)
        self._typed: deque[events.Key | events.Paste] = deque()
        self._watching = False
        self._settling: tuple[MessagePump, NskeysApp.Settled] | None = None
        self._at_the_latest = at_the_latest
        self._wrong_bytes_said = 0.0
        self._warned: Screen[Any] | None = None
        """The screen that said that Ctrl+Q again leaves without saving."""
        if (theme := starting_theme(os.environ)) is not DARK:
            self.theme = theme.name

    # --- first paint, then services --------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Return the frame and its words."""
        return SplashScreen(banner=self.banner)

    def on_mount(self) -> None:
        """Connect the services once the first screen is painted."""
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
        """Show the screen that fits; the first one stays below it."""
        await self.push_screen(message.following())

    # --- keys, one after the other ----------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Handle a key only after the one before has had its effect. Textual dispatches all keys at once,
        so that letters would overtake an Enter, and a second Enter the screen that the first one opens."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, events.Key) and event.key == "ctrl+q":
            await super().on_event(event)  # the way out waits for nothing
        elif (typed := self._text_of(event)) is not None:
            self._typed.append(typed)
            await self._take_keys()

    def _text_of(self, event: events.Key | events.Paste) -> events.Key | events.Paste | None:
        """Return the event without bytes that are not UTF-8, which are reported; None where nothing is left
        of it."""
        pasted = isinstance(event, events.Paste)
        text, wrong = parted(event.text if isinstance(event, events.Paste) else event.character or "")
        if not wrong:
            return event
        if (now := monotonic()) - self._wrong_bytes_said > _ONE_NOTICE:
            self._wrong_bytes_said = now
            self.notify(not_utf8(wrong), severity="warning", markup=False)
        return events.Paste(text) if pasted and text else None

    async def _take_keys(self) -> None:
        if self._settling is not None and not _is_there(self._settling[0]):
            self._settling = None
        while self._typed and self._settling is None and not self.holds:
            event = self._typed.popleft()
            if not self._is_dropped(event):
                target = self.focused or self.screen
                await super().on_event(event)
                if not _is_typed_into(target, event):
                    self._await(target, self.Settled())
        if self._typed and not self._watching:
            self._watching = True
            self.set_timer(_LOST, self._watch)

    def release(self) -> None:
        """Paint, and handle what was typed while the first page stood alone."""
        if self.holds:
            super().release()
            self.call_later(self._take_keys)

    async def _watch(self) -> None:
        """Stop waiting for a widget that was removed with a key in its queue."""
        self._watching = False
        await self._take_keys()

    def _await(self, target: MessagePump, settled: Settled) -> None:
        self._settling = (target, settled) if target.post_message(settled) else None

    async def on_nskeys_app_settled(self, message: Settled) -> None:
        """Handle the next key."""
        if self._settling is None or self._settling[1] is not message:
            return
        target, self._settling = self._settling[0], None
        if message.rounds > 1:
            self._await(target, self.Settled(message.rounds - 1))
        await self._take_keys()

    def _is_dropped(self, event: events.Key | events.Paste) -> bool:
        """Return whether the screen waits for an answer: keys pressed now were not meant for what
        follows."""
        key = event.key if isinstance(event, events.Key) else ""
        return key not in _WAYS_OUT and getattr(self.screen, "judging", False)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Return the screens behind a dialog, without other dialogs: a box on a box is hard to read."""
        return [screen for screen in super()._background_screens if not screen.is_modal]

    # --- look ------------------------------------------------------------------------------------

    @property
    def available_themes(self) -> dict[str, Theme]:
        return {theme.name: theme for theme in (DARK, LIGHT)}

    def get_line_filters(self) -> list[LineFilter]:
        """Return what every painted line passes through: `NO_COLOR`, plain ASCII."""
        filters = list(super().get_line_filters())
        return [*filters, self._ascii] if self._ascii.enabled else filters

    # --- commands --------------------------------------------------------------------------------

    def commands_now(self) -> "Iterable[Command]":
        """Return the commands of this screen's keys, of every other screen, and of the app itself; those
        of a dialog alone while it asks something."""
        from nskeys.wording.menu import DARK_TERMINAL, LIGHT_TERMINAL, QUIT
        from nskeys_tui.dialogs.palette import Command

        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and enabled and binding.description and not _is_known(binding.action):
                run = partial(self.run_action, binding.action, node)
                yield Command(binding.description, binding.tooltip, run)
        if not self.screen.is_modal:
            for screen in self.screen_stack:  # the first screen knows them; before there are keys, none
                yield from getattr(screen, "commands_everywhere", tuple)()
        other = LIGHT if self.theme == DARK.name else DARK
        name, meaning, also = DARK_TERMINAL if other.dark else LIGHT_TERMINAL
        yield Command(name, meaning, partial(self.set_theme, other), also)
        name, meaning, also = QUIT
        yield Command(name, meaning, self.action_quit, also)

    def action_palette(self) -> None:
        """Show all commands (Ctrl+P)."""
        from nskeys_tui.dialogs.palette import Palette

        if not isinstance(self.screen, Palette) and not getattr(self.screen, "BUSY", False):
            self.push_screen(Palette(tuple(self.commands_now())), self._run_command)

    def _run_command(self, command: "Command | None") -> None:
        if command is not None:
            self.call_next(command.run)

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme.name

    def action_focus_next(self) -> None:
        """Complete the path that is being typed; else go to the next part of the screen."""
        completes: Callable[[], bool] = getattr(self.focused, "complete", bool)
        if not completes():
            super().action_focus_next()

    def action_help(self) -> None:
        """Show the keys of this screen (`?`)."""
        from nskeys_tui.dialogs.help import Help, keys_in_words

        self.push_screen(Help(keys_in_words(self.screen), self.screen.HELP or ""))

    async def action_quit(self) -> None:
        """Leave; where that loses work or typed text, only after a confirmation."""
        here = self.screen
        busy = any(getattr(screen, "BUSY", False) for screen in self.screen_stack)
        waits = busy or getattr(here, "judging", False)
        if self._warned is here:
            code = _INTERRUPTED if waits else 0
            self._at_the_latest(code)
            self.exit(return_code=code)
            return
        if waits:
            self._warned = here
            self.notify(BUSY if busy else WAITING, markup=False)
            return
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Guarded) and screen.unsaved:
                self._ask_to_leave(screen)
                return
        await super().action_quit()

    def _ask_to_leave(self, screen: Guarded[Any]) -> None:
        from nskeys_tui.dialogs.questions import ConfirmDialog

        question = ConfirmDialog(LEAVE, *screen.leave_question, yes=LEAVE_YES, no=LEAVE_NO)
        self._warned = question
        self.push_screen(question, self._leave)

    def _leave(self, confirmed: bool | None) -> None:
        if confirmed:
            self.exit()

    def action_help_quit(self) -> None:
        """Say which key quits: Ctrl+C, where nothing else takes it, neither quits nor copies."""
        self.clear_notifications()  # held down, it would be said many times
        self.notify("Ctrl+Q leaves nskeys.", markup=False)

    # --- what Textual would give away ------------------------------------------------------------

    def copy_to_clipboard(self, text: str) -> None:
        """Keep a copy inside the app. Nothing is sent to the terminal's clipboard (OSC 52)."""
        self._clipboard = text

    def panic(self, *renderables: RenderableType) -> None:
        """End on an error, without Textual's report."""
        self._fatal_error()

    def _handle_exception(self, error: Exception) -> None:
        """End on a bug. The error is kept for tests; the user sees one sentence."""
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


def _is_known(action: str) -> bool:
    """Return whether the palette offers this by another name: a way back, a key of a list, a screen."""
    return action in _ONLY_KEYS or action.startswith("go(")


def _is_typed_into(target: Widget, event: events.Key | events.Paste) -> bool:
    """Return whether a widget takes a letter itself: then the next key goes into the same queue behind
    it."""
    return isinstance(event, events.Key) and target.check_consume_key(event.key, event.character)


def _is_there(target: MessagePump) -> bool:
    """Return whether a message to this widget or screen will be handled."""
    return target.is_running and (not isinstance(target, DOMNode) or target.is_attached)


def bug_in_a_sentence(error: BaseException | None) -> str:
    """Return the kind and place of an error, without its message or variables, which could hold a
    secret."""
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
