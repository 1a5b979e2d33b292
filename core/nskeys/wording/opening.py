"""By what a backup is opened, in words: what Enter asks for, and what else may be given."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.model.opening import Means

_ASKED = MappingProxyType(
    {
        Means.OWN: "its password",
        Means.SHARES: "the custodians' sheets",
        Means.IDENTITY_FILE: "an identity file",
    }
)
_OR_SHARES = "s asks for the custodians' sheets."


def asked_for(means: Sequence[Means]) -> str:
    """`its password`: what is asked for first."""
    return _ASKED[means[0]] if means else _ASKED[Means.OWN]


def or_else(means: Sequence[Means]) -> str:
    """What a key asks for instead; empty where there is nothing else."""
    return _OR_SHARES if Means.SHARES in means[1:] else ""
