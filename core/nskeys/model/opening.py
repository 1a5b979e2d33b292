"""By what a backup is opened, for a restore or a drill."""

from dataclasses import dataclass, field
from enum import StrEnum

from nskeys.model.secret import SecretBytes


class Means(StrEnum):
    """What is asked of whom."""

    OWN = "own"
    """What the backup itself wants: its password, or that of its recovery identity."""
    IDENTITY_FILE = "identity_file"
    """A file that somebody named: an age identity or an ssh key, under a password or not."""
    SHARES = "shares"
    """The custodians' shares."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The means, and for a file its name and content; whoever read it wipes that."""

    means: Means = Means.OWN
    name: str = ""
    identity: SecretBytes | None = field(default=None, repr=False)


BY_ITS_OWN = Opening()
BY_SHARES = Opening(Means.SHARES)


def by_file(name: str, identity: SecretBytes) -> Opening:
    """By an identity file."""
    return Opening(Means.IDENTITY_FILE, name, identity)
