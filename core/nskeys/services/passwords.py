"""New passwords: asked for until one can be used, refused for reasons that were paid for."""

import secrets as randomness
from collections.abc import Callable
from typing import TypeVar

from nskeys.errors import HintRefused, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.backup import HINT_LIMIT
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, Purpose, SecretProvider, SecretRequest

PASSWORD_LIMIT = 1_024
"""Bytes. Longer ones cannot be typed on the worst day."""

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
        raise HintRefused("too_long")
    if not hint.isprintable():
        raise HintRefused("control_characters")


def check_new_password(password: SecretBytes, hint: str, key_store: KeyStore) -> None:
    """PasswordRefused or HintRefused for a backup password that must not be used: an empty one, one
    that the hint gives away, or one that also opens the key store (who learns one has both)."""
    check_text(password)
    if password.contained_in(hint):
        raise HintRefused("contains_password")
    if key_store.exists() and key_store.opens_with(password):
        raise PasswordRefused("opens_key_store")


class AcceptedPassword(SecretBytes):
    """A new backup password that `accept_new_password` took: it is not judged again, for that costs a whole
    derivation. `store_id` is the key store that it does not open; empty where there was none."""

    __slots__ = ("store_id",)

    def __init__(self, data: bytes | bytearray, *, typed: bool = False, store_id: str = "") -> None:
        super().__init__(data, typed=typed)
        self.store_id = store_id

    def again(self) -> "AcceptedPassword":
        """A copy, wiped by whoever asked for it."""
        return AcceptedPassword(self.reveal(), typed=self.typed, store_id=self.store_id)


def accept_new_password(password: SecretBytes, hint: str, key_store: KeyStore) -> AcceptedPassword:
    """The password, judged once and for all; refused as `check_new_password` does. `password` is wiped,
    whatever comes of it."""
    with password:
        check_new_password(password, hint, key_store)
        return AcceptedPassword(password.reveal(), typed=password.typed, store_id=_store_id(key_store))


def _judge(password: SecretBytes, hint: str, key_store: KeyStore) -> None:
    """As `check_new_password`; one that was accepted for this key store is only held against the hint."""
    if not isinstance(password, AcceptedPassword) or password.store_id != _store_id(key_store):
        check_new_password(password, hint, key_store)
    elif password.contained_in(hint):
        raise HintRefused("contains_password")


def _store_id(key_store: KeyStore) -> str:
    return key_store.info().store_id if key_store.exists() else ""


def check_text(password: SecretBytes) -> None:
    """PasswordRefused for a new password or passphrase that nobody could type again."""
    if not password:
        raise PasswordRefused("empty")
    if len(password) > PASSWORD_LIMIT:
        raise PasswordRefused("too_long")
    if not is_text(password):
        raise PasswordRefused("not_text")


def is_text(secret: SecretBytes) -> bool:
    """Whether the bytes are UTF-8. The decoder's own error would carry them."""
    try:
        secret.text()
    except UnicodeDecodeError:
        return False
    return True


def ask_new_password(subject: str, hint: str, key_store: KeyStore, secrets: SecretProvider) -> SecretBytes:
    """A new backup password that can be used. A provider that cannot give another one makes the
    first refusal final; a hint that gives the password away is the caller's to change."""
    request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD, subject)
    return _ask_new(request, secrets, lambda password: _judge(password, hint, key_store))


def ask_new_identity_password(number: int, key_store: KeyStore, secrets: SecretProvider) -> SecretBytes:
    """The password of a new recovery identity with this number; refused as `ask_new_password` does."""
    request = SecretRequest(Purpose.NEW_IDENTITY_PASSWORD, number=number)
    return _ask_new(request, secrets, lambda password: check_new_password(password, "", key_store))


def ask_new_passphrase(
    secrets: SecretProvider, refuse: Callable[[SecretBytes], None] | None = None
) -> SecretBytes:
    """A new passphrase for the key store that can be used; refused as `ask_new_password` does. `refuse`
    raises PasswordRefused for one that must not be used although it could be."""

    def check(passphrase: SecretBytes) -> None:
        check_text(passphrase)
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
