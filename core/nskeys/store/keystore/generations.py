"""The generations of a key store: the folder `store`, in which `current` names the one that counts.

A generation is built in `new-<n>` and renamed to `<n>` only when it is whole and was opened again; then
`current` names it, then the one before is removed. So the name tells what a killed process left: `new-<n>`
is unfinished, and a generation that `current` does not name is old or unwanted. Without `current`, a single
generation counts.

What should have been removed and was not is a leftover: it may still open with a passphrase that was given
up. Each sweep tries again, a failure stops nobody, and `leftovers` reports it until it is gone.
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from nskeys import files
from nskeys.errors import CannotCreate, FileUnreadable, KeyStoreDamaged, NotPermitted, NotSetUp
from nskeys.model.keys import Kid, Leftover
from nskeys.reasons import Problem
from nskeys.store.keystore.generation import Generation, translated

_LIMIT = 4096
_UNFINISHED = "new-"
_TRIES, _PAUSE = 200, 0.01  # a reader waits at most two seconds for a writer that is quicker than it
_UNDER_WAY = 600  # seconds; no change builds a generation for longer, for what is asked is asked before

_T = TypeVar("_T")


class Generations:
    """The generations in `folder`. What cannot be read raises KeyStoreDamaged, NotPermitted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._current = folder / "current"

    def number(self) -> int | None:
        """Which generation counts; None where there is no store."""
        try:
            text = files.read_bounded(self._current, _LIMIT).decode("ascii", "replace")
        except FileUnreadable as error:
            if error.problem is not Problem.MISSING:
                raise translated(error) from None
            numbers = self._numbers()
            if len(numbers) > 1:
                raise KeyStoreDamaged(str(self._current), Problem.MISSING) from None
            return numbers[0] if numbers else None
        if not _is_number(text.removesuffix("\n")):
            raise KeyStoreDamaged(str(self._current), Problem.NOT_CANONICAL)
        return int(text)

    def next_number(self) -> int:
        """A number that nothing has, nor anything unfinished that could not be removed."""
        names = (path.name.removeprefix(_UNFINISHED) for path in self._entries())
        return max((int(name) for name in names if _is_number(name)), default=0) + 1

    def unfinished(self, number: int) -> Generation:
        return Generation(self._folder / f"{_UNFINISHED}{number}")

    def at(self, number: int) -> Generation:
        return Generation(self._folder / str(number))

    def publish(self, generation: Generation, number: int) -> None:
        """Give a finished generation its number, and make it the one that counts."""
        files.rename_folder(generation.folder, self._folder / str(number))
        self._point_to(number)

    def _point_to(self, number: int) -> None:
        files.replace(self._current, b"%d\n" % number)

    def read(self, read: Callable[[Generation], _T]) -> tuple[int, _T]:
        """The current generation's number and what `read` makes of it, from one moment: read again if a
        writer was at work meanwhile. NotSetUp."""
        for _ in range(_TRIES):
            number = self.number()
            if number is None:
                raise NotSetUp(str(self._folder.parent))
            generation = self.at(number)
            before = generation.stamp()
            try:
                result = read(generation)
            except KeyStoreDamaged:
                if generation.stamp() == before and self.number() == number:
                    raise
            else:
                if generation.stamp() == before and self.number() == number:
                    return number, result
            time.sleep(_PAUSE)
        raise KeyStoreDamaged(str(self._folder), Problem.CHANGING)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what should have been removed and was not."""
        number = self.number()
        if number is None:
            return ()
        current, left = self.at(number), []
        kids = current.key_records().keys()
        for path in self._entries():
            generation = Generation(path)
            if _is_number(path.name):
                superseded = path != current.folder and _adds_nothing(generation, kids)
            else:
                superseded = path.name.startswith(_UNFINISHED) and _seconds_old(path) > _UNDER_WAY
            if superseded and path.exists():  # else it was removed while we looked
                left.append(generation.leftover())
        return tuple(left)

    def sweep(self) -> None:
        """Finish an interrupted change, and remove what was left behind. Needs the lock."""
        files.sweep(self._folder)
        self.remove_unfinished()
        number = self.number()
        if number is None:
            return
        generation = self.at(number)
        generation.sweep()
        generation.finish_change()
        if not files.exists(self._current):
            self._point_to(number)
        self.remove_superseded(generation)

    def remove_unfinished(self) -> None:
        """Remove generations that were never finished, as far as possible."""
        for path in self._entries():
            if path.name.startswith(_UNFINISHED):
                remove_if_possible(Generation(path).destroy)

    def remove_superseded(self, current: Generation) -> None:
        """Other generations whose keys are all in the current one, which is whole. Any other may hold
        keys that nothing else holds, so it stays."""
        with suppress(KeyStoreDamaged):
            kids = current.key_records().keys()
            for number in self._numbers():
                other = self.at(number)
                if other.folder != current.folder and other.adds_nothing_to(kids):
                    remove_if_possible(other.destroy)

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._entries() if _is_number(path.name))

    def _entries(self) -> list[Path]:
        try:
            return [self._folder / name for name in files.names_in(self._folder)]
        except FileUnreadable as error:
            if error.problem is Problem.MISSING:
                return []
            raise translated(error) from None


def _adds_nothing(generation: Generation, kids: Collection[Kid]) -> bool:
    """Whether it should be gone; one that cannot be read holds nothing that anybody gets from it."""
    try:
        return generation.adds_nothing_to(kids)
    except (KeyStoreDamaged, FileUnreadable):
        return True


def remove_if_possible(remove: Callable[[], None]) -> None:
    """What stays is seen by whoever asks for `leftovers`, and tried again by the next sweep."""
    with suppress(CannotCreate, NotPermitted, KeyStoreDamaged, FileUnreadable):
        remove()


def _seconds_old(path: Path) -> float:
    """How long a folder was not changed; 0 where that cannot be told."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= 9
