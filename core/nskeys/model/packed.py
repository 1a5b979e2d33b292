"""Many rows in little memory: as bytes, a chunk at a time, made into objects again when they are asked for.

An object with ten fields takes 800 bytes, its values packed 80; an import has 200,000 rows.
"""

import marshal
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar, overload

from nskeys.model.secret import SecretBytes, Wipeable

T = TypeVar("T")

Plain: TypeAlias = str | int | bool | tuple[str, ...] | None
Values: TypeAlias = tuple[Plain, ...]

_CHUNK = 256
"""Rows that are packed together; as many are made to reach one of them."""


class Packed(Sequence[T], Generic[T]):
    """A sequence that grows at its end; each row is made by `unpack` whenever it is asked for."""

    def __init__(self, unpack: Callable[..., T]) -> None:
        self._unpack = unpack
        self._chunks: list[bytes] = []
        self._last: list[Values] = []

    def append(self, *values: Plain) -> None:
        """Add the row that `unpack` makes of these values."""
        self._last.append(values)
        if len(self._last) == _CHUNK:
            # Never loaded from anywhere but this memory, so nobody else's bytes are unmarshalled.
            self._chunks.append(marshal.dumps(self._last))
            self._last = []

    def __len__(self) -> int:
        return _CHUNK * len(self._chunks) + len(self._last)

    def __iter__(self) -> Iterator[T]:
        unpack = self._unpack
        for chunk in range(len(self._chunks) + 1):
            for values in self._chunk(chunk):
                yield unpack(*values)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        return self._unpack(*self._chunk(places // _CHUNK)[places % _CHUNK])

    def _chunk(self, number: int) -> Sequence[Values]:
        if number == len(self._chunks):
            return self._last
        rows: list[Values] = marshal.loads(self._chunks[number])  # noqa: S302 (see `append`)
        return rows


class PackedSecrets(Sequence[SecretBytes], Wipeable):
    """Secrets, a chunk in one buffer. Each is copied out when it is asked for, and whoever asked wipes
    it; `wipe` empties the sequence."""

    def __init__(self) -> None:
        self._chunks: list[SecretBytes] = []
        self._ends: list[array[int]] = []
        self._last: list[SecretBytes] = []

    def append(self, secret: SecretBytes) -> None:
        """Take a secret, which is wiped once it is packed."""
        self._last.append(secret)
        if len(self._last) == _CHUNK:
            ends, end = array("L"), 0
            for one in self._last:
                end += len(one)
                ends.append(end)
            self._ends.append(ends)
            self._chunks.append(SecretBytes(b"".join(one.reveal() for one in self._last)))
            self._wipe_last()

    def __len__(self) -> int:
        return _CHUNK * len(self._chunks) + len(self._last)

    @overload
    def __getitem__(self, index: int) -> SecretBytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SecretBytes]: ...
    def __getitem__(self, index: int | slice) -> SecretBytes | Sequence[SecretBytes]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        chunk, place = divmod(places, _CHUNK)
        if chunk == len(self._chunks):
            return self._last[place].copy()
        ends = self._ends[chunk]
        return self._chunks[chunk].part(ends[place - 1] if place else 0, ends[place])

    def wipe(self) -> None:
        self._wipe_last()
        while self._chunks:
            self._chunks.pop().wipe()
        self._ends.clear()

    def _wipe_last(self) -> None:
        while self._last:
            self._last.pop().wipe()
