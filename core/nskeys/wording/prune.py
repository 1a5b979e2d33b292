"""Pruning in words: what goes, what stays, and why."""

from collections.abc import Sequence
from types import MappingProxyType

from nskeys.errors import NskeysError
from nskeys.model.register import BackupCopy
from nskeys.model.retention import MOST_KEPT, Decision, Fate, FateReason, Retention
from nskeys.wording.copies import backup_name
from nskeys.wording.destinations import odd_names
from nskeys.wording.errors import say
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import when

UNKNOWN_FILE = "not known"
NOTHING_DELETED = "Nothing was deleted."
NOTHING_TO_DO = "Nothing is to be deleted."
STOPPED = "Stopped between two files. What was deleted is; this is what is left to do."
KEEP_LAST, KEEP_MONTHLY = "Last backups", "Months"

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
        FateReason.UNKNOWN: "in no row of the register",
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
    """Return text such as `the last 7 and one for each of 12 months, at each destination`."""
    monthly = f" and one for each of {number(retention.keep_monthly)} months"
    last = f"the last {number(retention.keep_last)}" if retention.keep_last > 1 else "the last one"
    return f"{last}{monthly if retention.keep_monthly else ''}, at each destination"


def plan_lines(
    retention: Retention,
    decisions: Sequence[Decision],
    skipped: Sequence[tuple[str, NskeysError]],
    odd: Sequence[tuple[str, int]] = (),
) -> tuple[str, ...]:
    """Return what is kept, how many files go and stay, and which places are left out."""
    going = sum(one.fate is Fate.DELETE for one in decisions)
    noted = sum(one.fate is Fate.SETTLE for one in decisions)
    lines = [f"Kept: {retention_words(retention)}."]
    staying = len(decisions) - going - noted
    lines.append(
        f"{count(going, 'file')} {'is' if going == 1 else 'are'} to be deleted, {number(staying)} "
        f"{'stays' if staying == 1 else 'stay'}."
        if going
        else NOTHING_TO_DO
    )
    if noted:
        lines.append(f"{count(noted, 'file')} gone before {'is' if noted == 1 else 'are'} to be noted.")
    return (*lines, *skipped_lines(skipped), *(odd_names(address, files) for address, files in odd))


def delete_question(files: int) -> tuple[str, ...]:
    """Return the question before files are deleted."""
    return (
        f"Delete {count(files, 'file')}? Each is read once more right before, and nothing brings it back.",
    )


def delete_answer(files: int) -> str:
    """Return the answer that confirms deleting."""
    return "Yes, delete it" if files == 1 else f"Yes, delete all {number(files)}"


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
    lines = [f"{count(len(deleted), 'old copy')} deleted." if deleted else NOTHING_DELETED]
    lines += [f"Not deleted: {_naming(copy.address, error)}" for copy, error in failures]
    return (*lines, *skipped_lines(skipped))


def _naming(address: str, error: NskeysError) -> str:
    """Return what happened, with the address where that does not name it."""
    what = say(error).what
    return what if shown(address) in what else f"{shown(address)}. {what}"
