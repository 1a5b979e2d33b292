"""The bottom line: the keys that work now, and what they do."""

from textual.binding import Binding
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from nskeys.wording.text.terminal import fit
from nskeys.wording.waiting import CANNOT_STOP, WORKING
from nskeys_tui.presenters.spans import Key, key_spans
from nskeys_tui.widgets.painted import painted

_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "space": "Space",
    "tab": "Tab",
    "backspace": "Backspace",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "left": "Left",
    "right": "Right",
    "up": "Up",
    "down": "Down",
    "f1": "F1",
    "f5": "F5",
}
_WAYS_OUT = {"Esc": 1, "?": 2, "F1": 2, "q": 3}
"""The keys that stand last, in this order."""
_ALWAYS = frozenset({"m", "question_mark", "q", "escape", "enter", "pagedown"})
"""Keys that lead to all others, out, or on: the last to be left out of a narrow line."""
MORE = Binding.Group("More")
"""The group of keys that only help and palette show, because the line has no room."""


def key_name(key: str) -> str:
    """Return how a key is written on the screen: `Esc`, `^P` for Ctrl+P, `/`."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+').upper()}"
    return _NAMES.get(key, key)


def keys_now(screen: Screen[object]) -> tuple[Key, ...]:
    """Return the keys of a screen that are shown and work now, those that leave it last."""
    active = tuple(screen.active_bindings.values())
    found = [
        Key(key_name(binding.key), binding.description, _stays(binding))
        for _, binding, enabled, _ in active
        if binding.show and enabled and binding.description and binding.group is not MORE
    ]
    help_by = {"question_mark", "f1"} & {binding.key for _, binding, enabled, _ in active if enabled}
    if help_by == {"f1"}:  # in a field `?` is typed
        found.append(Key(key_name("f1"), "Help", always=True))
    return tuple(sorted(dict.fromkeys(found), key=lambda key: _WAYS_OUT.get(key.name, 0)))


class KeyBar(Widget):
    """Draws ` b Back up r Restore ? Help q Quit`: the keys of its screen that work now."""

    DEFAULT_CSS = """
    KeyBar { height: 1; dock: bottom; }
    """

    busy: reactive[bool] = reactive(default=False)
    """Whether the screen waits for an answer: then no key works but the ways out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: tuple[Key, ...] = ()

    def on_mount(self) -> None:
        self._keys = keys_now(self.screen)
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if self.is_attached and (keys := keys_now(screen)) != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Content:
        """Return the keys that fit."""
        if self.busy and not getattr(self.screen, "ESC_LEAVES", True):
            return Content(fit(f" {WORKING} {CANNOT_STOP}", self.size.width))
        now = [key for key in self._keys if key.name == "Esc"] if self.busy else self._keys
        working = [(f" {WORKING}  ", "")] if self.busy else []
        return painted([*working, *key_spans(now, self.size.width)])


def _stays(binding: Binding) -> bool:
    return binding.key in _ALWAYS
