"""A `.kms` to recipients: an age v1 file with one stanza for each, in their order, written and read by this
program itself.

The list is exact: nothing random stands between the stanzas, so who can open a file is told by its header.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nskeys.archive.age.file import FILE_KEY_SIZE, SCRYPT, open_payload, parse_file
from nskeys.archive.age.header import HeaderInvalid, Stanza, format_header
from nskeys.archive.age.stream import NONCE_SIZE, encrypt_payload
from nskeys.archive.age.x25519 import X25519
from nskeys.archive.recipients import Recipient
from nskeys.crypto.x25519 import new_x25519
from nskeys.errors import BackupDamaged, IdentityNotRecipient, SecretUnavailable
from nskeys.model.backup import KMS_NAME
from nskeys.model.secret import SecretBytes


class FileIdentity(Protocol):
    """Whatever opens a stanza of its own."""

    @property
    def recipient(self) -> str:
        """The recipient that it belongs to, as text."""
        ...

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key; None for a stanza that is another's; HeaderInvalid for one that is none."""
        ...

    def wipe(self) -> None:
        """Forget it."""
        ...


@dataclass(frozen=True, slots=True)
class RecipientsRandomness:
    """Everything random in one file but RSA's: file key, payload nonce, a private key per stanza."""

    file_key: bytes = field(repr=False)
    nonce: bytes
    ephemerals: tuple[SecretBytes, ...] = field(repr=False)

    @classmethod
    def fresh(cls, count: int) -> "RecipientsRandomness":
        """From the operating system, for one file to `count` recipients."""
        ephemerals = tuple(new_x25519() for _ in range(count))
        return cls(os.urandom(FILE_KEY_SIZE), os.urandom(NONCE_SIZE), ephemerals)


def encrypt_to(recipients: Sequence[Recipient], plaintext: bytes) -> bytes:
    """The file, which each of the recipients can open."""
    return encrypt_to_with(RecipientsRandomness.fresh(len(recipients)), recipients, plaintext)


def encrypt_to_with(
    randomness: RecipientsRandomness, recipients: Sequence[Recipient], plaintext: bytes
) -> bytes:
    """`encrypt_to` with randomness that the caller vouches for: for test vectors only."""
    stanzas = []
    for recipient, ephemeral in zip(recipients, randomness.ephemerals, strict=True):
        with ephemeral:
            stanzas.append(recipient.wrap(randomness.file_key, ephemeral))
    header = format_header(stanzas, randomness.file_key)
    return header + encrypt_payload(randomness.file_key, randomness.nonce, plaintext)


def decrypt_by(data: bytes, identities: Sequence[FileIdentity], path: str = "") -> bytes:
    """The plaintext. IdentityNotRecipient where no stanza is for any of these; NotABackup, BackupDamaged;
    SecretUnavailable (`backup_password`) for a file under a password."""
    header = parse_file(data, path)
    if any(stanza.kind == SCRYPT for stanza in header.stanzas):
        if len(header.stanzas) > 1:
            raise BackupDamaged(path, KMS_NAME, "scrypt_stanza")
        raise SecretUnavailable("backup_password", path)
    try:
        keys = [identity.unwrap(stanza) for stanza in header.stanzas for identity in identities]
    except HeaderInvalid:
        raise BackupDamaged(path, KMS_NAME, "recipient_stanza") from None
    file_key = next((key for key in keys if key is not None), None)
    if file_key is None:
        raise IdentityNotRecipient(path)
    if len(file_key) != FILE_KEY_SIZE:
        raise BackupDamaged(path, KMS_NAME, "recipient_stanza")
    return open_payload(data, header, file_key, path)


def addressed_to(data: bytes, recipients: Sequence[Recipient], path: str = "") -> bool:
    """Whether the header has a stanza for each of these, in their order, and one X25519 stanza more: the
    one that was for the writer alone, until the file was read back. NotABackup, BackupDamaged."""
    *listed, once = parse_file(data, path).stanzas
    return (
        len(listed) == len(recipients)
        and once.kind == X25519
        and all(recipient.fits(stanza) for recipient, stanza in zip(recipients, listed, strict=True))
    )
