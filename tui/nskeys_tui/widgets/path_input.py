"""An input for a path on this machine: the rest of a name is suggested while one types, Tab takes it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual import on
from textual.geometry import Region
from textual.message import Message

from nskeys.threads import in_a_thread
from nskeys.wording.text.terminal import safe
from nskeys_tui.widgets.guarded import LOOKS
from nskeys_tui.widgets.inputs import TextInput

_ENTRY_LIMIT = 20_000
"""The most names that are read of a folder."""
_SHOWN = 6
"""How many names are shown that go on differently."""
_PATIENCE_S = 2.0
"""Seconds that a folder has to answer; a dead mount answers never."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a path may go on with: `text` as far as that is certain, and the names that differ then."""

    text: str
    names: tuple[str, ...] = ()


def complete(text: str, is_wanted: Callable[[str], bool] = lambda _: True) -> Completion:
    """Return how the path goes on: through folders, and to files whose name `is_wanted`. Unchanged where
    nothing fits or nothing can be read; names that are no text are left out."""
    folder, slash, begun = text.rpartition("/")
    above = Path(f"{folder}{slash}" or ".").expanduser()
    names = sorted(_names(above, begun, is_wanted), key=str.casefold)
    if not names:
        return Completion(text)
    first, last = min(names), max(names)  # what these two have in common, all between them have
    differ = (n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    common = first[: next(differ, len(first))]
    return Completion(f"{folder}{slash}{common}", tuple(names) if len(names) > 1 else ())


def _names(above: Path, begun: str, is_wanted: Callable[[str], bool]) -> Sequence[str]:
    found = []
    try:
        with os.scandir(above) as entries:
            for number, entry in enumerate(entries):
                if number >= _ENTRY_LIMIT:
                    break
                fits = entry.name.startswith(begun) and (begun or not entry.name.startswith("."))
                if fits and entry.name.isprintable():
                    if entry.is_dir():
                        found.append(f"{entry.name}/")
                    elif is_wanted(entry.name):
                        found.append(entry.name)
    except OSError:
        return ()
    return found


class PathInput(TextInput):
    """Tab completes what stands in it, and moves on where nothing can be completed."""

    @dataclass
    class Names(Message):
        """The names with which the path may go on, in safe text; empty where there is no choice."""

        words: str

    @dataclass
    class _Completed(Message):
        typed: str
        completion: Completion

    def __init__(
        self, value: str = "", *, placeholder: str = "", is_wanted: Callable[[str], bool] = lambda _: True
    ) -> None:
        super().__init__(value, placeholder=placeholder, submits=False)
        self._is_wanted = is_wanted

    def on_mount(self) -> None:
        """Show the end of a long path, where it says most."""
        self.cursor_position = len(self.value)
        self.call_after_refresh(self._show_end)

    def _show_end(self) -> None:
        """Scroll to the cursor, once the value is laid out."""
        cursor = Region(self._position_to_cell(self.cursor_position), 0, 1, 1)
        self.scroll_to_region(cursor, force=True, animate=False)

    def complete(self) -> bool:
        """Begin to complete; return whether Tab is used up by it: in an empty field it goes on."""
        typed = self.value
        if not typed or "://" in typed or self.cursor_position != len(typed):
            return False
        self.run_worker(partial(self._look, typed), thread=True, exclusive=True, group=LOOKS)
        return True

    def _look(self, typed: str) -> None:
        look = in_a_thread(partial(complete, typed, self._is_wanted))
        try:
            self.post_message(self._Completed(typed, look.result(_PATIENCE_S)))
        except TimeoutError:
            return

    @on(_Completed)
    def _completed(self, message: _Completed) -> None:
        message.stop()
        if message.typed != self.value:
            return  # somebody typed on meanwhile
        if message.completion.text != self.value:
            self.value = message.completion.text
            self.cursor_position = len(self.value)
            self.call_after_refresh(self._show_end)
        names = message.completion.names
        more = ["…"] if len(names) > _SHOWN else []
        self.post_message(self.Names("  ".join([*map(safe, names[:_SHOWN]), *more])))
