"""The menu: nothing of it is cut where the terminal is small."""

from nskeys.wording.menu import ENTRIES
from nskeys.wording.text.terminal import width

_COLUMNS = 60
_BEFORE, _BETWEEN, _BEHIND = 3, 2, 1


def test_every_entry_fits_on_60_columns() -> None:
    names = max(width(name) for _, name, _ in ENTRIES)
    room = _COLUMNS - _BEFORE - names - _BETWEEN - _BEHIND
    assert [words for _, _, words in ENTRIES if width(words) > room] == []
