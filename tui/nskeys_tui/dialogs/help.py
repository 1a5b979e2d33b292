"""The help: what the keys of a screen do."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.facts import Facts
from nskeys_tui.widgets.key_bar import key_name

_LETTERS = "jkgG"
_MOVES = (
    "j k g G",
    "Down, up, to the beginning and to the end, as the arrows, Home and End; PgUp and PgDn go a page",
)
_ARROWS = ("Arrows", "Move, as Home, End, PgUp and PgDn do; letters mean something else here")
_ALWAYS = (
    ("Ctrl+P", "All commands, from any screen, found by name"),
    ("Ctrl+Q", "Leave nskeys, from anywhere"),
    ("Tab", "Go to the next part of the screen"),
)


def keys_in_words(screen: Screen[object]) -> tuple[tuple[str, str], ...]:
    """Return key and meaning of everything that the screen offers now."""
    keys = screen.active_bindings
    rows = [
        (key_name(binding.key), binding.tooltip or binding.description)
        for _, binding, enabled, _ in keys.values()
        if binding.show and enabled and binding.description
    ]
    typed = getattr(screen, "takes_letters", False)
    named = any(key in keys and keys[key].binding.show for key in _LETTERS)
    return (*dict.fromkeys(rows), _ARROWS if typed or named else _MOVES, *_ALWAYS)


class Help(Dialog[None]):
    """A line for each key, and above them what the screen is for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,question_mark,q", "leave", show=False)]

    def __init__(self, keys: Sequence[tuple[str, str]], about: str = "") -> None:
        super().__init__("Help")
        self._keys, self._about = tuple(keys), about

    def body(self) -> Iterable[Widget]:
        """Return the words, then the keys."""
        if self._about:
            yield text(self._about)
        yield _Keys(self._keys)


class _Keys(Facts):
    """Keys and what they do; long texts are wrapped."""

    GAP: ClassVar[int] = 2
    LABELS: ClassVar[str] = "bold $accent"
