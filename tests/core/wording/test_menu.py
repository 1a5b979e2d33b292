"""The menu: nothing of it is cut where the terminal is small, and each key means one thing."""

from collections import Counter

from nskeys.wording.menu import ENTRIES, GROUPS
from nskeys.wording.text.terminal import width

_COLUMNS = 60
_EDGES, _MARK, _KEY, _BETWEEN = 2, 2, 3, 4


def test_every_entry_fits_on_60_columns() -> None:
    group = max(width(name) for name, _ in GROUPS) + 2
    names = max(width(entry.name) for entry in ENTRIES)
    room = _COLUMNS - _EDGES - _MARK - group - _KEY - names - _BETWEEN
    assert [entry.about for entry in ENTRIES if width(entry.about) > room] == []


def test_each_key_means_one_thing_and_moves_nothing() -> None:
    keys = Counter(entry.key for entry in ENTRIES)
    assert [key for key, times in keys.items() if times > 1] == []
    assert not keys.keys() & set("jkgGmq")


def test_what_is_done_there_is_said_by_a_noun_and_its_company() -> None:
    assert [entry.about for entry in ENTRIES if entry.about.startswith(("what", "who", "where"))] == []
