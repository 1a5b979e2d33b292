"""By what a backup is opened, in words: what Enter asks for, and what else may be given."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.model.backup import Facts, Protection
from nskeys.model.recovery import Means
from nskeys.wording.labels import protection_name
from nskeys.wording.recovery import short_recipient, with_split
from nskeys.wording.text.numbers import number

_ASKED = MappingProxyType(
    {
        Means.OWN: "its password",
        Means.SHARES: "the custodians' sheets",
        Means.IDENTITY_FILE: "an identity file",
    }
)
_SHOWN = 4
_OR_SHARES = "s asks for the custodians' sheets."
_OR_FILE = "i takes an identity file."


def opens_with(facts: Facts) -> str:
    """`a password`, `recovery identity 2 or custodians' identity 1 (3 of 5 shares)`."""
    if facts.protection is Protection.PASSWORD:
        return protection_name(facts.protection)
    ours = {identity.recipient for identity in facts.identities}
    ways = [with_split(identity) for identity in facts.identities]
    ways += [short_recipient(recipient) for recipient in facts.recipients if recipient not in ours]
    return " or ".join(ways[:_SHOWN]) + (f" or {number(len(ways) - _SHOWN)} more" if ways[_SHOWN:] else "")


def asked_for(means: Sequence[Means]) -> str:
    """`its password`: what is asked for first."""
    return _ASKED[means[0]] if means else _ASKED[Means.OWN]


IDENTITY_FILE_HELP = "An age identity, in the clear or under a password, or an ssh key of a recipient"


def or_else(means: Sequence[Means]) -> str:
    """What keys ask for instead; empty where there is nothing else."""
    others = ((Means.SHARES, _OR_SHARES), (Means.IDENTITY_FILE, _OR_FILE))
    return " ".join(words for other, words in others if other in means[1:])
