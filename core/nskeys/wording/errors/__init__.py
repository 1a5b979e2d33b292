"""What happened and what to do, for every error that nskeys knows."""

from types import MappingProxyType

from nskeys.errors import NoCopyMade, NskeysError
from nskeys.wording.errors.backups import BACKUPS
from nskeys.wording.errors.credentials import CREDENTIALS
from nskeys.wording.errors.custodians import SHARES
from nskeys.wording.errors.database import DATABASE
from nskeys.wording.errors.destinations import PLACES
from nskeys.wording.errors.keys import KEYS
from nskeys.wording.errors.recovery import RECOVERY
from nskeys.wording.errors.schedule import SCHEDULE
from nskeys.wording.errors.secrets import SECRETS
from nskeys.wording.errors.setup import SETUP
from nskeys.wording.errors.ssh import SERVERS
from nskeys.wording.text.sentence import Sentence, Table, listed
from nskeys.wording.text.terminal import shown


def _no_copy_made(error: NoCopyMade) -> Sentence:
    """Each destination with what kept the copy from it: said here, where every error's words are known."""
    reasons = listed(tuple(f"{shown(place)} ({_reason(problem)})" for place, problem in error.failures))
    return Sentence(
        f"No backup was made, for none of {len(error.failures)} destinations got a copy: {reasons}.",
        "Mend one of them and try it with 'nskeys destination test DEST', "
        "or back up to another one with 'nskeys backup --to DEST'.",
    )


def _reason(problem: NskeysError) -> str:
    return say(problem).what.removesuffix(".")


_OF_OTHERS: Table = MappingProxyType({NoCopyMade: _no_copy_made})
WORDINGS: Table = MappingProxyType(
    {
        **SETUP,
        **SECRETS,
        **SHARES,
        **KEYS,
        **CREDENTIALS,
        **BACKUPS,
        **RECOVERY,
        **PLACES,
        **DATABASE,
        **SERVERS,
        **SCHEDULE,
        **_OF_OTHERS,
    }
)

UNFORESEEN = Sentence(
    "nskeys met a fault of its own and stopped; what it was doing may be done or not.",
    "Run 'nskeys status' to see how things stand, and report what you did when it happened.",
)
"""For whatever is no NskeysError: a bug. Its text may hold a secret, so it is not shown."""


def say(error: NskeysError) -> Sentence:
    """The two sentences for an error; a class without its own is told as the class above it."""
    for known in type(error).__mro__:
        if known in WORDINGS:
            return WORDINGS[known](error)
    return UNFORESEEN
