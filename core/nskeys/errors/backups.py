"""Backup files and the register."""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class NotABackup(NskeysError):
    """The file is neither a backup archive nor a `.kms` file."""

    path: str
    problem: str = ""


@dataclass(eq=False)
class BackupDamaged(NskeysError):
    """A backup is not what was written; `part` names the member or field, `problem` is a token."""

    path: str
    part: str
    problem: str


@dataclass(eq=False)
class BackupForged(NskeysError):
    """A companion of the `.kms` is not the one that nskeys writes: somebody changed `part`; `signature`
    where it names this server's key and is not signed by it."""

    path: str
    part: str


@dataclass(eq=False)
class BackupForeign(NskeysError):
    """A backup needs a plain confirmation first; `reasons`: `unsigned`, `broken_signature`,
    `unproven_signature`, `other_signer`, `names_other_signer` (not opened yet), `other_cmdb`,
    `lacks_keys`."""

    path: str
    reasons: tuple[str, ...]


@dataclass(eq=False)
class BackupNotProven(NskeysError):
    """A backup was written, but reading it back did not give what was written."""

    address: str
    problem: str


@dataclass(eq=False)
class NoCopyMade(NskeysError):
    """None of several destinations got a copy: each one's address, and what kept the copy from it."""

    failures: tuple[tuple[str, NskeysError], ...]


@dataclass(eq=False)
class NoBackupKnown(NskeysError):
    """`latest` was asked for and the register knows no backup that can be read."""


@dataclass(eq=False)
class NoSuchBackup(NskeysError):
    """The register has no row with this id."""

    reference: str
