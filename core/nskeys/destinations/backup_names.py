"""File names of backups: the next name where one exists, and which of two is newer."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain, count, islice

from nskeys.ports import Listed, Listing

_MOST_NAMES = 1_000
_ENDINGS = (".zip", ".kms")
_PREFIX, _SUFFIX = ".nskeys-", ".part"


def temporary_name() -> str:
    """Return a random, unused name for an unfinished file."""
    return f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Return whether this is the name of an unfinished file."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def candidates(name: str) -> Iterator[str]:
    """Yield `name`, then with `-2`, `-3`, ... before its ending, to be tried one after the other."""
    stem, dot, ending = name.rpartition(".")
    return islice(chain([name], (f"{stem}-{number}{dot}{ending}" for number in count(2))), _MOST_NAMES)


def is_backup(name: str) -> bool:
    """Return whether a file of this name may be a backup: `.zip` or `.kms`."""
    return name.endswith(_ENDINGS)


def is_plain(name: str) -> bool:
    """Return whether a name is harmless text: no slash of any system, no control character, no direction of
    writing. nskeys never writes any other."""
    return name.isprintable() and not any(sign in name for sign in "/\\") and name not in ("", ".", "..")


def listing_of(found: Iterable[Listed]) -> Listing:
    """Return the backups among files of any name, newest first: by the time in the name, then by the number
    that a collision added. Empty files are left out: a kill while a backup gets its name may leave one."""
    backups = [listed for listed in found if is_backup(listed.name) and listed.size]
    plain = [listed for listed in backups if is_plain(listed.name)]
    ordered = sorted(plain, key=lambda listed: _age(listed.name), reverse=True)
    return Listing(ordered, len(backups) - len(plain))


def _age(name: str) -> tuple[str, int, str]:
    # Not compiled at import: most commands sort nothing.
    number, stamp = re.search(r"-(\d{1,9})\.\w+\Z", name), re.search(r"\d{8}T\d{6}Z", name)
    return (stamp[0] if stamp else "", int(number[1]) if number else 1, name)
