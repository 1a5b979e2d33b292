"""Copy keys: X25519 pairs that database copies are encrypted to. Their private halves are in the key store
and in every key backup, so whoever opens a key backup opens the copies too, and a copy asks nobody."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from nskeys.model.secret import SecretBytes


class CopyKey(NamedTuple):
    """A copy key's RFC 7638 thumbprint (64 hex digits), and when it was made."""

    kid: str
    created: datetime


class HeldCopyKey(NamedTuple):
    """A copy key with its private half, 32 bytes."""

    key: CopyKey
    secret: SecretBytes


def in_order(keys: Collection[CopyKey]) -> tuple[CopyKey, ...]:
    """Return the keys, oldest first."""
    return tuple(sorted(keys, key=lambda key: (key.created, key.kid)))


def chosen(
    keys: Sequence[CopyKey], elsewhere: Collection[str], anywhere: Collection[str]
) -> CopyKey | None:
    """Return the key that the next copy goes to: the newest that a good key backup elsewhere holds, else
    the newest that any key backup holds, else the newest; None without one. `elsewhere` and `anywhere` are
    the thumbprints that those backups hold."""
    for held in (elsewhere, anywhere):
        if found := [key for key in in_order(keys) if key.kid in held]:
            return found[-1]
    return in_order(keys)[-1] if keys else None
