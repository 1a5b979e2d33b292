"""Bytes that must not be shown.

Python copies freely, so wiping reaches only the buffer held here. What `reveal` returns is an ordinary
`bytes` that lives until the interpreter frees it; keep it short-lived.
"""

import hmac
import unicodedata
from types import TracebackType
from typing import NoReturn, Self


class Wipeable:
    """A context manager that calls `wipe`, which the subclass provides, at its end."""

    __slots__ = ()

    def wipe(self) -> None:
        """Overwrite what is secret. Calling it again does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()


LEAST_SCORE = 3
"""A new password with a lower score is used only if a person insists, because too few tries guess it
where the file was copied (zxcvbn's 0 to 4; 3 is 10^8 to 10^10 guesses)."""


class SecretBytes(Wipeable):
    """Key material or a password: redacted `repr`, no `==`, no hash, no pickling, wiped on exit."""

    __slots__ = ("_buffer", "insisted", "score", "typed")
    __hash__ = None  # type: ignore[assignment]  # a secret is never a dictionary key

    def __init__(
        self, data: bytes | bytearray | memoryview, *, typed: bool = False, insisted: bool = False
    ) -> None:
        """`typed`: a person gave it just now, so somebody knows it. `insisted`: a new password that is
        used however weak it is."""
        self._buffer = bytearray(data)
        self.typed = typed
        self.insisted = insisted
        self.score: int | None = None
        """How hard a new password is to guess, 0 to 4; None before it is rated."""

    @classmethod
    def from_text(cls, text: str, *, typed: bool = False) -> Self:
        """Return the UTF-8 bytes of `text` after NFC, so one password typed on two keyboards is one."""
        return cls(unicodedata.normalize("NFC", text).encode("utf-8", "strict"), typed=typed)

    def reveal(self) -> bytes:
        """Return the bytes as a copy, which the caller drops as soon as possible."""
        return bytes(self._buffer)

    def copy(self) -> "SecretBytes":
        """Return another buffer with the same bytes and the same flags."""
        copied = SecretBytes(self._buffer, typed=self.typed, insisted=self.insisted)
        copied.score = self.score
        return copied

    def part(self, start: int, end: int) -> "SecretBytes":
        """Return another buffer with some of the bytes."""
        return SecretBytes(memoryview(self._buffer)[start:end])

    def text(self) -> str:
        """Return the bytes as UTF-8 text; raises UnicodeDecodeError where they are none."""
        return self._buffer.decode("utf-8")

    def same_as(self, other: "SecretBytes") -> bool:
        """Return whether both hold the same bytes, in constant time."""
        return hmac.compare_digest(self._buffer, other._buffer)

    def contained_in(self, text: str) -> bool:
        """Return whether `text` contains this secret (compared without regard to case)."""
        secret = self._buffer.decode("utf-8", "replace").casefold()
        return bool(secret) and secret in unicodedata.normalize("NFC", text).casefold()

    def wipe(self) -> None:
        """Overwrite the buffer with zeros and empty it."""
        # As long as before, so Python writes into the same memory.
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer.clear()

    def __len__(self) -> int:
        return len(self._buffer)

    def __bool__(self) -> bool:
        return bool(self._buffer)

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are compared with same_as()")

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled or copied")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted)"
