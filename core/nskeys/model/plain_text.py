"""Text from outside: what is no UTF-8 in it, byte order marks, and other encodings refused by their
names."""

import codecs

from nskeys.errors import FileUnreadable

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf32"),
    (codecs.BOM_UTF16_LE, "utf16"),
    (codecs.BOM_UTF16_BE, "utf16"),
)
MARK_SIZE = len(codecs.BOM_UTF8)


def drop_mark(data: bytearray, path: str) -> None:
    """Take the byte order mark of UTF-8 from the beginning; nobody types it. FileUnreadable (`utf16`,
    `utf32`) for text that is saved so, with a mark or, as far as that can be told, without one."""
    for mark, problem in _MARKS:
        if data.startswith(mark):
            raise FileUnreadable(path, problem)
    for width, problem in ((4, "utf32"), (2, "utf16")):
        if _padded(data, width):
            raise FileUnreadable(path, problem)
    while data.startswith(codecs.BOM_UTF8):
        del data[:MARK_SIZE]


def _padded(data: bytearray, width: int) -> bool:
    """Return whether the bytes are Latin letters, most of them, each filled up to this many with zeros,
    in either order."""
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
    """Return what can be written down of it: each byte that is no text is a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
