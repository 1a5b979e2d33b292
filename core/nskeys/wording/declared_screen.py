"""The screen Database about somebody else's backups: what is asked, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.declared_backups import DeclaredBackup
from nskeys.model.register import CopyStatus
from nskeys.wording.database_copies import copy_name, copy_proof_name
from nskeys.wording.declared_backups import quoted
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, is_future, when

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview

DECLARE_TITLE = "Declare a backup"
DECLARE_PROMPT = "Somebody else backs this database up. How is that backup called?"
DECLARE_HELP = "for example pgBackRest to vault02; it counts for nothing before a check"
CHECK_TITLE = "Check a backup"
WHICH_ONE = "Restore a database from the backup first. Where is that database?"
CHECK_HELP = "a file, or postgresql://USER@HOST/NAME; a role that only reads is enough"
CHECK_WRITES = (
    "The check makes a change here first: a database that shows it is this one or its replica, "
    "and no backup."
)
CHECK_YES = "Yes, check it"
WITHDRAW_TITLE, WITHDRAW_YES = "Withdraw a declaration", "Yes, withdraw it"


def declared_line(backup: DeclaredBackup) -> str:
    """Return what a declaration means: nothing yet."""
    return (
        f"{quoted(backup.text)} is declared, and counts for nothing yet: restore a database from it, and "
        "check that with v."
    )


def withdraw_question(backup: DeclaredBackup) -> tuple[str, ...]:
    """Return the question before a declaration counts no more."""
    return (
        f"Withdraw {quoted(backup.text)}?",
        "What only its checks cover is at risk from then on.",
    )


def declared_words(declared: Sequence[DeclaredBackup], now: datetime, days: int) -> str:
    """Return how many backups are declared, and how many count for nothing, for the line above the list."""
    idle = sum(not one.checks or one.overdue(now, days) for one in declared)
    unchecked = f", {'none' if idle == len(declared) else f'{idle} not'} checked" if idle else ""
    return f"{count(len(declared), 'declared backup')}{unchecked}"


def checked_about(copy: DatabaseCopy, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return the facts of a check of a declared backup below the list."""
    counts = copy.status is CopyStatus.GOOD
    proof = f"{copy_proof_name(copy.proof)}, checked {ago(copy.look_moment, now)}"
    late = "does not count" if is_future(copy.look_moment, now) else "too long ago to count"
    return (
        ("Proof", proof if counts else f"{proof}: {late}; v checks again"),
        ("Backup", safe(copy.destination)),
        ("Opened by", "whoever can restore it: it needs no copy key"),
    )


def checked_facts(copy: DatabaseCopy, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return everything that the register knows of such a check."""
    return (
        ("Copy", copy_name(copy)),
        *checked_about(copy, overview.taken),
        ("Checked", when(copy.look_moment)),
        ("State of", when(copy.copy.created)),
        ("Checkpoint", safe(copy.copy.sha256)),
    )
