"""Standard output, which may break off: a reader goes away, a disk is full."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # known to type checkers; importing `typing` for it would cost `--version` a tenth
if TYPE_CHECKING:
    from typing import TextIO


class DataStream:
    """A stream for data. Its first failure stays in `failure`, and whatever follows is dropped."""

    def __init__(self, stream: "TextIO") -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> None:
        """Put text behind what is there."""
        if self.failure is None:
            with self._giving_up():
                self._stream.write(text)

    def flush(self) -> None:
        """Let what was written be seen now."""
        if self.failure is None:
            with self._giving_up():
                self._stream.flush()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """Keep the first failure, and lead what the stream still holds into nothing: Python would try to
        write it once more when the process ends, and complain."""
        try:
            yield
        except OSError as error:
            self.failure = error
            with suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
                os.dup2(nothing, self._stream.fileno())
                os.close(nothing)
