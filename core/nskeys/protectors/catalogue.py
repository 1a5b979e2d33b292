"""Every protector by its name. A new one is entered here; each is imported when it is named."""

from typing import TYPE_CHECKING

from nskeys.errors import NskeysError, ProtectorUnavailable
from nskeys.ports import Protector, nobody
from nskeys.reasons import ProtectorProblem

if TYPE_CHECKING:
    from nskeys.crypto.kdf import Argon2Cost

_NO_STORE = "0" * 32


def protector(uri: str, cost: "Argon2Cost | None" = None) -> Protector:
    """Return the named protector; some names take what to bind to after a colon: `file`, `passphrase`,
    `tpm2`, `tpm2:DEVICE`, `pkcs11:...` (RFC 7512). Raises ProtectorUnavailable (`unknown`, `bad_device`,
    `bad_uri`, `pin_in_uri`). `cost` is for new passphrases (None: the
    usual one)."""
    name, colon, rest = uri.partition(":")
    match name:
        case "tpm2" if rest or not colon:
            from nskeys.protectors.tpm2 import Tpm2Protector

            return Tpm2Protector(rest)
        case "pkcs11" if rest or not colon:
            from nskeys.protectors.pkcs11 import Pkcs11Protector

            return Pkcs11Protector(uri if rest else "")
        case "file" if not colon:
            from nskeys.protectors.file import FileProtector

            return FileProtector()
        case "passphrase" if not colon:
            from nskeys.protectors.passphrase import DEFAULT_COST, PassphraseProtector

            return PassphraseProtector(cost or DEFAULT_COST)
        case _:
            raise ProtectorUnavailable(name, ProtectorProblem.UNKNOWN)


def available() -> tuple[tuple[str, bool, ProtectorProblem | None], ...]:
    """Every name, whether it can be used on this machine, and if not why. The
    first that can is what a new installation takes. What a new installation would take by itself is
    proven to work, by a wrap and an unwrap: where there is a TPM, this takes some tenths of a second."""
    from nskeys.protectors.tpm2 import Tpm2Protector

    tpm2 = why_not(Tpm2Protector())
    return (
        ("tpm2", not tpm2, tpm2),
        ("pkcs11", False, _token_needs()),
        ("file", True, None),
        ("passphrase", True, None),
    )


def _token_needs() -> ProtectorProblem:
    """Return why the bare name `pkcs11` cannot be used: at best `no_uri`, because it names no token."""
    from nskeys.protectors.pkcs11 import Pkcs11Protector

    try:
        Pkcs11Protector().require()
    except ProtectorUnavailable as error:
        return error.reason
    return ProtectorProblem.NO_URI


def why_not(chosen: Protector) -> ProtectorProblem | None:
    """The reason why it does not wrap and unwrap here; None where it does."""
    from nskeys.crypto.keys import new_material

    try:
        with (
            new_material() as kek,
            chosen.unwrap(chosen.wrap(kek, _NO_STORE, nobody), _NO_STORE, nobody) as again,
        ):
            return None if again.same_as(kek) else ProtectorProblem.DOES_NOT_WORK
    except ProtectorUnavailable as error:
        return error.reason
    except NskeysError:  # it does not open what it closed a moment ago
        return ProtectorProblem.DOES_NOT_WORK
