"""What happened and what to do, by command and by key, for every error: a table of rows per subject."""

from functools import cache
from types import MappingProxyType

from nskeys.errors import NoCopyMade, NskeysError
from nskeys.wording.text.sentence import Row, Sentence, Table, listed
from nskeys.wording.text.terminal import shown


def _no_copy_made(error: NoCopyMade) -> Row:
    """Return each destination with what kept the copy from it; it stands here, where the rows of every
    error are known."""
    reasons = listed(tuple(f"{shown(place)} ({_reason(problem)})" for place, problem in error.failures))
    return Row(
        f"No backup was made, for none of {len(error.failures)} destinations got a copy: {reasons}.",
        "Mend one of them and try it with 'nskeys destination test DEST', "
        "or back up to another one with 'nskeys backup --to DEST'.",
        "Mend one of them, or choose another one.",
    )


def _reason(problem: NskeysError) -> str:
    return say(problem).what.removesuffix(".")


@cache
def rows() -> Table:
    """Return the row of every error. The tables are imported when something first went wrong."""
    from nskeys.wording.errors.backups import BACKUPS
    from nskeys.wording.errors.credentials import CREDENTIALS
    from nskeys.wording.errors.custodians import SHARES
    from nskeys.wording.errors.database import DATABASE
    from nskeys.wording.errors.destinations import PLACES
    from nskeys.wording.errors.imports import IMPORTS
    from nskeys.wording.errors.keys import KEYS
    from nskeys.wording.errors.other_databases import OTHER_DATABASES
    from nskeys.wording.errors.recovery import RECOVERY
    from nskeys.wording.errors.schedule import SCHEDULE
    from nskeys.wording.errors.secrets import SECRETS
    from nskeys.wording.errors.setup import SETUP
    from nskeys.wording.errors.ssh import SERVERS

    return MappingProxyType(
        {
            **SETUP,
            **SECRETS,
            **SHARES,
            **KEYS,
            **CREDENTIALS,
            **IMPORTS,
            **BACKUPS,
            **RECOVERY,
            **PLACES,
            **DATABASE,
            **OTHER_DATABASES,
            **SERVERS,
            **SCHEDULE,
            NoCopyMade: _no_copy_made,
        }
    )


_UNFORESEEN = Row(
    "nskeys stopped because of a bug in it; what it was doing may or may not be done.",
    "Run 'nskeys status' to see how things stand, and report what you did when it happened.",
    "Look at the first screen to see how things stand.",
)
UNFORESEEN = Sentence(_UNFORESEEN.what, _UNFORESEEN.by_command)
"""For whatever is no NskeysError: a bug. Its text may hold a secret, so it is not shown."""


def say(error: NskeysError) -> Sentence:
    """Return what happened and what to do, for the command line."""
    row = _row(error)
    return Sentence(row.what, row.by_command)


def say_in_app(error: NskeysError) -> Sentence:
    """Return what happened and what to do, for the app: keys and screens, no command to type."""
    row = _row(error)
    return Sentence(row.what, row.by_key)


def _row(error: NskeysError) -> Row:
    """Return the row of the error's class, or of the nearest class above it that has one."""
    for known in type(error).__mro__:
        if known in rows():
            return rows()[known](error)
    return _UNFORESEEN
