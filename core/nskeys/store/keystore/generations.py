"""The generations of a key store: the folder `store`, in which `current` names the one that counts.

A generation is built and opened again in `new-<n>`, and copied to `<n>` only when the change that names it
was made in the CMDB; then `current` names it, then `new-<n>` and the one before are removed. So the name
tells what a killed process left: `new-<n>` is unfinished or was not named yet, and a generation that
`current` does not name is old or unwanted. Without `current`, a single generation counts if none is new.

What should have been removed and was not is a leftover: it may still open with a passphrase that was given
up. Each sweep tries again, a failure stops nobody, and `leftovers` reports it until it is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from nskeys import files
from nskeys.errors import (
    CannotCreate,
    FileUnreadable,
    KeyStoreDamaged,
    NewerVersion,
    NotPermitted,
    NotSetUp,
)
from nskeys.model.keys import Leftover
from nskeys.reasons import Problem
from nskeys.store.keystore.files import translated
from nskeys.store.keystore.generation import Generation

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
            if any(path.name.startswith(_UNFINISHED) for path in self._entries()):
                return None  # a set-up that was not finished
            numbers = self._numbers()
            if len(numbers) > 1:
                raise KeyStoreDamaged(str(self._current), Problem.MISSING) from None
            return numbers[0] if numbers else None
        if not text.endswith("\n") or not _is_number(text.removesuffix("\n")):
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

    def find(self, store_id: str) -> Generation | None:
        """Return the generation with this store id, whether it counts or not; None where there is none."""
        # The one that was prepared comes first: its copy may not be whole.
        for path in sorted(self._entries(), key=lambda path: not path.name.startswith(_UNFINISHED)):
            if _is_number(path.name.removeprefix(_UNFINISHED)):
                with suppress(KeyStoreDamaged, FileUnreadable, NewerVersion, NotPermitted):
                    if Generation(path).store_record().store_id == store_id:
                        return Generation(path)
        return None

    def publish(self, generation: Generation) -> None:
        """Copy a prepared generation to its number, and make it the one that counts. Does what is left to
        do where that was broken off. Not a rename: half of one could arrive on the medium, and then the
        generation that the CMDB names would be nowhere."""
        number = int(generation.folder.name.removeprefix(_UNFINISHED))
        counts = self.at(number)
        if generation.folder != counts.folder:
            generation.copy_to(counts)
        if not files.exists(self._current) or self.number() != number:
            self._point_to(number)
        if generation.folder != counts.folder:
            remove_if_possible(generation.destroy)

    def _point_to(self, number: int) -> None:
        files.replace(self._current, b"%d\n" % number)

    def read(self, read: Callable[[Generation], _T]) -> tuple[int, _T]:
        """The current generation's number and what `read` makes of it; read again where another one was
        made current meanwhile. NotSetUp."""
        for _ in range(_TRIES):
            number = self.number()
            if number is None:
                raise NotSetUp(str(self._folder.parent))
            try:
                return number, read(self.at(number))
            except KeyStoreDamaged:
                if self.number() == number:
                    raise
            time.sleep(_PAUSE)
        raise KeyStoreDamaged(str(self._folder), Problem.CHANGING)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what should have been removed and was not."""
        number = self.number()
        if number is None:
            return ()
        current, left = self.at(number), []
        kids = current.all_kids()
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
        """Remove what was left behind. Needs the lock."""
        files.sweep(self._folder)
        self.remove_unfinished()
        number = self.number()
        if number is None:
            return
        generation = self.at(number)
        generation.sweep()
        if not files.exists(self._current):
            self._point_to(number)
        self.remove_superseded(generation)

    def remove_unfinished(self) -> None:
        """Remove generations that were never finished, and copies of them that were begun, as far as
        possible."""
        for path in self._entries():
            number = path.name.removeprefix(_UNFINISHED)
            if path.name == number:
                continue
            if _is_number(number) and not self._counts(int(number)):
                remove_if_possible(self.at(int(number)).destroy)
            remove_if_possible(Generation(path).destroy)

    def _counts(self, number: int) -> bool:
        """Return whether `current` names it; True also where that cannot be told."""
        try:
            return files.exists(self._current) and self.number() == number
        except (KeyStoreDamaged, NotPermitted, FileUnreadable):
            return True

    def remove_superseded(self, current: Generation) -> None:
        """Other generations whose keys are all in the current one, which is whole. Any other may hold
        keys that nothing else holds, so it stays."""
        others = [
            other for number in self._numbers() if (other := self.at(number)).folder != current.folder
        ]
        if not others:
            return
        with suppress(KeyStoreDamaged):
            kids = current.all_kids()
            for other in others:
                if other.adds_nothing_to(kids):
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


def _adds_nothing(generation: Generation, kids: Collection[str]) -> bool:
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
