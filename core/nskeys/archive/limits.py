"""The limits of a backup: the size of each part, and the text that people may put into it.

Readers refuse larger ones before any work is done for them; the writer refuses to make them.
"""

import re
import unicodedata

from nskeys.errors import FieldInvalid, HintRefused
from nskeys.model.register import HINT_LIMIT, SOURCE_LIMIT
from nskeys.reasons import FieldProblem, HintProblem

ARCHIVE_LIMIT = 16 * 1024 * 1024
"""Bytes of an archive or of a bare `.kms`."""
MANIFEST_LIMIT = 4 * 1024 * 1024
PAYLOAD_LIMIT = 8 * 1024 * 1024
"""Bytes of the JWK Set inside a `.kms`."""
KEYS_LIMIT = 10_000
SERVER_LIMIT = 255


_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u061c\u180e\u200b\u200e\u200f"  # soft hyphen, marks and spaces without a shape
    "\u2028-\u202e\u2060-\u206f"  # line separators, bidirectional controls
    "\ud800-\udfff\ufeff\ufff9-\ufffb"  # surrogates, BOM, annotations
    "\U000e0000-\U000e007f]"  # tags
)


def problem_of(text: str, limit: int) -> HintProblem | None:
    """`too_long`, `control_characters`, `not_nfc` or None."""
    if len(text) > limit:
        return HintProblem.TOO_LONG
    if re.search(_UNSAFE, text):  # compiled at first use: it takes as long as importing this module
        return HintProblem.CONTROL_CHARACTERS
    return None if unicodedata.is_normalized("NFC", text) else HintProblem.NOT_NFC


def check_hint(hint: str) -> None:
    """Raise HintRefused for a hint that a backup cannot carry. An empty one is valid."""
    if problem := problem_of(hint, HINT_LIMIT):
        raise HintRefused(problem)


def check_server(server: str) -> None:
    """Raise FieldInvalid for a server name that a backup cannot carry."""
    if not server:
        raise FieldInvalid("server", FieldProblem.EMPTY, SERVER_LIMIT)
    if problem := problem_of(server, SERVER_LIMIT):
        raise FieldInvalid("server", FieldProblem(problem), SERVER_LIMIT)


def check_source(source: str) -> None:
    """Raise FieldInvalid for a `source` that a backup cannot carry. An empty one is valid."""
    if problem := problem_of(source, SOURCE_LIMIT):
        raise FieldInvalid("source", FieldProblem(problem), SOURCE_LIMIT)
