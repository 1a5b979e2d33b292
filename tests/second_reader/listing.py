"""The derived table `listing` of the CMDB (section 14)."""

import re
import unicodedata

from tests.second_reader.sealed import Row
from tests.second_reader.shapes import spell_time

PART = 120


def fold(text: str) -> str:
    """Fold a text for comparing."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def spell_part(text: str) -> str:
    """Give the first characters of the folded text, with the count of digits before each number."""
    return re.sub(r"[0-9]+", lambda run: count_digits(run[0]), fold(text)[:PART])


def count_digits(run: str) -> str:
    """Spell a run of digits so that it sorts as a number does."""
    digits = run.lstrip("0") or "0"
    size = len(digits)
    return (str(size) if size < 9 else f"9{size:03d}") + digits


def list_credential(row: Row) -> tuple[str, ...]:
    """Give the row of `listing` of a credential, without id and kind."""
    name = spell_part(row.name)
    return (
        f"{row.kind}/{name}",
        name,
        f"{spell_part(row.target)}\x01{name}",
        f"{spell_part(row.account)}\x01{name}",
        f"{spell_time(row.updated)}\x01{name}",
        "".join(fold(text) + "\n" for text in (row.name, row.target, row.account, row.note)) + "\n",
    )
