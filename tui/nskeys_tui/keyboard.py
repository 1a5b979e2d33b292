"""Keyboard input that is not UTF-8, as from a terminal set to Latin-1.

Textual's input thread would end at the first such byte, and the app with it. Here each becomes a lone
surrogate, which the app drops and reports.
"""

import codecs
from functools import partial

_FIRST, _LAST = 0xDC80, 0xDCFF
"""The characters that Python's `surrogateescape` puts in the place of bytes 0x80 to 0xFF."""


def read_any_bytes() -> None:
    """Make Textual's input thread continue after bytes that are not UTF-8."""
    from textual.drivers import linux_driver

    def decoder(encoding: str) -> object:
        return partial(codecs.getincrementaldecoder(encoding), "surrogateescape")

    vars(linux_driver)["getincrementaldecoder"] = decoder


def parted(text: str) -> tuple[str, bytes]:
    """Return the text without what is not UTF-8, and that as the original bytes."""
    wrong = [ord(character) - 0xDC00 for character in text if _FIRST <= ord(character) <= _LAST]
    if not wrong:
        return text, b""
    return "".join(character for character in text if not _FIRST <= ord(character) <= _LAST), bytes(wrong)
