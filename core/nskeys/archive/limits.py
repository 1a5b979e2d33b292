"""The limits of a backup: the size of each part, and the text that people may put into it.

Readers refuse larger ones before any work is done for them; the writer refuses to make them.
"""

import re
import unicodedata

from nskeys.errors import FieldInvalid, HintRefused
from nskeys.model.backup import HINT_LIMIT

ARCHIVE_LIMIT = 16 * 1024 * 1024
"""Bytes of an archive or of a bare `.kms`."""
MANIFEST_LIMIT = 4 * 1024 * 1024
PAYLOAD_LIMIT = 8 * 1024 * 1024
"""Bytes of the JWK Set inside a `.kms`."""
KEYS_LIMIT = 10_000
SERVER_LIMIT = 255
JSON_DEPTH = 6
JSON_DIGITS = 16


_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u061c\u180e\u200b\u200e\u200f"  # soft hyphen, marks and spaces without a shape
    "\u2028-\u202e\u2060-\u206f"  # line separators, bidirectional controls
    "\ud800-\udfff\ufeff\ufff9-\ufffb"  # surrogates, BOM, annotations
    "\U000e0000-\U000e007f]"  # tags
)


def problem_of(text: str, limit: int) -> str:
    """Return `too_long`, `control_characters`, `not_nfc`, or an empty text where there is no problem."""
    if len(text) > limit:
        return "too_long"
    if _UNSAFE.search(text):
        return "control_characters"
    return "" if unicodedata.is_normalized("NFC", text) else "not_nfc"


def check_hint(hint: str) -> None:
    """Raise HintRefused for a hint that a backup cannot carry. An empty one is valid."""
    if problem := problem_of(hint, HINT_LIMIT):
        raise HintRefused(problem)


def check_server(server: str) -> None:
    """Raise FieldInvalid for a server name that a backup cannot carry."""
    if problem := ("" if server else "empty") or problem_of(server, SERVER_LIMIT):
        raise FieldInvalid("server", problem, SERVER_LIMIT)
