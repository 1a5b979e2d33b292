"""Encrypting a `.kms` to recipients: an age v1 file with one stanza for each, in their order.

The list is exact: no random (grease) stanza stands among them, so the header tells who can open a file.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from nskeys.archive.age.file import (
    FILE_KEY_SIZE,
    SCRYPT,
    parse_file,
    payload_chunks,
)
from nskeys.archive.age.header import Header, HeaderInvalid, Stanza, format_header
from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.archive.age.ssh import SSH_ED25519, SSH_RSA, SshRecipient
from nskeys.archive.age.stream import NONCE_SIZE, PayloadWriter
from nskeys.archive.age.x25519 import IDENTITY_PREFIX, X25519, X25519Recipient
from nskeys.crypto.age_primitives import new_x25519
from nskeys.errors import BackupDamaged, IdentityNotRecipient, RecipientRefused, SecretUnavailable
from nskeys.model.backup import KMS_NAME
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Problem, RecipientProblem, Wanted

Recipient: TypeAlias = X25519Recipient | SshRecipient

_OTHER_PREFIXES = ("ssh-", "ecdsa-", "sk-")


def parse_recipient(text: str) -> Recipient:
    """Return the recipient that a text names: `age1...`, `ssh-ed25519 AAAA...`, `ssh-rsa AAAA...`. Raises
    RecipientRefused: `secret` (a private key, which is not repeated), `unsupported`, `damaged`,
    `low_order`, `rsa_size`, `too_long`, `not_recipient`."""
    words = text.split()
    if IDENTITY_PREFIX in text.upper() or "PRIVATE KEY" in text:
        raise RecipientRefused("", RecipientProblem.SECRET)
    if len(text) > RECIPIENT_LIMIT:
        raise RecipientRefused(_start(text), RecipientProblem.TOO_LONG)
    if not text.isascii() or not words:
        raise RecipientRefused(_start(text), RecipientProblem.NOT_RECIPIENT)
    if words[0] in (SSH_ED25519, SSH_RSA):
        return _ssh(words)
    if len(words) == 1 and text.startswith("age1"):
        # The letter `1` ends a prefix, so a later one means another kind: plugins, post-quantum.
        if "1" in text[len("age1") :]:
            raise RecipientRefused(text, RecipientProblem.UNSUPPORTED)
        return X25519Recipient.parse(words[0])
    unsupported = words[0].startswith(_OTHER_PREFIXES)
    raise RecipientRefused(
        _start(text), RecipientProblem.UNSUPPORTED if unsupported else RecipientProblem.NOT_RECIPIENT
    )


def parse_recipients(text: str, name: str) -> tuple[Recipient, ...]:
    """Return the recipients in a file, one a line; empty lines and those that begin with `#` are skipped.
    Raises RecipientRefused, also where there is none (`none`, which names the file)."""
    lines = (line.strip() for line in text.splitlines())
    found = [parse_recipient(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise RecipientRefused(name, RecipientProblem.NONE)
    return tuple(found)


def listed(recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Return each once, in their order. Raises RecipientRefused (`too_many`)."""
    once = tuple({recipient.text: recipient for recipient in recipients}.values())
    if len(once) > RECIPIENTS_LIMIT:
        raise RecipientRefused(str(len(once)), RecipientProblem.TOO_MANY)
    return once


def _ssh(words: Sequence[str]) -> Recipient:
    if len(words) < 2:
        raise RecipientRefused(words[0], RecipientProblem.DAMAGED)
    return SshRecipient.parse(words[0], words[1])


def _start(text: str) -> str:
    """Return enough of a line to find it again."""
    return text[:40]


class FileIdentity(Protocol):
    """An identity that unwraps the file key from its stanza."""

    @property
    def recipient(self) -> str:
        """The recipient of this identity, as text."""
        ...

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the file key; None for another recipient's stanza. Raises HeaderInvalid for a malformed
        one."""
        ...

    def wipe(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RecipientsRandomness:
    """All randomness of one file but RSA's: file key, payload nonce, a private key per stanza."""

    file_key: bytes = field(repr=False)
    nonce: bytes
    ephemerals: tuple[SecretBytes, ...] = field(repr=False)

    @classmethod
    def fresh(cls, count: int) -> "RecipientsRandomness":
        """Return new randomness of the operating system, for one file to `count` recipients."""
        ephemerals = tuple(new_x25519() for _ in range(count))
        return cls(os.urandom(FILE_KEY_SIZE), os.urandom(NONCE_SIZE), ephemerals)


def encrypt_to(recipients: Sequence[Recipient], plaintext: bytes) -> bytes:
    """Return the file, which each of the recipients can open."""
    return encrypt_to_with(RecipientsRandomness.fresh(len(recipients)), recipients, plaintext)


def encrypt_to_with(
    randomness: RecipientsRandomness, recipients: Sequence[Recipient], plaintext: bytes
) -> bytes:
    """Return what `encrypt_to` does, with the given randomness: for test vectors only."""
    written: list[bytes] = []
    writer = encrypting_to(randomness, recipients, written.append)
    writer.write(plaintext)
    writer.finish()
    return b"".join(written)


def encrypting_to(
    randomness: RecipientsRandomness, recipients: Sequence[Recipient], write: Callable[[bytes], object]
) -> PayloadWriter:
    """Write the header, and return what writes the payload of any length."""
    stanzas = []
    for recipient, ephemeral in zip(recipients, randomness.ephemerals, strict=True):
        with ephemeral:
            stanzas.append(recipient.wrap(randomness.file_key, ephemeral))
    write(format_header(stanzas, randomness.file_key))
    return PayloadWriter(randomness.file_key, randomness.nonce, write)


def decrypt_by(data: bytes, identities: Sequence[FileIdentity], path: str = "") -> bytes:
    """Return the plaintext. Raises IdentityNotRecipient where no stanza is for any of these. Raises
    NotABackup, BackupDamaged. Raises SecretUnavailable (`backup_password`) for a file under a password."""
    return b"".join(decrypting_by(data, identities, path))


def decrypting_by(data: bytes, identities: Sequence[FileIdentity], path: str = "") -> Iterator[bytes]:
    """Yield the plaintext chunk by chunk; raises what `decrypt_by` does. Only the end of the iteration says
    that the file is whole."""
    header = parse_file(data, path)
    yield from payload_chunks(data, header, _file_key(header, identities, path), path)


def _file_key(header: Header, identities: Sequence[FileIdentity], path: str) -> bytes:
    if any(stanza.kind == SCRYPT for stanza in header.stanzas):
        if len(header.stanzas) > 1:
            raise BackupDamaged(path, KMS_NAME, Problem.SCRYPT_STANZA)
        raise SecretUnavailable(Wanted.BACKUP_PASSWORD, path)
    try:
        keys = [identity.unwrap(stanza) for stanza in header.stanzas for identity in identities]
    except HeaderInvalid:
        raise BackupDamaged(path, KMS_NAME, Problem.RECIPIENT_STANZA) from None
    file_key = next((key for key in keys if key is not None), None)
    if file_key is None:
        raise IdentityNotRecipient(path)
    if len(file_key) != FILE_KEY_SIZE:
        raise BackupDamaged(path, KMS_NAME, Problem.RECIPIENT_STANZA)
    return file_key


def addressed_to(data: bytes, recipients: Sequence[Recipient], path: str = "") -> bool:
    """Return whether the header has a stanza for each of these, in their order, and one X25519 stanza
    more: that of the writer's temporary identity, used to read the file back. Raises NotABackup,
    BackupDamaged."""
    *listed, once = parse_file(data, path).stanzas
    return (
        len(listed) == len(recipients)
        and once.kind == X25519
        and all(recipient.fits(stanza) for recipient, stanza in zip(recipients, listed, strict=True))
    )
