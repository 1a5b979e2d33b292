"""Text from outside: byte order marks are dropped, other encodings refused by name, invalid UTF-8
replaced."""

import codecs

from nskeys.errors import FileUnreadable
from nskeys.reasons import Problem

_MARKS = (
    (codecs.BOM_UTF32_LE, Problem.UTF32),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, Problem.UTF32),
    (codecs.BOM_UTF16_LE, Problem.UTF16),
    (codecs.BOM_UTF16_BE, Problem.UTF16),
)
MARK_SIZE = len(codecs.BOM_UTF8)


def drop_mark(data: bytearray, path: str) -> None:
    """Remove the byte order mark of UTF-8 from the start. Raises FileUnreadable (`utf16`, `utf32`) for
    text in another encoding, recognised by its mark or by its zero bytes."""
    for mark, problem in _MARKS:
        if data.startswith(mark):
            raise FileUnreadable(path, problem)
    for width, problem in ((4, Problem.UTF32), (2, Problem.UTF16)):
        if _padded(data, width):
            raise FileUnreadable(path, problem)
    while data.startswith(codecs.BOM_UTF8):
        del data[:MARK_SIZE]


def _padded(data: bytearray, width: int) -> bool:
    """Return whether the bytes are mostly Latin letters, each padded with this many zeros, in either
    order."""
    if not data or len(data) % width:
        return False
    zeros = [data[at::width].count(0) for at in range(width)]
    most = len(data) // width // 2
    return any(
        not letters and all(zero > most for zero in filled) for letters, *filled in (zeros, zeros[::-1])
    )


def is_text(text: str) -> bool:
    """Return whether it can be written down."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_text(text: str) -> str:
    """Return the bytes as printable text; a question mark stands for each byte that is not text."""
    return text.encode("utf-8", "replace").decode("utf-8")
