"""Who can open a backup: recipients as a person names them, one by one or in a file of them.

A recipient has one spelling, which is what the facts keep: without the comment behind an ssh key, so that
two lists can be compared.
"""

from collections.abc import Sequence
from typing import TypeAlias

from nskeys.archive.age.ssh import SSH_ED25519, SSH_RSA, SshRecipient
from nskeys.archive.age.x25519 import IDENTITY_PREFIX, X25519Recipient
from nskeys.archive.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.errors import RecipientRefused

Recipient: TypeAlias = X25519Recipient | SshRecipient

_OTHER_PREFIXES = ("ssh-", "ecdsa-", "sk-")


def parse_recipient(text: str) -> Recipient:
    """`age1...`, `ssh-ed25519 AAAA...`, `ssh-rsa AAAA...`; RecipientRefused: `secret` (somebody gave a
    private key: it is not repeated), `unsupported`, `damaged`, `low_order`, `rsa_size`, `too_long`,
    `not_recipient`."""
    words = text.split()
    if IDENTITY_PREFIX in text.upper() or "PRIVATE KEY" in text:
        raise RecipientRefused("", "secret")
    if len(text) > RECIPIENT_LIMIT:
        raise RecipientRefused(_start(text), "too_long")
    if not text.isascii() or not words:
        raise RecipientRefused(_start(text), "not_recipient")
    if words[0] in (SSH_ED25519, SSH_RSA):
        return _ssh(words)
    if len(words) == 1 and text.startswith("age1"):
        # The letter `1` ends a prefix, so a later one means another kind: plugins, post-quantum.
        if "1" in text[len("age1") :]:
            raise RecipientRefused(text, "unsupported")
        return X25519Recipient.parse(words[0])
    unsupported = words[0].startswith(_OTHER_PREFIXES)
    raise RecipientRefused(_start(text), "unsupported" if unsupported else "not_recipient")


def parse_recipients(text: str, name: str) -> tuple[Recipient, ...]:
    """A file of recipients, one a line; empty lines and those that begin with `#` are for people.
    RecipientRefused, also where there is none (`none`, which names the file)."""
    lines = (line.strip() for line in text.splitlines())
    found = [parse_recipient(line) for line in lines if line and not line.startswith("#")]
    if not found:
        raise RecipientRefused(name, "none")
    return tuple(found)


def listed(recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Each once, in their order; RecipientRefused (`too_many`)."""
    once = tuple({recipient.text: recipient for recipient in recipients}.values())
    if len(once) > RECIPIENTS_LIMIT:
        raise RecipientRefused(str(len(once)), "too_many")
    return once


def _ssh(words: Sequence[str]) -> Recipient:
    if len(words) < 2:
        raise RecipientRefused(words[0], "damaged")
    return SshRecipient.parse(words[0], words[1])


def _start(text: str) -> str:
    """Enough of a line to find it again."""
    return text[:40]
