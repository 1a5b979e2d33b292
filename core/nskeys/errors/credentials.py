"""Credentials and imports."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class FieldInvalid(NskeysError):
    """A credential's field is not valid; `problem` is a token, `limit` its bound where it has one."""

    field: str
    problem: str
    limit: int = 0


@dataclass(eq=False)
class NameTaken(NskeysError):
    """A credential of this kind and name exists."""

    kind: str
    name: str


@dataclass(eq=False)
class NoSuchCredential(NskeysError):
    """No credential has this id, prefix or `kind/name`."""

    reference: str


@dataclass(eq=False)
class AmbiguousCredential(NskeysError):
    """Several credentials match this reference."""

    reference: str
    matches: tuple[str, ...]


@dataclass(eq=False)
class SealDoesNotOpen(NskeysError):
    """A sealed secret does not open; `reason`: `key_missing`, `key_inactive`, `tampered`."""

    credential: str
    kind: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row of an import that cannot be taken: where, and why (tokens as in FieldInvalid)."""

    row: int
    title: str
    field: str
    problem: str


@dataclass(eq=False)
class ImportRefused(NskeysError):
    """An import holds bad rows; nothing was imported."""

    source: str
    bad: tuple[BadRow, ...]


@dataclass(eq=False)
class ImportUnreadable(NskeysError):
    """A file is none of the known exports; `problem` is a token, `line` where it was seen (0: none)."""

    source: str
    problem: str
    line: int = 0
