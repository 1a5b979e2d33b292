"""Names of backup files: which name comes next where one is taken, and which of them is newer."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain, count, islice

from nskeys.ports import Listed

_MOST_NAMES = 1_000
_BACKUP = re.compile(r"(?P<stem>.*?)(?:-(?P<number>\d{1,9}))?\.(?:zip|kms)", re.DOTALL)
_PREFIX, _SUFFIX = ".nskeys-", ".part"
_STAMP = re.compile(r"\d{8}T\d{6}Z")


def temporary_name() -> str:
    """A random name that nobody else has, for a file that is not finished."""
    return f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that was not finished."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def candidates(name: str) -> Iterator[str]:
    """`name`, then with `-2`, `-3`, ... before its ending: what is tried where a name is taken."""
    stem, dot, ending = name.rpartition(".")
    return islice(chain([name], (f"{stem}-{number}{dot}{ending}" for number in count(2))), _MOST_NAMES)


def is_backup(name: str) -> bool:
    """Whether a file of this name may be a backup: `.zip` or `.kms`."""
    return _BACKUP.fullmatch(name) is not None


def newest_first(found: Iterable[Listed]) -> tuple[Listed, ...]:
    """By the time in a backup's name, then by the number that a collision added."""
    return tuple(sorted(found, key=lambda listed: _age(listed.name), reverse=True))


def _age(name: str) -> tuple[str, int, str]:
    match, stamp = _BACKUP.fullmatch(name), _STAMP.search(name)
    number = match["number"] if match else None
    return (stamp[0] if stamp else "", int(number or 1), name)
