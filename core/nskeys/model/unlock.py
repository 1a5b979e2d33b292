"""How a backup is opened, and with what."""

from dataclasses import dataclass, field
from enum import StrEnum

from nskeys.model.secret import SecretBytes


class UnlockMethod(StrEnum):
    """How a backup is opened, and with what."""

    OWN = "own"
    """What the backup itself wants: its password, or that of its recovery identity."""
    IDENTITY_FILE = "identity_file"
    """A file that somebody named: an age identity or an ssh key, under a password or not."""
    SHARES = "shares"
    """The custodians' shares."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """The method, and for a file its name and content; the caller that read it wipes that."""

    means: UnlockMethod = UnlockMethod.OWN
    name: str = ""
    identity: SecretBytes | None = field(default=None, repr=False)


BY_ITS_OWN = Unlock()
BY_SHARES = Unlock(UnlockMethod.SHARES)


def by_file(name: str, identity: SecretBytes) -> Unlock:
    """Return the method that uses an identity file."""
    return Unlock(UnlockMethod.IDENTITY_FILE, name, identity)
