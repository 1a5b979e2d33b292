"""Credentials: three kinds, five bound fields, and what makes each field valid.

Every field here but the secret is bound into the seal (see core/FORMAT.md, "Sealed secret"), so a
field is normalised once, before it is sealed, and never touched afterwards.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from nskeys.errors import FieldInvalid
from nskeys.model.keys import Kid
from nskeys.reasons import FieldProblem, Problem

NAME_LIMIT = 255
FIELD_LIMIT = 2_048
NOTE_LIMIT = 16_384
SECRET_LIMIT = 65_535
"""Bytes of UTF-8 (see core/FORMAT.md); the other limits are characters."""
PCANYWHERE_PORT = 5631


class CredentialKind(StrEnum):
    """What a credential is for."""

    HIERARCHY = "hierarchy"
    PCANYWHERE = "pcanywhere"
    RUN_AS = "run-as"


class CredentialFields(NamedTuple):
    """The fields that the seal binds, valid and in NFC. Make one with `check_fields`."""

    kind: CredentialKind
    name: str
    target: str
    account: str
    note: str = ""


CHANGE_LIMIT = 2**53 - 1
"""The greatest number that a change of the CMDB can have."""

SealedRow: TypeAlias = tuple[str, str, str, str, str, str, int, int, int, bytes]
"""id, kind, name, target, account, note, number, created, updated, sealed: a row as a database cursor gives
it. Times are seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is listed: everything but its secret."""

    credential_id: str
    """32 hex digits."""
    fields: CredentialFields
    kid: Kid
    created: datetime
    updated: datetime
    number: int
    """The number of the change that gave it its present secret and fields, 1 to `CHANGE_LIMIT`; a rotation
    keeps it. Its seal binds it."""

    @property
    def reference(self) -> str:
        """`kind/name`, unique and readable."""
        return f"{self.fields.kind}/{self.fields.name}"


@dataclass(frozen=True, slots=True)
class UnreadableCredential(Credential):
    """A row that nskeys did not write like this, as far as it can be read: texts are made printable, an
    invalid time becomes 1970-01-01, and `kid` is the id of no key because none opens it."""

    problem: Problem = Problem.WRONG_VALUE
    """As in `CmdbDamaged`."""
    ill: frozenset[str] = frozenset()
    """The values that could not be read: names of fields, `id`, `key`, `number`, `created`, `updated`."""
    key: Kid | None = None
    """The key that the row names, where it is a valid id."""

    @property
    def reference(self) -> str:
        """`kind/name`, as far as they can be read."""
        kind = "?" if "kind" in self.ill else self.fields.kind.value
        return f"{kind}/{self.fields.name}"


class UnreadableRow(NamedTuple):
    """A row of the CMDB, in any table, that nskeys did not write like this."""

    table: str
    row: str
    """The row's id in its table."""
    problem: Problem
    """As in `CmdbDamaged`."""
    credential: UnreadableCredential | None = None


class SealedCredential(NamedTuple):
    """A credential with its sealed secret, as stored."""

    credential: Credential
    blob: bytes

    def row(self) -> SealedRow:
        """Return it as a database holds it."""
        credential, fields = self.credential, self.credential.fields
        return (
            credential.credential_id,
            fields.kind.value,
            fields.name,
            fields.target,
            fields.account,
            fields.note,
            credential.number,
            int(credential.created.timestamp()),
            int(credential.updated.timestamp()),
            self.blob,
        )


_ACCOUNT = re.compile(r"[^\\/\x00-\x1f]+\\[^\\\x00-\x1f]+")
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\\\[\]]+)(?::(\d{1,5}))?")


def check_fields(
    kind: CredentialKind, name: str, target: str, account: str, note: str = ""
) -> CredentialFields:
    """Return the five fields, normalised to NFC. Raises FieldInvalid, which names the first invalid one."""
    fields = CredentialFields(
        kind,
        _line("name", name, NAME_LIMIT),
        _line("target", target, FIELD_LIMIT),
        _line("account", account, FIELD_LIMIT),
        _text("note", note, NOTE_LIMIT),
    )
    _CHECKS[kind](fields)
    return fields


def check_secret(secret: str) -> None:
    """Raise FieldInvalid for a secret that cannot be sealed. An empty one is valid: accounts have them."""
    try:
        size = len(secret.encode("utf-8"))
    except UnicodeEncodeError:
        raise FieldInvalid("secret", FieldProblem.NOT_TEXT) from None
    if size > SECRET_LIMIT:
        raise FieldInvalid("secret", FieldProblem.TOO_LONG, SECRET_LIMIT)


def pcanywhere_address(target: str) -> tuple[str, int]:
    """Return host and port of a pcAnywhere target. Raises FieldInvalid where it is not one."""
    match = _HOST_PORT.fullmatch(target)
    port = int(match[2]) if match and match[2] else PCANYWHERE_PORT
    if not match or not 1 <= port <= 65_535:
        raise FieldInvalid("target", FieldProblem.NOT_HOST_PORT)
    return match[1], port


def _check_hierarchy(fields: CredentialFields) -> None:
    try:
        url = urlsplit(fields.target)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid or " " in fields.target:
        raise FieldInvalid("target", FieldProblem.NOT_URL)
    if not _ACCOUNT.fullmatch(fields.account):
        raise FieldInvalid("account", FieldProblem.NOT_DOMAIN_USER)


def _check_pcanywhere(fields: CredentialFields) -> None:
    pcanywhere_address(fields.target)
    if not fields.account:
        raise FieldInvalid("account", FieldProblem.EMPTY)


def _check_run_as(fields: CredentialFields) -> None:
    if not fields.target:
        raise FieldInvalid("target", FieldProblem.EMPTY)
    if "\\" in fields.account:
        if not _ACCOUNT.fullmatch(fields.account):
            raise FieldInvalid("account", FieldProblem.NOT_DOMAIN_USER)
    elif not fields.account:
        raise FieldInvalid("account", FieldProblem.EMPTY)


_CHECKS = {
    CredentialKind.HIERARCHY: _check_hierarchy,
    CredentialKind.PCANYWHERE: _check_pcanywhere,
    CredentialKind.RUN_AS: _check_run_as,
}


def _line(field: str, value: str, limit: int) -> str:
    text = _text(field, value.strip(), limit)
    if "\n" in text or "\r" in text:
        raise FieldInvalid(field, FieldProblem.SEVERAL_LINES)
    if field == "name" and not text:
        raise FieldInvalid(field, FieldProblem.EMPTY)
    return text


def _text(field: str, value: str, limit: int) -> str:
    if "\x00" in value:
        raise FieldInvalid(field, FieldProblem.ZERO_CHARACTER)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise FieldInvalid(field, FieldProblem.NOT_TEXT) from None
    text = unicodedata.normalize("NFC", value)
    if len(text) > limit:
        raise FieldInvalid(field, FieldProblem.TOO_LONG, limit)
    return text
