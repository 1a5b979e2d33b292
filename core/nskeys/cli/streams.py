"""Standard output and standard error, which may break off: a reader goes away, a disk is full."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # known to type checkers; importing `typing` for it would cost `--version` a tenth
if TYPE_CHECKING:
    from typing import TextIO


class DataStream:
    """A stream for data or words. Its first failure stays in `failure`, and whatever follows is dropped."""

    def __init__(self, stream: "TextIO") -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> None:
        if self.failure is None:
            with self._giving_up():
                self._stream.write(text)

    def flush(self) -> None:
        if self.failure is None:
            with self._giving_up():
                self._stream.flush()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        """Keep the first failure, and send what the stream still holds to the null device: Python would
        otherwise try to write it again when the process ends, and print an error."""
        try:
            yield
        except OSError as error:
            self.failure = error
            with suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
                os.dup2(nothing, self._stream.fileno())
                os.close(nothing)
