"""Pruning in words: what goes, what stays, and why."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.errors import NskeysError
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import BackupCopy
from nskeys.model.retention import MOST_KEPT, Decision, Fate, FateReason, Retention
from nskeys.wording.copies import backup_name
from nskeys.wording.database_copies import copy_number
from nskeys.wording.destinations import odd_names
from nskeys.wording.errors import say
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import when

UNKNOWN_FILE = "not known"
NOTHING_DELETED = "Nothing was deleted."
NOTHING_TO_DO = "Nothing is to be deleted."
STOPPED = "Stopped between two files. This is what is left to do."
KEEP_LAST, KEEP_MONTHLY, KEEP_COPIES = "Last backups", "Months", "Row copies"

_FATES = MappingProxyType({Fate.KEEP: "keep", Fate.DELETE: "delete", Fate.SETTLE: "note"})
_REASONS = MappingProxyType(
    {
        FateReason.SURPLUS: "beyond what is kept",
        FateReason.BEGUN: "deleted before; only its row is left to be written",
        FateReason.LAST: "one of the last",
        FateReason.MONTHLY: "the last of its month",
        FateReason.NEWEST: "the newest good backup",
        FateReason.PROVEN: "the last that a person proved",
        FateReason.NEEDED: "a key is in no other backup as good",
        FateReason.NOT_OPENED: "never opened, so left alone",
        FateReason.UNVOUCHED: "its row is not vouched for",
        FateReason.OTHER_CMDB: "of another CMDB",
        FateReason.MISSING: "missing",
        FateReason.CHANGED: "not what was written",
        FateReason.UNREACHABLE: "cannot be looked at now",
        FateReason.RETIRED: "retired by a person: its file stays",
        FateReason.UNKNOWN: "not in the register",
    }
)


def fate_word(fate: Fate) -> str:
    """Return `keep`, `delete` or `note`, for a column."""
    return _FATES[fate]


def reason_words(reason: FateReason) -> str:
    """Return the reason: `one of the last`."""
    return _REASONS[reason]


def decision_cells(one: Decision) -> tuple[str, str, str, str, str]:
    """Return the cells of a row: what becomes of the file, which backup, of when, why, and the file."""
    backup = backup_name(one.copy) if one.copy else UNKNOWN_FILE
    created = when(one.copy.backup.created) if one.copy else ""
    return (fate_word(one.fate), backup, created, reason_words(one.reason), safe(one.address))


def retention_words(retention: Retention) -> str:
    """Return text such as `the last 7 key backups and one for each of 12 months, and the last 48 database
    copies, at each destination`."""
    monthly = f" and one for each of {number(retention.keep_monthly)} months"
    last = _last(retention.keep_last, "key backup")
    copies = _last(retention.keep_copies, "database copy")
    return f"{last}{monthly if retention.keep_monthly else ''}, and {copies}, at each destination"


def _last(kept: int, noun: str) -> str:
    return f"the last {count(kept, noun)}" if kept > 1 else f"the last {noun}"


def plan_lines(
    retention: Retention,
    decisions: Sequence[Decision],
    skipped: Sequence[tuple[str, NskeysError]],
    odd: Sequence[tuple[str, int]] = (),
    copies: bool = False,
) -> tuple[str, ...]:
    """Return what is kept, how many files of key backups go and stay, and which places are left out;
    `copies` says whether database copies go."""
    going = sum(one.fate is Fate.DELETE for one in decisions)
    noted = sum(one.fate is Fate.SETTLE for one in decisions)
    lines = [f"Kept: {retention_words(retention)}."]
    staying = len(decisions) - going - noted
    stay = f"{count(staying, 'file')} {'stays' if staying == 1 else 'stay'}"
    if going:
        are = "is" if going == 1 else "are"
        lines.append(f"{count(going, 'key backup')} {are} to be deleted, {stay}.")
    else:
        lines.append(f"No key backup is to be deleted, {stay}." if copies else NOTHING_TO_DO)
    if noted:
        lines.append(f"{count(noted, 'file')} gone before {'is' if noted == 1 else 'are'} to be noted.")
    return (*lines, *skipped_lines(skipped), *(odd_names(address, files) for address, files in odd))


def delete_question(backups: int, copies: int) -> tuple[str, ...]:
    """Return the question before key backups and database copies are deleted."""
    going = (count(backups, "key backup"),) if backups else ()
    what = listed((*going, *((count(copies, "database copy"),) if copies else ())))
    return (f"Delete {what}? Each is read once more right before, and nothing brings it back.",)


def delete_answer(backups: int, copies: int) -> str:
    """Return the answer that confirms deleting."""
    every = backups + copies
    return "Yes, delete it" if every == 1 else f"Yes, delete all {number(every)}"


def copy_decision_cells(copy: DatabaseCopy) -> tuple[str, str, str, str, str]:
    """Return the cells of a database copy that goes."""
    why = reason_words(FateReason.SURPLUS)
    place = f"{safe(copy.destination)}: {count(len(copy.parts), 'part')}"
    return (fate_word(Fate.DELETE), copy_number(copy), when(copy.copy.created), why, place)


def number_problem(text: str, least: int) -> str:
    """Return why this cannot be how many stay; empty where it can."""
    fits = text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= MOST_KEPT
    return "" if fits else f"A whole number from {least} to {number(MOST_KEPT)}."


def skipped_lines(skipped: Sequence[tuple[str, NskeysError]]) -> tuple[str, ...]:
    """Return the places where nothing is deleted now, and why."""
    return tuple(f"Left out: {_naming(address, error)}" for address, error in skipped)


def report_lines(
    deleted: Sequence[BackupCopy],
    failures: Sequence[tuple[BackupCopy, NskeysError]],
    skipped: Sequence[tuple[str, NskeysError]],
) -> tuple[str, ...]:
    """Return what was done, and what was not."""
    lines = [f"{count(len(deleted), 'old key backup')} deleted." if deleted else NOTHING_DELETED]
    lines += [f"Not deleted: {_naming(copy.address, error)}" for copy, error in failures]
    return (*lines, *skipped_lines(skipped))


def _naming(address: str, error: NskeysError) -> str:
    """Return what happened, with the address where that does not name it."""
    what = say(error).what
    return what if shown(address) in what else f"{shown(address)}. {what}"
