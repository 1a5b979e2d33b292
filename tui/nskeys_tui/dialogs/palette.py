"""The palette (Ctrl+P): everything that the program can do, found by typing a part of its name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from nskeys.wording.menu import NOTHING_FOUND, TYPE_A_WORD
from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.inputs import SearchInput, TextInput
from nskeys_tui.widgets.room import Room


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its meaning, the function that carries it out, and other words for it."""

    name: str
    meaning: str
    run: Callable[[], object]
    also: str = ""


class Palette(Dialog[Command]):
    """Returns the chosen command."""

    DEFAULT_CSS = """
    Palette {
        & .dialog--edge { width: 76; }
        & TextInput { margin: 0 0 1 0; }
        & #commands { height: auto; max-height: 60vh; }
        & #nothing { display: none; margin: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Do it"),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__("Commands")
        self._commands = tuple(commands)

    def body(self) -> Iterable[Widget]:
        yield SearchInput(TYPE_A_WORD)
        yield Room(ChoiceList(_choices(self._commands), focusable=False), id="commands")
        yield text(NOTHING_FOUND, id="nothing")

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        found = fitting(self._commands, message.value)
        self.query_one(ChoiceList).show(_choices(found))
        self.query_one("#commands", Room).go_to(0)
        self.query_one("#nothing").display = not found

    def action_move(self, by: int) -> None:
        """Move in the list with Up and Down; all other keys go to the input."""
        self.query_one(ChoiceList).action_move(by)

    def action_page(self, by: int) -> None:
        self.query_one(ChoiceList).action_page(by)

    def action_choose(self) -> None:
        """Return the command under the cursor."""
        fitting_now = fitting(self._commands, self.query_one(TextInput).value)
        if fitting_now:
            self.dismiss(fitting_now[self.query_one(ChoiceList).cursor])


def fitting(commands: Sequence[Command], typed: str) -> tuple[Command, ...]:
    """Return the commands that have every word of `typed` in name, meaning or other words; first those
    whose name begins with it, then those whose name has it."""
    wanted = typed.casefold()
    words = wanted.split()
    found = [command for command in commands if all(word in _text(command) for word in words)]
    return tuple(sorted(found, key=lambda command: _distance(command.name.casefold(), wanted, words)))


def _distance(name: str, typed: str, words: Sequence[str]) -> int:
    if name.startswith(typed):
        return 0
    return 1 if all(word in name for word in words) else 2


def _choices(commands: Sequence[Command]) -> tuple[Choice, ...]:
    return tuple(Choice(str(n), command.name, aside=command.meaning) for n, command in enumerate(commands))


def _text(command: Command) -> str:
    return f"{command.name} {command.meaning} {command.also}".casefold()
