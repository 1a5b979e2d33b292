"""Somebody else's database backups in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.declared_backups import BackupCheck, DeclaredBackup
from nskeys.model.register import Proof
from nskeys.reasons import FailureReason
from nskeys.wording.labels import proof_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import fit, safe, shown, width
from nskeys.wording.text.times import ago, ago_brief, is_future, when

if TYPE_CHECKING:
    from nskeys.model.database_plans import DatabaseCheckPlan, DatabaseCheckReport
    from nskeys.model.database_register import DatabaseCopy

HEADINGS = ("change", "checked", "proof", "credentials", "counts", "declared", "database backup")
_SHORT = 24


def declared_lines(backup: DeclaredBackup) -> tuple[str, ...]:
    """Return what a declaration means: nothing yet."""
    return (
        f"{quoted(backup.text)} is declared, and counts for nothing yet.",
        "Restore a database from it, and name that to 'nskeys database check FILE'.",
    )


def withdrawn_line(backup: DeclaredBackup) -> str:
    """Return that a declaration counts no more."""
    return f"{quoted(backup.text)} is withdrawn: it counts for nothing from now on."


def plan_line(plan: DatabaseCheckPlan) -> str:
    """Return what a database says of itself before anything of it is proven."""
    return (
        f"{plan.engine} {shown(plan.address)} says that it is of change {number(plan.number)}, made "
        f"{when(plan.created)}, with {count(plan.credentials, 'credential')}."
    )


def check_lines(report: DatabaseCheckReport, days: int) -> tuple[str, ...]:
    """Return what a check proved and how long that counts, and what it did not prove."""
    check, state = report.check, report.check.state
    rows = count(state.credentials, "credential")
    proven = f"{quoted(report.backup.text)} brings back change {number(state.number)}, {rows}"
    opened = ": each of them opened." if check.proof is Proof.CREDENTIALS_OPEN else "."
    ends = f" It counts for {count(days, 'day')} from now." if days else ""
    return (f"{proven}{opened}{ends}", *_unopened(report), *_older(report.before))


def _unopened(report: DatabaseCheckReport) -> tuple[str, ...]:
    failures = report.proof.failures
    if not failures:
        return ()
    missing = sum(one.failure is FailureReason.KEY_MISSING for one in failures)
    others = len(failures) - missing
    lines = []
    if missing:
        lines.append(f"{count(missing, 'row')} could not be tried: their keys are not here.")
    if others:
        lines.append(f"{count(others, 'row')} did not open; 'nskeys verify' says what is so here.")
    return tuple(lines)


def _older(before: BackupCheck | None) -> tuple[str, ...]:
    if before is None:
        return ()
    proved = f"An earlier check, on {when(before.moment)}, proved change {number(before.state.number)}"
    return (f"{proved}: that counts as well, until it is too old.",)


def backup_cells(backup: DeclaredBackup, now: datetime, days: int) -> tuple[str, ...]:
    """Return one declared backup as the cells of a row under HEADINGS."""
    best, last = backup.highest, backup.last_check
    if best is None or last is None:
        return ("-", "never", "-", "-", "no", when(backup.declared), safe(backup.text))
    idle = "no, dated ahead of now" if is_future(last.moment, now) else "no, checked too long ago"
    counts = idle if backup.overdue(now, days) else "yes"
    return (
        number(best.state.number),
        ago(last.moment, now),
        "rows match" if last.proof is Proof.KEYS_MATCH else proof_name(last.proof),
        number(best.state.credentials),
        counts,
        when(backup.declared),
        safe(backup.text),
    )


def not_counting_sentence(name: str, last: datetime | None, days: int) -> str:
    """Return that a declared backup counts for nothing, and what to do."""
    what = "'nskeys database check FILE' opens a database that was restored from it."
    if last is None:
        return f"The database backup {quoted(name)} was never checked and counts for nothing: {what}"
    return (
        f"The database backup {quoted(name)} counts for nothing any more: a check counts for "
        f"{count(days, 'day')}, and the last one was on {when(last)}. {what}"
    )


def not_counting_words(name: str, last: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return the same for the first screen, in variants from long to short."""
    told = "never checked" if last is None else f"last checked {ago(last, now)}"
    brief = "never checked" if last is None else f"checked {ago_brief(last, now)}"
    named = safe(name)
    return (*(f"{named}: {words}" for words in (told, brief)), f"{fit(named, _SHORT)}: {brief}", told)


def declared_place(copy: DatabaseCopy, now: datetime, cells: int) -> str:
    """Return which backup brings rows back and when it was checked, the name cut to fit:
    `change 187 in pgBackRest to vault02, checked 3 days ago`."""
    change, name = f"change {number(copy.copy.number)} in ", safe(copy.destination)
    long, short = (f", checked {said(copy.look_moment, now)}" for said in (ago, ago_brief))
    for words in (f"{change}{name}{long}", f"{name}{long}", f"{name}{short}"):
        if width(words) <= cells:
            return words
    return fit(name, max(1, cells - width(short))) + short


def declared_too_old(copy: DatabaseCopy, cells: int) -> str:
    """Return that a declared backup counts no more, its name cut to fit."""
    told = ": check too old"
    return fit(safe(copy.destination), max(1, cells - width(told))) + told


def listed_texts(texts: Iterable[str]) -> str:
    """Return declarations one after the other, to be chosen from."""
    return ", ".join(map(quoted, texts))


def quoted(text: str) -> str:
    """Return a declaration as a part of a sentence."""
    return f'"{shown(text)}"'
