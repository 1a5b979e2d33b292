"""Bitwarden's JSON under a password of its own ("password protected").

    {"encrypted": true, "passwordProtected": true, "salt": "...",
     "kdfType": 0, "kdfIterations": 600000,                              (PBKDF2)
     "kdfType": 1, "kdfIterations": 3, "kdfMemory": 64, "kdfParallelism": 4,   (Argon2id; MiB)
     "encKeyValidation_DO_NOT_EDIT": "2.iv|text|tag", "data": "2.iv|text|tag"}

`data` is the unencrypted export. One that is restricted to an account has its items encrypted with a key
that only Bitwarden's server gives out.
"""

from collections.abc import Mapping

from nskeys.crypto.bitwarden import ExportKeys, keys_by_argon2id, keys_by_pbkdf2, open_text, well_formed
from nskeys.crypto.kdf import READING_BOUNDS, Argon2Cost
from nskeys.errors import ImportUnreadable, WrongPassword
from nskeys.imports.parsing import Value
from nskeys.model.secret import SecretBytes
from nskeys.ports import ExportUnlock, Purpose
from nskeys.reasons import ImportProblem, Opens, Problem

ITERATIONS_LIMIT = 10_000_000
"""Of PBKDF2: some seconds; Bitwarden takes two million at most."""
_PBKDF2, _ARGON2ID = 0, 1
_VALIDATION = "encKeyValidation_DO_NOT_EDIT"


def matches(value: Mapping[str, Value]) -> bool:
    """Return whether an encrypted JSON is Bitwarden's."""
    return not {_VALIDATION, "passwordProtected", "data", "items"}.isdisjoint(value)


def opened(source: str, value: Mapping[str, Value], unlock: ExportUnlock) -> str:
    """Return the export inside. Raises ImportUnreadable (`account_restricted`, `export_kdf_cost`,
    `encrypted`, `payload`, `not_utf8`)."""
    if value.get("passwordProtected") is not True:
        raise ImportUnreadable(source, ImportProblem.ACCOUNT_RESTRICTED)
    validation, data, salt = (value.get(name) for name in (_VALIDATION, "data", "salt"))
    if not (isinstance(validation, str) and isinstance(data, str) and isinstance(salt, str)):
        raise ImportUnreadable(source, ImportProblem.ENCRYPTED)
    if not well_formed(validation) or not well_formed(data):
        raise ImportUnreadable(source, ImportProblem.ENCRYPTED)
    cost = _cost(source, value)

    def keys(password: SecretBytes) -> ExportKeys:
        found = (
            keys_by_pbkdf2(password, salt, cost)
            if isinstance(cost, int)
            else keys_by_argon2id(password, salt, cost)
        )
        if open_text(found, validation) is None:
            raise WrongPassword(Opens.EXPORT, source)
        return found

    plain = open_text(unlock(Purpose.EXPORT_PASSWORD, keys), data)
    if plain is None:
        raise ImportUnreadable(source, Problem.PAYLOAD)
    text = plain.decode("utf-8", "replace")
    if text.encode("utf-8") != plain:
        raise ImportUnreadable(source, Problem.NOT_UTF8)
    return text


def _cost(source: str, value: Mapping[str, Value]) -> int | Argon2Cost:
    """Return the iterations of PBKDF2 or the cost of Argon2id, inside the bounds."""
    names = ("kdfType", "kdfIterations", "kdfMemory", "kdfParallelism")
    kind, iterations, memory, lanes = (
        number if isinstance(number, int) and not isinstance(number, bool) else -1
        for number in (value.get(name) for name in names)
    )
    if kind == _PBKDF2 and iterations > 0:
        if iterations <= ITERATIONS_LIMIT:
            return iterations
        raise ImportUnreadable(source, ImportProblem.KDF_COST)
    if kind == _ARGON2ID and min(iterations, memory, lanes) > 0:
        cost = Argon2Cost(memory * 1024, iterations, lanes)
        if cost.within(READING_BOUNDS):
            return cost
        raise ImportUnreadable(source, ImportProblem.KDF_COST)
    raise ImportUnreadable(source, ImportProblem.ENCRYPTED)
