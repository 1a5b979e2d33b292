"""Ports to people and the machine: secrets, progress, the clock, the lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from nskeys.errors import Locked, PasswordRefused, SecretUnavailable, ShareRefused
from nskeys.model.credentials import SealedRow
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FailureReason, Wanted


class Purpose(StrEnum):
    """What a secret is needed for."""

    NEW_BACKUP_PASSWORD = "new_backup_password"
    BACKUP_PASSWORD = "backup_password"
    NEW_IDENTITY_PASSWORD = "new_identity_password"
    IDENTITY_PASSWORD = "identity_password"
    """That of a recovery identity, or of an identity file that somebody named."""
    NEW_PASSPHRASE = "new_passphrase"
    PASSPHRASE = "passphrase"
    PIN = "pin"
    """That of a token, to wrap and to unwrap."""
    CREDENTIAL_SECRET = "credential_secret"
    SHARE = "share"
    """One custodian's words; asked for once for every share, as a `ShareRequest`."""
    SSH_PASSWORD = "ssh_password"
    """That of a login at a server that holds backups."""
    SSH_PASSPHRASE = "ssh_passphrase"
    """That of a key file for such a server."""
    EXPORT_PASSWORD = "export_password"
    """That of another program's database or export, or of nskeys' own."""
    EXPORT_KEY_FILE = "export_key_file"
    """The bytes of the key file that such a database wants besides; empty where it has none."""
    NEW_EXPORT_PASSWORD = "new_export_password"
    GPG_PASSPHRASE = "gpg_passphrase"
    """That of a person's OpenPGP key, or its card's PIN."""


@dataclass(frozen=True, slots=True)
class SecretRequest:
    """Which secret is needed, and of what: `subject` names the file, store or credential, `number` the
    recovery identity (0: none); `hint` may help; `refused` says why the last new one cannot be used."""

    purpose: Purpose
    subject: str = ""
    hint: str = ""
    number: int = 0
    refused: PasswordRefused | ShareRefused | None = None


class SecretProvider(Protocol):
    """A source of secrets: a prompt, a file, a dialog. It asks twice for a new one."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return the secret; the caller wipes it. `retry` starts at 0 and counts refused answers. A
        provider that has no other answer raises SecretUnavailable; a person who gives up, Cancelled."""
        ...


def nobody(request: SecretRequest, retry: int) -> SecretBytes:
    """Return a SecretProvider where nobody is to be asked: SecretUnavailable."""
    del retry
    raise SecretUnavailable(Wanted(request.purpose))


class Stage(StrEnum):
    """A stage of long work."""

    LOOKING = "looking"
    COLLECTING = "collecting"
    ENCRYPTING = "encrypting"
    WRITING = "writing"
    READING_BACK = "reading_back"
    OPENING = "opening"
    RECORDING = "recording"
    STORING_KEYS = "storing_keys"
    PROVING = "proving"
    RESEALING = "resealing"
    IMPORTING = "importing"
    UNLOCKING = "unlocking"
    KEEPING_APART = "keeping_apart"
    COPYING_ROWS = "copying_rows"
    COMPARING_ROWS = "comparing_rows"
    OPENING_PARTS = "opening_parts"
    FILLING = "filling"
    REMOVING = "removing"
    MAKING_IDENTITY = "making_identity"
    TRYING_IDENTITY = "trying_identity"


class Progress(Protocol):
    """Receives the progress of long work, and says whether to go on."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """Begin a stage; `total` is what `advance` counts up to, None where nothing is counted."""
        ...

    def advance(self, count: int = 1) -> None:
        """Count this many more of the stage's total as done."""
        ...

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """Say which stage one of several parallel destinations has reached; None when it has ended,
        whether or not it succeeded."""
        ...

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """Count these rows as tried; `failed` holds the ids of those that do not open."""
        ...

    def checkpoint(self) -> None:
        """Raise Cancelled if a person asked to stop. Called only where stopping is safe."""
        ...


class SilentProgress:
    """The default: ignores everything and never stops."""

    def stage(self, stage: Stage, total: int | None = None) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None: ...

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None: ...

    def checkpoint(self) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime: ...


class Waiting:
    """Called while a change waits for another process to end its own. This default ignores it and never
    gives up; a subclass's `checkpoint`, called several times a second, may raise Cancelled."""

    def begin(self, holder: Locked) -> None: ...

    def checkpoint(self) -> None: ...

    def end(self) -> None: ...


class Lock(Protocol):
    """The lock around every change of state. It is never held while a person is asked something."""

    waiting: Waiting
    """Called when somebody else holds the lock; a front end puts its own here."""

    def is_held(self) -> bool:
        """Return whether somebody holds it now; False where that cannot be told."""
        ...

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Take the lock, or raise Locked with the holder who kept it too long; `doing` is what others are
        shown. Raises Cancelled where a person stopped waiting."""
        ...
