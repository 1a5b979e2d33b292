"""The protector `passphrase`: the KEK is wrapped under a key that Argon2id (RFC 9106) derives.

    parameters = {"kdf": "argon2id", "memory_kib", "iterations", "lanes", "salt": base64url(16 bytes),
                  "wrapped": base64url(61 bytes)}

The passphrase is UTF-8 after NFC, never empty. The costs stand in the file, so they are bounded before
anything is derived: a hostile file must not take the machine's memory.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Self

from nskeys.crypto.kdf import SALT_SIZE, Argon2Cost, argon2id
from nskeys.crypto.wrapping import WRAPPED_SIZE, unwrap_kek, wrap_kek
from nskeys.errors import KeyStoreDamaged, PasswordRefused, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, to_base64url
from nskeys.ports import Purpose, SecretProvider, SecretRequest
from nskeys.protectors.base import BaseProtector, parameters_of
from nskeys.reasons import Opens, PasswordProblem, Problem

LONGEST = 4096
"""Bytes of UTF-8. A longer one is a file given by mistake, not a passphrase."""

_KDF = "argon2id"
DEFAULT_COST = Argon2Cost()


class PassphraseProtector(BaseProtector):
    """Asks a person for a passphrase. `cost` is that of a new passphrase; an old one's is in its file."""

    name = "passphrase"
    asks = True
    wants = Purpose.NEW_PASSPHRASE

    def __init__(self, cost: Argon2Cost = DEFAULT_COST) -> None:
        self._cost = cost

    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        salt = os.urandom(SALT_SIZE)
        with (
            secrets(SecretRequest(Purpose.NEW_PASSPHRASE), 0) as given,
            _accepted(given) as passphrase,
            argon2id(passphrase, salt, self._cost) as derived,
        ):
            wrapped = wrap_kek(derived, store_id, kek)
        return {
            "kdf": _KDF,
            "memory_kib": self._cost.memory_kib,
            "iterations": self._cost.iterations,
            "lanes": self._cost.lanes,
            "salt": to_base64url(salt),
            "wrapped": to_base64url(wrapped),
        }

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        """Ask until the passphrase is right; a provider that has no other raises and so ends it."""
        box = _Box.from_parameters(parameters)
        retry = 0
        while True:
            with secrets(SecretRequest(Purpose.PASSPHRASE), retry) as given:
                try:
                    return box.open(store_id, given)
                except WrongPassword:
                    retry += 1

    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        try:
            _Box.from_parameters(parameters).open(store_id, candidate).wipe()
        except WrongPassword:
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Box:
    """A wrapped KEK and the cost of deriving its key."""

    cost: Argon2Cost
    salt: bytes
    wrapped: bytes

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Json]) -> Self:
        read = parameters_of(parameters, "kdf", "memory_kib", "iterations", "lanes", "salt", "wrapped")
        if read.text("kdf") != _KDF:
            raise KeyStoreDamaged("protector.json", Problem.KDF)
        # What these may be is the cost's own to say.
        cost = Argon2Cost(
            *(read.integer(name, -inf, inf) for name in ("memory_kib", "iterations", "lanes"))
        )
        cost.check()
        return cls(cost, read.binary("salt", SALT_SIZE), read.binary("wrapped", WRAPPED_SIZE))

    def open(self, store_id: str, given: SecretBytes) -> SecretBytes:
        try:
            with _accepted(given) as passphrase, argon2id(passphrase, self.salt, self.cost) as derived:
                return unwrap_kek(derived, store_id, self.wrapped)
        except PasswordRefused:  # one that could never have been set
            raise WrongPassword(Opens.KEY_STORE) from None


def _accepted(given: SecretBytes) -> SecretBytes:
    """Return the passphrase after NFC. Raises PasswordRefused (`empty`, `too_long`, `not_text`)."""
    if not given:
        raise PasswordRefused(PasswordProblem.EMPTY)
    if len(given) > LONGEST:
        raise PasswordRefused(PasswordProblem.TOO_LONG)
    try:
        return SecretBytes.from_text(given.text())
    except UnicodeDecodeError:  # which holds the passphrase
        raise PasswordRefused(PasswordProblem.NOT_TEXT) from None
