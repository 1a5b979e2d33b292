"""The palette (Ctrl+P): every command of a screen, found by typing a part of its name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from nskeys_tui.dialogs.dialog import Dialog
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.inputs import TextInput


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its meaning, and the function that carries it out."""

    name: str
    meaning: str
    run: Callable[[], object]


class Palette(Dialog[Command]):
    """Returns the chosen command."""

    DEFAULT_CSS = """
    Palette {
        & TextInput { margin: 0 0 1 0; }
        & .dialog--frame { max-height: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Do it"),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("escape", "leave", "Back"),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__("Commands")
        self._commands = tuple(commands)

    def body(self) -> Iterable[Widget]:
        yield TextInput(placeholder="type a part of a name", submits=False, seeks=True)
        yield ChoiceList(_choices(self._commands), focusable=False)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self.query_one(ChoiceList).show(_choices(fitting(self._commands, message.value)))

    def action_move(self, by: int) -> None:
        """Move in the list with Up and Down; all other keys go to the input."""
        self.query_one(ChoiceList).action_move(by)

    def action_choose(self) -> None:
        """Return the command under the cursor."""
        fitting_now = fitting(self._commands, self.query_one(TextInput).value)
        if fitting_now:
            self.dismiss(fitting_now[self.query_one(ChoiceList).cursor])


def fitting(commands: Sequence[Command], typed: str) -> tuple[Command, ...]:
    """Return the commands whose name or meaning has every word of `typed`; those that begin with it
    first."""
    words = typed.casefold().split()
    found = [command for command in commands if all(word in _text(command) for word in words)]
    return tuple(
        sorted(found, key=lambda command: not command.name.casefold().startswith(typed.casefold()))
    )


def _choices(commands: Sequence[Command]) -> tuple[Choice, ...]:
    return tuple(Choice(str(n), command.name, aside=command.meaning) for n, command in enumerate(commands))


def _text(command: Command) -> str:
    return f"{command.name} {command.meaning}".casefold()
