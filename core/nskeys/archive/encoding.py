"""Binary in JSON: base64url without padding (RFC 4648, section 5), one spelling only."""

import base64
import binascii

from nskeys.archive.strict_json import Malformed, text
from nskeys.model.canonical import Json


def to_base64url(data: bytes) -> str:
    """The one spelling of `data`."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(value: Json, size: int) -> bytes:
    """Exactly `size` bytes from their one spelling; Malformed."""
    spelled = text(value, r"[A-Za-z0-9_-]{1,128}")
    try:
        data = base64.urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4))
    except binascii.Error:
        raise Malformed("not_base64url") from None
    if len(data) != size or to_base64url(data) != spelled:
        raise Malformed("not_base64url")
    return data
