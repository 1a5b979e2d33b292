"""New passwords: asked for until one can be used."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from nskeys.errors import HintRefused, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.register import HINT_LIMIT
from nskeys.model.secret import LEAST_SCORE, SecretBytes
from nskeys.ports import KeyStore, Purpose, SecretProvider, SecretRequest
from nskeys.reasons import HintProblem, PasswordProblem

PASSWORD_LIMIT = 1_024
"""Bytes. Longer ones cannot be typed on the worst day."""

_JUDGED = 72
"""Characters that are judged; more make a password no weaker, and judging them slow."""

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 signs that cannot be taken for one another: no l, o, 0, 1."""
_GROUPS, _GROUP = 5, 5


Opened = TypeVar("Opened")


def generate_password() -> SecretBytes:
    """Return five groups of five characters, 125 bits, to be written down: `k7mwp-...`."""
    import secrets as randomness

    groups = ("".join(randomness.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return SecretBytes.from_text("-".join(groups))


def check_hint(hint: str) -> None:
    """Raise HintRefused for a hint that cannot stand in a backup."""
    if len(hint) > HINT_LIMIT:
        raise HintRefused(HintProblem.TOO_LONG)
    if not hint.isprintable():
        raise HintRefused(HintProblem.CONTROL_CHARACTERS)


def judge(password: SecretBytes) -> int:
    """Return the zxcvbn score, 0 (guessed at once) to 4 (very hard to guess), computed once for a
    password."""
    if password.score is None:
        from zxcvbn import zxcvbn  # here: its dictionaries are slow to load

        password.score = int(zxcvbn(password.text()[:_JUDGED])["score"]) if password else 0
    return password.score


def check_strength(password: SecretBytes, least: int = LEAST_SCORE) -> None:
    """Raise PasswordRefused (`weak`) for a score below `least`, unless a person insisted."""
    if not password.insisted and judge(password) < least:
        raise PasswordRefused(PasswordProblem.WEAK, judge(password))


def weakness(password: SecretBytes) -> int | None:
    """Return the score of a weak password on which a person insisted; None for any other."""
    if not password.insisted:
        return None
    return judge(password) if judge(password) < LEAST_SCORE else None


def check_hint_for(hint: str, password: SecretBytes) -> None:
    """Raise HintRefused for a hint that gives the password away: most of it in one piece, forwards or
    backwards, whatever stands between its letters, in capitals, with accents or without."""
    from difflib import SequenceMatcher

    if password.contained_in(hint):
        raise HintRefused(HintProblem.CONTAINS_PASSWORD)
    letters, hinted = _letters(password.text()), _letters(hint)
    for spelt in (letters, letters[::-1]):
        match = SequenceMatcher(None, spelt, hinted, autojunk=False).find_longest_match()
        if spelt and 2 * match.size > len(spelt):
            raise HintRefused(HintProblem.CONTAINS_PASSWORD)


def _letters(text: str) -> str:
    """Return letters and digits alone, in lower case and without accents."""
    spelt = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in spelt if sign.isalnum())


def check_new_password(
    password: SecretBytes, hint: str, key_store: KeyStore, least: int = LEAST_SCORE
) -> None:
    """Raise PasswordRefused or HintRefused for a backup password that must not be used: an empty one, one
    that is easy to guess, one that the hint gives away, or one that also opens the key store (who learns
    one has both)."""
    check_text(password)
    check_hint_for(hint, password)
    check_strength(password, least)
    if key_store.exists() and key_store.opens_with(password):
        raise PasswordRefused(PasswordProblem.OPENS_KEY_STORE)


class AcceptedPassword(SecretBytes):
    """A new backup password that `accept_new_password` accepted; it is not judged again, since that takes a
    whole key derivation. `store_id` is the key store that it does not open; empty where there was none."""

    __slots__ = ("store_id",)

    def __init__(self, password: SecretBytes, store_id: str) -> None:
        super().__init__(password.reveal(), typed=password.typed, insisted=password.insisted)
        self.score = password.score
        self.store_id = store_id

    def copy(self) -> "AcceptedPassword":
        """Return another buffer with the same bytes, which was accepted as this one was."""
        return AcceptedPassword(self, self.store_id)


def accept_new_password(
    password: SecretBytes, hint: str, key_store: KeyStore, least: int = LEAST_SCORE
) -> AcceptedPassword:
    """Judge the password once and wipe `password`, whatever the outcome. Raises as `check_new_password`
    does."""
    with password:
        check_new_password(password, hint, key_store, least)
        return AcceptedPassword(password, _store_id(key_store))


def _judge(password: SecretBytes, hint: str, key_store: KeyStore, least: int) -> None:
    """Judge as `check_new_password` does; a password already accepted for this key store is only compared
    with the hint."""
    if isinstance(password, AcceptedPassword) and password.store_id == _store_id(key_store):
        check_hint_for(hint, password)
    else:
        check_new_password(password, hint, key_store, least)


def _store_id(key_store: KeyStore) -> str:
    return key_store.info().store_id if key_store.exists() else ""


def check_text(password: SecretBytes) -> None:
    """Raise PasswordRefused for a new password or passphrase that nobody could type again."""
    if not password:
        raise PasswordRefused(PasswordProblem.EMPTY)
    if len(password) > PASSWORD_LIMIT:
        raise PasswordRefused(PasswordProblem.TOO_LONG)
    if not is_text(password):
        raise PasswordRefused(PasswordProblem.NOT_TEXT)


def is_text(secret: SecretBytes) -> bool:
    """Return whether the bytes are UTF-8. Does not raise: the decoder's own error would carry the
    secret."""
    try:
        secret.text()
    except UnicodeDecodeError:
        return False
    return True


def ask_new_password(
    subject: str, hint: str, key_store: KeyStore, secrets: SecretProvider, least: int = LEAST_SCORE
) -> SecretBytes:
    """Ask for a new backup password until one can be used. The first refusal is raised where the provider
    cannot give another password, or where the hint gives the password away, which the caller has to
    change."""
    request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD, subject)
    return _ask_new(request, secrets, lambda password: _judge(password, hint, key_store, least))


def ask_new_identity_password(
    number: int, key_store: KeyStore, secrets: SecretProvider, least: int = LEAST_SCORE
) -> SecretBytes:
    """Ask for the password of a new recovery identity with this number, as `ask_new_password` does."""
    request = SecretRequest(Purpose.NEW_IDENTITY_PASSWORD, number=number)
    return _ask_new(request, secrets, lambda password: check_new_password(password, "", key_store, least))


def ask_new_export_password(
    subject: str, key_store: KeyStore, secrets: SecretProvider, least: int = LEAST_SCORE
) -> SecretBytes:
    """Ask for the password of a new export, as `ask_new_password` does."""
    request = SecretRequest(Purpose.NEW_EXPORT_PASSWORD, subject)
    return _ask_new(request, secrets, lambda password: check_new_password(password, "", key_store, least))


def ask_new_passphrase(
    secrets: SecretProvider,
    refuse: Callable[[SecretBytes], None] | None = None,
    least: int = LEAST_SCORE,
) -> SecretBytes:
    """Ask for a new passphrase of the key store, as `ask_new_password` does. `refuse` raises
    PasswordRefused for further ones that must not be used."""

    def check(passphrase: SecretBytes) -> None:
        check_text(passphrase)
        check_strength(passphrase, least)
        if refuse is not None:
            refuse(passphrase)

    return _ask_new(SecretRequest(Purpose.NEW_PASSPHRASE), secrets, check)


def _ask_new(
    request: SecretRequest, secrets: SecretProvider, check: Callable[[SecretBytes], None]
) -> SecretBytes:
    retry = 0
    refused: PasswordRefused | None = None
    while True:
        try:
            password = secrets(request, retry)
        except SecretUnavailable:
            if refused is not None:
                raise refused from None
            raise
        try:
            check(password)
        except PasswordRefused as error:
            password.wipe()
            refused, retry = error, retry + 1
            request = replace(request, refused=error)
            continue
        except HintRefused:
            password.wipe()
            raise
        return password


def ask_until_it_opens(
    request: SecretRequest, secrets: SecretProvider, open_with: Callable[[SecretBytes], Opened]
) -> Opened:
    """Ask for an existing password until `open_with` takes it; each try is wiped."""
    retry = 0
    wrong: WrongPassword | None = None
    while True:
        try:
            password = secrets(request, retry)
        except SecretUnavailable:
            if wrong is not None:
                raise wrong from None
            raise
        with password:
            try:
                return open_with(password)
            except WrongPassword as error:
                wrong, retry = error, retry + 1
