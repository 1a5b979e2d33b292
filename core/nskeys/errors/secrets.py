"""Passwords, passphrases and hints."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class WrongPassword(NskeysError):
    """A password or passphrase did not open `what` (`backup`, `key store`, `identity`)."""

    what: str
    name: str = ""


@dataclass(eq=False)
class PasswordRefused(NskeysError):
    """A new password cannot be used; `reason`: `empty`, `differs`, `opens_key_store`, `opens_backup`,
    `too_long`, `not_text` (no UTF-8), `weak`, with its `score`."""

    reason: str
    score: int = 0


@dataclass(eq=False)
class HintRefused(NskeysError):
    """A hint cannot be used; `reason`: `contains_password`, `too_long`, `control_characters`, `not_nfc`."""

    reason: str


@dataclass(eq=False)
class NotEnoughMemory(NskeysError):
    """Deriving a key from a password needs this much memory, and the machine did not give it."""

    needed_mib: int


@dataclass(eq=False)
class SecretUnavailable(NskeysError):
    """A secret is needed and nobody can give it; `wanted` is the request's purpose token."""

    wanted: str
    detail: str = ""
