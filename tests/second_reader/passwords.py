"""What people type (section 1: R-1.11)."""

import unicodedata

from tests.second_reader.refusal import Refused, refuse_unless

MOST_BYTES = 1024


def normalise_password(typed: str) -> bytes:
    """Give the bytes that a password or passphrase stands for; bounds are those of what was typed."""
    try:
        as_typed = typed.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("wrong password", "R-1.11", "no UTF-8") from error
    fits = 1 <= len(as_typed) <= MOST_BYTES
    refuse_unless(fits, "wrong password", "R-1.11", f"{len(as_typed)} bytes")
    return unicodedata.normalize("NFC", typed).encode("utf-8")
