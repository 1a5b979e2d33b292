"""When a recipient, an identity, or what the home keeps of the recovery identity cannot be used."""

from types import MappingProxyType

from nskeys.errors import (
    IdentityNotProven,
    IdentityNotRecipient,
    IdentityUnusable,
    RecipientRefused,
    RecoveryDamaged,
)
from nskeys.reasons import IdentityProblem, RecipientProblem, RecoveryProblem
from nskeys.wording.text.sentence import Row, Table, alike, token_words
from nskeys.wording.text.terminal import shown

_KINDS = "Give one that begins with age1, ssh-ed25519 or ssh-rsa, or a file of them, one a line."
_REFUSED = MappingProxyType(
    {
        RecipientProblem.UNSUPPORTED: "is of a kind that nskeys does not encrypt to",
        RecipientProblem.DAMAGED: "is not whole: a letter of it is missing or wrong",
        RecipientProblem.LOW_ORDER: "is a key that anybody could open",
        RecipientProblem.RSA_SIZE: "is an RSA key of a size that is not used: 2,048 to 8,192 bits are",
        RecipientProblem.TOO_LONG: "is longer than any recipient",
        RecipientProblem.NOT_RECIPIENT: "is no recipient",
        RecipientProblem.REPLACED: "is a recovery identity of this server that was replaced",
    }
)
_UNUSABLE = MappingProxyType(
    {
        IdentityProblem.NOT_IDENTITY: "it holds no identity",
        IdentityProblem.RECIPIENT: "it holds a public key, and the private one is needed",
        IdentityProblem.DAMAGED: "its content was changed, or a part of it is missing",
        IdentityProblem.UNSUPPORTED: "it is of a kind that nskeys does not read",
        IdentityProblem.RSA_SIZE: "its RSA key is of a size that is not used (2,048 to 8,192 bits are)",
    }
)
_DAMAGED = MappingProxyType(
    {
        RecoveryProblem.NOT_SIGNED: "the signature of this server's key does not fit it",
        RecoveryProblem.NOT_THE_LAST: "it is not the record that the last change left here",
        RecoveryProblem.OTHER_SERVER: "it belongs to another server",
        RecoveryProblem.IDENTITY_MISSING: "the identity that belongs to it is gone",
        RecoveryProblem.IDENTITY_CHANGED: "it is not the identity that was made here",
        RecoveryProblem.REPLACED: "it was replaced by another one, as a backup of this server says",
        RecoveryProblem.NOT_CANONICAL: "it is not what was written",
    }
)


def _recipient_refused(error: RecipientRefused) -> Row:
    if error.problem is RecipientProblem.SECRET:
        return alike(
            "What was given as a recipient is a private key.",
            "Give the public half; whoever may have seen this key can open what was encrypted to it.",
        )
    if error.problem is RecipientProblem.NONE:
        return alike(f"{shown(error.recipient)} names no recipient.", _KINDS)
    if error.problem is RecipientProblem.TOO_MANY:
        return alike(
            f"A backup cannot go to {shown(error.recipient)} recipients; 100 are the most.",
            "Leave some out, or let several people share one identity.",
        )
    what = token_words(_REFUSED, error.problem)
    return alike(f'"{shown(error.recipient)}" {what}.', _KINDS)


def _identity_unusable(error: IdentityUnusable) -> Row:
    return alike(
        f"{shown(error.name)} cannot be used as an identity: {token_words(_UNUSABLE, error.problem)}.",
        "Name a file with AGE-SECRET-KEY-1... in it, an encrypted one such as identity.age, "
        "or an OpenSSH private key (Ed25519 or RSA).",
    )


def _identity_not_recipient(error: IdentityNotRecipient) -> Row:
    return Row(
        f"This identity is none of the recipients of {shown(error.path)}.",
        "Use the identity of one of its recipients; 'nskeys inspect FILE' lists them.",
        "Use the identity of one of its recipients; the backup names them.",
    )


def _identity_not_proven(error: IdentityNotProven) -> Row:
    return alike(
        f"The new identity for {shown(error.path)} did not open a test file with its password, "
        "so nothing was changed.",
        "Try again, on another machine if it happens again, because this one computes wrongly.",
    )


def _recovery_damaged(error: RecoveryDamaged) -> Row:
    return Row(
        f"The recovery identity kept at {shown(error.path)} cannot be used: "
        f"{token_words(_DAMAGED, error.problem)}.",
        "Find out who changed it: nothing is encrypted to it now; then put the folder back, "
        "or move it away and run 'nskeys identity create'.",
        "Find out who changed it; put the folder back, or move it away and make another.",
    )


RECOVERY: Table = MappingProxyType(
    {
        RecipientRefused: _recipient_refused,
        IdentityUnusable: _identity_unusable,
        IdentityNotProven: _identity_not_proven,
        IdentityNotRecipient: _identity_not_recipient,
        RecoveryDamaged: _recovery_damaged,
    }
)
