"""What services ask of people and tell them: secrets, progress, time, the lock."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from nskeys.errors import Locked, PasswordRefused, SecretUnavailable, ShareRefused
from nskeys.model.custodians import NOTHING_YET, ShareProgress
from nskeys.model.plans import FailureReason
from nskeys.model.secret import SecretBytes

SealedRow: TypeAlias = tuple[str, str, str, str, str, str, bytes]
"""credential_id, kind, name, target, account, note, blob: a row as a database cursor gives it."""


class Purpose(StrEnum):
    """What a secret is wanted for."""

    NEW_BACKUP_PASSWORD = "new_backup_password"
    BACKUP_PASSWORD = "backup_password"
    NEW_IDENTITY_PASSWORD = "new_identity_password"
    IDENTITY_PASSWORD = "identity_password"
    """Of a recovery identity, or of an identity file that somebody named."""
    NEW_PASSPHRASE = "new_passphrase"
    PASSPHRASE = "passphrase"
    PIN = "pin"
    """Of a token, to wrap with it and to unwrap."""
    CREDENTIAL_SECRET = "credential_secret"
    SHARE = "share"
    """One custodian's words; asked for once for every share, as a `ShareRequest`."""
    SSH_PASSWORD = "ssh_password"
    """Of a login at a server that holds backups."""
    SSH_PASSPHRASE = "ssh_passphrase"
    """Of a key file that such a server is to be shown."""


@dataclass(frozen=True, slots=True)
class SecretRequest:
    """Which secret, and of what: `subject` names the file, store or credential, `number` the recovery
    identity (0: it is none); `hint` may help; `refused` says why the last new one cannot be used."""

    purpose: Purpose
    subject: str = ""
    hint: str = ""
    number: int = 0
    refused: PasswordRefused | ShareRefused | None = None


@dataclass(frozen=True, slots=True)
class ShareRequest(SecretRequest):
    """One more custodian's share: which were given before it, and why the last one could not be taken."""

    refused: ShareRefused | None = None
    gathered: ShareProgress = NOTHING_YET


class SecretProvider(Protocol):
    """Whoever can give a secret: a prompt, a file, a dialog. New ones are asked for twice there."""

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """The secret; the caller wipes it. `retry` is 0 first and counts refused ones; a provider
        that cannot give another raises SecretUnavailable, a person who gives up Cancelled."""
        ...


def nobody(request: SecretRequest, retry: int) -> SecretBytes:
    """Return a SecretProvider where nobody is to be asked: SecretUnavailable."""
    del retry
    raise SecretUnavailable(request.purpose.value)


class Stage(StrEnum):
    """What long work is doing."""

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
    REMOVING = "removing"


class Progress(Protocol):
    """Told how far long work is; asked whether to go on."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """A stage begins; `total` counts what `advance` counts, None where nothing is counted."""
        ...

    def advance(self, count: int = 1) -> None:
        """So many more of the stage's total are done."""
        ...

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """One of several destinations that are served side by side has come to a stage; None: it is done
        with, well or not."""
        ...

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """These rows were just tried; `failed` holds the ids of those that do not open."""
        ...

    def checkpoint(self) -> None:
        """Raises Cancelled if a person asked to stop. Called only where stopping is safe."""
        ...


class SilentProgress:
    """The default: tells nobody, never stops."""

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """Nothing."""

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        """Nothing."""

    def checkpoint(self) -> None:
        """Nothing."""


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, in UTC, whole seconds."""
        ...


class Waiting:
    """Told while a change waits for another one to end. This one tells nobody and never gives up."""

    def begin(self, holder: Locked) -> None:
        """Nothing."""

    def checkpoint(self) -> None:
        """Nothing. Called several times a second; raises Cancelled where a person no longer waits."""

    def end(self) -> None:
        """Nothing."""


class Lock(Protocol):
    """The one lock around every change of state. Never held while a person thinks."""

    waiting: Waiting
    """Who is told when somebody else has it; a front end puts its own here."""

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Take it, or raise Locked with the holder who kept it too long; `doing` is what others are told.
        Raises Cancelled where a person stopped waiting."""
        ...
