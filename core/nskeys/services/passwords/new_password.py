"""New passwords: asked for until one can be used, refused for reasons that were paid for."""

import secrets as randomness
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeVar

from nskeys.errors import HintRefused, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.backup import HINT_LIMIT
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
    """Five groups of five signs, 125 bits, to be written down: `k7mwp-...`."""
    groups = ("".join(randomness.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return SecretBytes.from_text("-".join(groups))


def check_hint(hint: str) -> None:
    """HintRefused for a hint that cannot stand in a backup."""
    if len(hint) > HINT_LIMIT:
        raise HintRefused(HintProblem.TOO_LONG)
    if not hint.isprintable():
        raise HintRefused(HintProblem.CONTROL_CHARACTERS)


def judge(password: SecretBytes) -> int:
    """Its score, 0 (guessed at once) to 4 (hopeless to guess), by zxcvbn; computed once for a password."""
    if password.score is None:
        from zxcvbn import zxcvbn  # here: its dictionaries are slow to load

        password.score = int(zxcvbn(password.text()[:_JUDGED])["score"]) if password else 0
    return password.score


def check_strength(password: SecretBytes, least: int = LEAST_SCORE) -> None:
    """PasswordRefused (`weak`) unless it is hard to guess, or a person insists on it."""
    if not password.insisted and judge(password) < least:
        raise PasswordRefused(PasswordProblem.WEAK, judge(password))


def weakness(password: SecretBytes) -> int | None:
    """The score of a weak password on which a person insisted; None for any other."""
    if not password.insisted:
        return None
    return judge(password) if judge(password) < LEAST_SCORE else None


def check_hint_for(hint: str, password: SecretBytes) -> None:
    """HintRefused for a hint that gives the password away: most of it in one piece, forwards or backwards,
    whatever stands between its letters, in capitals, with accents or without."""
    if password.contained_in(hint):
        raise HintRefused(HintProblem.CONTAINS_PASSWORD)
    letters, hinted = _letters(password.text()), _letters(hint)
    for spelt in (letters, letters[::-1]):
        match = SequenceMatcher(None, spelt, hinted, autojunk=False).find_longest_match()
        if spelt and 2 * match.size > len(spelt):
            raise HintRefused(HintProblem.CONTAINS_PASSWORD)


def _letters(text: str) -> str:
    """Letters and digits alone, small, without accents."""
    spelt = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in spelt if sign.isalnum())


def check_new_password(
    password: SecretBytes, hint: str, key_store: KeyStore, least: int = LEAST_SCORE
) -> None:
    """PasswordRefused or HintRefused for a backup password that must not be used: an empty one, one that is
    easy to guess, one that the hint gives away, or one that also opens the key store (who learns one has
    both)."""
    check_text(password)
    check_hint_for(hint, password)
    check_strength(password, least)
    if key_store.exists() and key_store.opens_with(password):
        raise PasswordRefused(PasswordProblem.OPENS_KEY_STORE)


class AcceptedPassword(SecretBytes):
    """A new backup password that `accept_new_password` took: it is not judged again, for that costs a whole
    derivation. `store_id` is the key store that it does not open; empty where there was none."""

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
    """The password, judged once and for all; refused as `check_new_password` does. `password` is wiped,
    whatever comes of it."""
    with password:
        check_new_password(password, hint, key_store, least)
        return AcceptedPassword(password, _store_id(key_store))


def _judge(password: SecretBytes, hint: str, key_store: KeyStore, least: int) -> None:
    """As `check_new_password`; one that was accepted for this key store is only held against the hint."""
    if isinstance(password, AcceptedPassword) and password.store_id == _store_id(key_store):
        check_hint_for(hint, password)
    else:
        check_new_password(password, hint, key_store, least)


def _store_id(key_store: KeyStore) -> str:
    return key_store.info().store_id if key_store.exists() else ""


def check_text(password: SecretBytes) -> None:
    """PasswordRefused for a new password or passphrase that nobody could type again."""
    if not password:
        raise PasswordRefused(PasswordProblem.EMPTY)
    if len(password) > PASSWORD_LIMIT:
        raise PasswordRefused(PasswordProblem.TOO_LONG)
    if not is_text(password):
        raise PasswordRefused(PasswordProblem.NOT_TEXT)


def is_text(secret: SecretBytes) -> bool:
    """Whether the bytes are UTF-8. The decoder's own error would carry them."""
    try:
        secret.text()
    except UnicodeDecodeError:
        return False
    return True


def ask_new_password(
    subject: str, hint: str, key_store: KeyStore, secrets: SecretProvider, least: int = LEAST_SCORE
) -> SecretBytes:
    """A new backup password that can be used. A provider that cannot give another one makes the
    first refusal final; a hint that gives the password away is the caller's to change."""
    request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD, subject)
    return _ask_new(request, secrets, lambda password: _judge(password, hint, key_store, least))


def ask_new_identity_password(
    number: int, key_store: KeyStore, secrets: SecretProvider, least: int = LEAST_SCORE
) -> SecretBytes:
    """The password of a new recovery identity with this number; refused as `ask_new_password` does."""
    request = SecretRequest(Purpose.NEW_IDENTITY_PASSWORD, number=number)
    return _ask_new(request, secrets, lambda password: check_new_password(password, "", key_store, least))


def ask_new_passphrase(
    secrets: SecretProvider,
    refuse: Callable[[SecretBytes], None] | None = None,
    least: int = LEAST_SCORE,
) -> SecretBytes:
    """A new passphrase for the key store that can be used; refused as `ask_new_password` does. `refuse`
    raises PasswordRefused for one that must not be used although it could be."""

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
