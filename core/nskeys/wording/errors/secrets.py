"""When a password, passphrase, hint or identity is wrong, refused or not to be had."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import HintRefused, NotEnoughMemory, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.reasons import Opens, PasswordProblem, SecretProblem, Wanted
from nskeys.wording.passwords import HARDER, hint_refused, password_refused
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import LOOK_AGAIN, Row, Table, alike, token_words
from nskeys.wording.text.terminal import shown

_TRY_AGAIN = "Try again; mind capitals and the keyboard layout."
_WRONG = MappingProxyType(
    {
        Opens.BACKUP: ("That password does not open this backup", _TRY_AGAIN),
        Opens.KEY_STORE: ("That passphrase does not open the key store", _TRY_AGAIN),
        Opens.TOKEN: (
            "That PIN does not open the token",
            "Try again with care: after a few wrong ones the token locks itself.",
        ),
        Opens.EXPORT: (
            "That password does not open it",
            "Try again; a database that was locked with a key file too needs that as well.",
        ),
        Opens.GPG_KEY: ("That passphrase does not open the OpenPGP key", _TRY_AGAIN),
        Opens.IDENTITY: (
            "That password does not open the identity",
            "Try again with the one it was made with; another backup may need an earlier one.",
        ),
    }
)
_WANTED = MappingProxyType(
    {
        Wanted.NEW_BACKUP_PASSWORD: ("A new password for the backup", "--password-file F"),
        Wanted.NEW_IDENTITY_PASSWORD: ("A new password for the recovery identity", "--password-file F"),
        Wanted.BACKUP_PASSWORD: ("The password of the backup", "--password-file F"),
        Wanted.NEW_PASSPHRASE: ("A new passphrase for the key store", "--passphrase-file F"),
        Wanted.OTHER_PASSPHRASE: ("The new passphrase for the key store", "--new-passphrase-file F"),
        Wanted.PASSPHRASE: ("The passphrase of the key store", "--passphrase-file F"),
        Wanted.PIN: ("The PIN of the token", "--pin-file F"),
        Wanted.CREDENTIAL_SECRET: ("The secret of the credential", "--secret-file F"),
        Wanted.IDENTITY: ("An identity that opens this backup", "--identity F"),
        Wanted.SHARE: ("A custodian's share", "--shares-file F"),
        Wanted.SHEETS: ("A terminal to show the sheets on", "--sheets DIR"),
        Wanted.IDENTITY_PASSWORD: ("The password of the identity", "--password-file F"),
        Wanted.SSH_PASSWORD: ("The password of the login at the server", "--ssh-secret-file F"),
        Wanted.YES: ("A person's word that this is the server key on the runbook", "--server-key T"),
        Wanted.SSH_PASSPHRASE: ("The passphrase of the key file", "--ssh-secret-file F"),
        Wanted.EXPORT_PASSWORD: ("The password of what is imported", "--password-file F"),
        Wanted.EXPORT_KEY_FILE: ("The key file of what is imported", "--key-file F"),
        Wanted.EXPORT_IDENTITY: ("An identity that opens this export", "--identity F"),
        Wanted.NEW_EXPORT_PASSWORD: ("A new password for the export", "--password-file F"),
        Wanted.GPG_PASSPHRASE: ("The passphrase of the OpenPGP key", "--password-file F"),
    }
)
_DETAILS: Mapping[str, str] = MappingProxyType(
    {
        SecretProblem.FILE_REFUSED: "what its file holds was refused",
        SecretProblem.LINE_TOO_LONG: "the line was longer than a terminal can take",
    }
)


def _wrong_password(error: WrongPassword) -> Row:
    wrong, advice = _WRONG[error.what]
    name = f" ({shown(error.name)})" if error.name else ""
    return alike(f"{wrong}{name}.", advice)


def _password_refused(error: PasswordRefused) -> Row:
    told = password_refused(error.reason, error.score)
    return Row(told.what, told.advice, HARDER if error.reason is PasswordProblem.WEAK else told.advice)


def _hint_refused(error: HintRefused) -> Row:
    told = hint_refused(error.reason)
    return alike(told.what, told.advice)


def _not_enough_memory(error: NotEnoughMemory) -> Row:
    return Row(
        f"Deriving a key from the password needs {number(error.needed_mib)} MiB of memory, "
        "and this machine did not give it.",
        "Free that much memory, then run the command again.",
        "Free that much memory, then try again.",
    )


def _secret_unavailable(error: SecretUnavailable) -> Row:
    wanted, option = _WANTED[error.wanted]
    detail = f" ({token_words(_DETAILS, error.detail)})" if error.detail else ""
    return Row(
        f"{wanted} is needed, and nobody could be asked for it{detail}.",
        f"Give it with '{option}', or run the command at a terminal."
        if error.wanted not in (Wanted.IDENTITY, Wanted.EXPORT_IDENTITY)
        else f"Give it with '{option}'.",
        LOOK_AGAIN,
    )


SECRETS: Table = MappingProxyType(
    {
        WrongPassword: _wrong_password,
        PasswordRefused: _password_refused,
        HintRefused: _hint_refused,
        NotEnoughMemory: _not_enough_memory,
        SecretUnavailable: _secret_unavailable,
    }
)
