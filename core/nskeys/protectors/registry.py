"""Every protector by its name: the one place where a new one is entered."""

from nskeys.crypto.kdf import Argon2Cost
from nskeys.errors import ProtectorUnavailable
from nskeys.ports import Protector
from nskeys.protectors.file import FileProtector
from nskeys.protectors.passphrase import DEFAULT_COST, PassphraseProtector

_KNOWN_ELSEWHERE = ("tpm2", "pkcs11")
"""Names that the key store's format gives to protectors which this program does not have."""


def protector(name: str, cost: Argon2Cost = DEFAULT_COST) -> Protector:
    """The protector of this name; ProtectorUnavailable (`not_included`, `unknown`). `cost` is for new
    passphrases."""
    match name:
        case "file":
            return FileProtector()
        case "passphrase":
            return PassphraseProtector(cost)
        case _:
            reason = "not_included" if name in _KNOWN_ELSEWHERE else "unknown"
            raise ProtectorUnavailable(name, reason)


def available() -> tuple[tuple[str, bool, str], ...]:
    """Every name, whether it can be used on this machine, and if not why (the reason's token). The
    first that can is what a new installation takes."""
    return (
        *((name, False, "not_included") for name in _KNOWN_ELSEWHERE),
        ("file", True, ""),
        ("passphrase", True, ""),
    )
