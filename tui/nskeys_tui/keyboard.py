"""What a terminal sends that is no text: bytes that are not UTF-8, as from one that is set to Latin-1.

Textual's thread that reads keys would end on the first of them, and the app with it. Here each such byte
becomes one character that no UTF-8 text holds, for the app to drop by name.
"""

import codecs
from functools import partial

_FIRST, _LAST = 0xDC80, 0xDCFF
"""The characters that Python's `surrogateescape` puts in the place of bytes 0x80 to 0xFF."""


def read_any_bytes() -> None:
    """Let the thread that reads keys go on behind bytes that are not UTF-8."""
    from textual.drivers import linux_driver

    def decoder(encoding: str) -> object:
        return partial(codecs.getincrementaldecoder(encoding), "surrogateescape")

    vars(linux_driver)["getincrementaldecoder"] = decoder


def parted(text: str) -> tuple[str, bytes]:
    """Return the text without what is not UTF-8, and that as the bytes which were sent."""
    wrong = [ord(character) - 0xDC00 for character in text if _FIRST <= ord(character) <= _LAST]
    if not wrong:
        return text, b""
    return "".join(character for character in text if not _FIRST <= ord(character) <= _LAST), bytes(wrong)
