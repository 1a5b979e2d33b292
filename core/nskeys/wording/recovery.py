"""Words for recovery identities and recipients: who opens a backup that nobody typed a password for."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.wording.sentence import listed
from nskeys.wording.terminal import safe

_KINDS = MappingProxyType(
    {IdentityKind.PERSON: "recovery identity", IdentityKind.CUSTODIANS: "custodians' identity"}
)
_TAIL = 8


def identity_kind_name(kind: IdentityKind) -> str:
    """`recovery identity`, `custodians' identity`."""
    return _KINDS[kind]


def identity_name(identity: RecoveryIdentity | EarlierIdentity) -> str:
    """`recovery identity 2`."""
    return f"{_KINDS[identity.kind]} {identity.number}"


def split_words(identity: RecoveryIdentity) -> str:
    """`3 of 5 shares`; empty for a person's."""
    return f"{identity.threshold} of {identity.shares} shares" if identity.shares else ""


def with_split(identity: RecoveryIdentity) -> str:
    """`recovery identity 2`, `custodians' identity 1 (3 of 5 shares)`."""
    split = split_words(identity)
    return identity_name(identity) + (f" ({split})" if split else "")


def recipient_name(recipient: str, recovery: Recovery) -> str:
    """`recovery identity 2`, where it is one of ours; else the recipient, shortened."""
    known = recovery.named(recipient)
    return identity_name(known) if known is not None else short_recipient(recipient)


def short_recipient(recipient: str) -> str:
    """`age1...8k2f0v3s`, `ssh-ed25519 ...Hv7q2d1k`: its kind, and an end that can be compared."""
    head, _, tail = recipient.partition(" ")
    if tail:
        return safe(f"{head} ...{tail[-_TAIL:]}")
    return safe(f"{head[:4]}...{head[-_TAIL:]}" if len(head) > _TAIL + 7 else head)


def opened_by(recipients: Sequence[str], recovery: Recovery) -> str:
    """Who opens a backup to these: `recovery identity 2 and ssh-ed25519 ...Hv7q2d1k`."""
    return listed(tuple(recipient_name(recipient, recovery) for recipient in recipients))
