"""Recipients, identities, and the recovery identity that the home keeps."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class RecipientRefused(NskeysError):
    """Nothing can be encrypted to this recipient; `problem`: `secret` (a private key was given, which is
    not repeated), `unsupported`, `damaged`, `low_order`, `rsa_size`, `too_long`, `not_recipient`; `none`
    (the file `recipient` names none), `too_many` (so many)."""

    recipient: str
    problem: str


@dataclass(eq=False)
class IdentityUnusable(NskeysError):
    """The file `name` is no identity that can be used; `problem`: `not_identity`, `recipient` (a public
    key), `damaged`, `unsupported`, `rsa_size`."""

    name: str
    problem: str


@dataclass(eq=False)
class IdentityNotRecipient(NskeysError):
    """The identity is none of the recipients of the backup at `path`."""

    path: str


@dataclass(eq=False)
class IdentityNotProven(NskeysError):
    """A new identity, meant for `path`, did not open a test file with its password; nothing was changed."""

    path: str


@dataclass(eq=False)
class RecoveryDamaged(NskeysError):
    """What the home keeps of a recovery identity is not what was written; `problem`: `not_signed`,
    `other_server`, `record_missing`, `identity_missing`, `identity_changed`, `not_canonical`."""

    path: str
    problem: str
