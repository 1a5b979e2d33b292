"""The diary's line of a drill: who, when, which file, how far it came, and why it stopped."""

from dataclasses import replace
from datetime import datetime

from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    Cancelled,
    CmdbDamaged,
    CmdbUnreachable,
    CopyKeyMissing,
    DestinationUnreachable,
    FileUnreadable,
    IdentityNotRecipient,
    NotABackup,
    NskeysError,
    PartsMissing,
    PartsMixed,
    PasswordRefused,
    SecretUnavailable,
    SharesDisagree,
    WrongPassword,
)
from nskeys.model.audit import Action
from nskeys.model.diary import NAMED_FAILURES, DrillEnd, DrillEntry
from nskeys.model.plain_text import as_text
from nskeys.model.plans import ProofReport
from nskeys.model.register import Proof
from nskeys.reasons import FailureReason
from nskeys.services.installation import Installation
from nskeys.services.open_backup import OpenSource


def begun(installation: Installation, address: str, began: datetime, end: DrillEnd) -> DrillEntry:
    """Return a diary line that says only who, when and which file."""
    return DrillEntry(
        began=began,
        seconds=max(0, int((installation.clock.now() - began).total_seconds())),
        actor=installation.event(Action.DRILLED, address).actor,
        host=installation.identity.host(),
        address=as_text(address),
        archive_sha256="",
        generation=0,
        end=end,
        reached=None,
        opened=0,
        missing=0,
        tampered=0,
        failures=(),
        typed=False,
    )


def proven_line(
    installation: Installation, source: OpenSource, proof: ProofReport, reached: Proof, began: datetime
) -> DrillEntry:
    """Return the line of a drill that tried every row."""
    reasons = [item.failure for item in proof.failures]
    return replace(
        begun(installation, source.source.address, began, DrillEnd.PROVEN),
        archive_sha256=source.source.inspected.file_sha256,
        generation=source.facts.generation,
        reached=reached,
        opened=proof.opened,
        missing=reasons.count(FailureReason.KEY_MISSING),
        tampered=reasons.count(FailureReason.TAMPERED) + reasons.count(FailureReason.UNREADABLE),
        failures=tuple(item.credential.reference for item in proof.failures[:NAMED_FAILURES]),
        typed=source.typed,
    )


def end_of(error: NskeysError, refused: int) -> DrillEnd | None:
    """Return how a drill ended that this error broke off; None where it was no drill: nobody tried a
    password, or a person stopped it."""
    match error:
        case WrongPassword() | SharesDisagree():
            return DrillEnd.WRONG_PASSWORD
        case IdentityNotRecipient():
            return DrillEnd.OTHER_IDENTITY
        case Cancelled() | PasswordRefused() | SecretUnavailable():
            return DrillEnd.WRONG_PASSWORD if refused else None
        case BackupDamaged() | NotABackup() | PartsMixed():
            return DrillEnd.DAMAGED
        case BackupForged():
            return DrillEnd.FORGED
        case CopyKeyMissing():
            return DrillEnd.OTHER_IDENTITY
        case PartsMissing() | FileUnreadable(problem="missing"):
            return DrillEnd.MISSING
        case FileUnreadable() | DestinationUnreachable():
            return DrillEnd.UNREACHABLE
        case CmdbDamaged() | CmdbUnreachable():
            return DrillEnd.BROKEN_OFF
        case _:
            return None
