"""Binary of a known size in JSON: base64url without padding, in its one spelling."""

from nskeys.archive.strict_json import Malformed, text
from nskeys.model.base64url import from_base64url
from nskeys.model.canonical import Json

_PATTERN = r"[A-Za-z0-9_-]{1,128}"
"""Nothing nskeys spells so is longer than a signature."""


def binary(value: Json, size: int) -> bytes:
    """Exactly `size` bytes; Malformed."""
    spelled = text(value, _PATTERN)
    try:
        data = from_base64url(spelled)
    except ValueError:
        raise Malformed("not_base64url") from None
    if len(data) != size:
        raise Malformed("wrong_size")
    return data
