"""Database copies in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.halves import Lack
from nskeys.model.next_steps import NextAction
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import CopyStatus, Proof
from nskeys.wording.copies import checked_ago, not_there, place_in
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name, proof_name, proof_words
from nskeys.wording.mismatches import mismatch_line
from nskeys.wording.next_steps import Voice, step_words
from nskeys.wording.problems import problem_text
from nskeys.wording.reports import BACKUP_COMPLETE, NO_FLUSH, backup_lines, no_copy_lines, not_needed_lines
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe, shown

if TYPE_CHECKING:
    from nskeys.model.database_plans import DatabaseCopyReport
    from nskeys.services.backup.both import BothReport  # imports crypto, which a help text does not need
    from nskeys.services.register.prune import PruneReport

TOO_LARGE_FOR_EACH_HOUR = "The last database copy has more than 32 MiB, so one is made each night only."
NO_COPIES = "No database copy was made yet: 'nskeys database copy' makes one."
_SHOWN = 5


def copy_proof_name(proof: Proof) -> str:
    """Return how far a database copy is proven, for a column: `rows match`."""
    return "rows match" if proof is Proof.KEYS_MATCH else proof_name(proof)


def part_address(copy: DatabaseCopy, name: str) -> str:
    """Return where a part lies, in one piece; the options of a bucket stay behind it."""
    place, options = copy.destination, ""
    if place.startswith("s3://"):
        place, mark, options = place.partition("?")
        options = mark + options
    return f"{place.rstrip('/')}/{name}{options}"


def copy_proof_words(proof: Proof) -> str:
    """Return the same in words, claiming that and no more."""
    if proof is Proof.KEYS_MATCH:
        return "opened after it was written, and its rows are those that must be there"
    if proof is Proof.CREDENTIALS_OPEN:
        return "its rows are those that must be there, and every credential opened"
    return proof_words(proof)


def copy_name(copy: DatabaseCopy) -> str:
    """Return text such as `of change 812, 14 credentials`."""
    return f"of change {number(copy.copy.number)}, {count(copy.copy.credentials, 'credential')}"


def copy_number(copy: DatabaseCopy) -> str:
    """Return text such as `copy 187`: a copy is called by the last change that it holds. One that somebody
    else made is no copy of ours."""
    return f"{'change' if copy.declared else 'copy'} {number(copy.copy.number)}"


def database_place(copy: DatabaseCopy, cells: int, now: datetime) -> str:
    """Return text such as `copy 187 on sftp://vault02 (elsewhere)`, its destination cut to fit."""
    return place_in(copy_number(copy), copy.destination, copy.where, checked_ago(copy, now), cells)


def rests_on(answer: Recoverability, now: datetime) -> tuple[str, ...]:
    """Return that the rows would come from somebody else's backup; empty where they come from copies."""
    copy = answer.database
    if copy is None or not copy.declared:
        return ()
    change = f"change {number(copy.copy.number)}"
    return (f"Their rows are up to {change} in {shown(copy.destination)}, {checked_ago(copy, now)}.",)


def copy_why_not(copy: DatabaseCopy, answer: Recoverability) -> str:
    """Return why a database copy brings nothing back, to stand behind its name: `is missing`."""
    if copy.retired is not None:
        return "was retired"
    if copy.declared and not copy.good:
        return "was checked too long ago"
    if reason := not_there(copy):
        return reason
    if copy.copy.covers_nothing:
        return "covers nothing: its rows were not explained"
    if not copy.good:
        return "was never opened"
    if any(key.lacks is Lack.COPY_KEY for key in answer.keys):
        return "is opened by no key backup"
    return "is older than the rows here"


def not_needed_line(held: Sequence[DatabaseCopy]) -> str:
    """Return why `database copy --if-needed` made none."""
    oldest = min(held, key=lambda copy: copy.copy.number)
    change = f"change {number(oldest.copy.number)}"
    if len(held) == 1:
        return (
            f"No database copy is needed: the one of {change} in {shown(oldest.destination)} holds every "
            "credential as it is."
        )
    return (
        f"No database copy is needed: each of {count(len(held), 'destination')} holds every credential as "
        f"it is, the oldest copy is of {change}."
    )


def database_copies_seen(copies: Sequence[DatabaseCopy]) -> tuple[str, ...]:
    """Return what a check of the register found of database copies; nothing where there are none."""
    kept = [copy for copy in copies if copy.retired is None]
    if not kept:
        return ()
    bad = [copy for copy in kept if copy.status is not CopyStatus.GOOD]
    looked = f"{count(len(kept), 'database copy')} looked at"
    if not bad:
        return (f"{looked}, none is missing or changed.",)
    told = (f"  {safe(copy.destination)}, change {number(copy.copy.number)}" for copy in bad)
    return (f"{looked}, {number(len(bad))} missing, changed or out of reach:", *told)


def copied_lines(report: DatabaseCopyReport, told: Collection[str] = ()) -> tuple[str, ...]:
    """Return that a copy was made, what it lacks, and which destinations got none, without those that were
    `told`."""
    first = report.copies[0].copy
    done = f"The database copy of change {number(first.number)} is complete: it was read back and opened."
    return (
        done,
        *_left_out_lines(report),
        *_difference_lines(report),
        *(f"{shown(address)}: {NO_FLUSH}" for address in report.unflushed),
        *no_copy_lines([item for item in report.failures if item.info.address not in told]),
        *(f"{shown(address)} could not be removed again, and is no copy." for address in report.remains),
    )


def database_copy_added(copy: DatabaseCopy, voice: Voice = Voice.COMMAND) -> str:
    """Return the line after a database copy was added to the register."""
    of = f"The database copy of change {number(copy.copy.number)} in {shown(copy.destination)}"
    return f"{of} is in the register now, as intact; {step_words(NextAction.DRILL_FILE, voice)}"


def surplus_lines(copies: Sequence[DatabaseCopy], kept: int) -> tuple[str, ...]:
    """Return how many database copies pruning deletes, and how many stay; nothing where it deletes none."""
    if not copies:
        return ()
    numbers = f"change {number(copies[0].copy.number)}"
    if len(copies) > 1:
        numbers = f"changes {number(copies[0].copy.number)} to {number(copies[-1].copy.number)}"
    are = "is" if len(copies) == 1 else "are"
    stay = f"{number(kept)} {'stays' if kept == 1 else 'stay'}"
    return (f"{count(len(copies), 'database copy')} of {numbers} {are} to be deleted, {stay}.",)


def copies_pruned_lines(report: PruneReport) -> tuple[str, ...]:
    """Return which database copies were deleted, and which were not; nothing where none was to be."""
    deleted = len(report.deleted_copies)
    lines = (f"{count(deleted, 'old database copy')} deleted.",) if deleted else ()
    left = report.copy_failures
    return (*lines, *(f"Not deleted: {copy_number(copy)}: {say(error).what}" for copy, error in left))


def both_lines(report: BothReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what was made of both halves, what was there already, and what could not be made."""
    lines: list[str] = []
    if report.keys is not None:
        lines += backup_lines(report.keys, voice)
    elif report.keys_problem is not None:
        lines.append(f"No key backup was made: {say(report.keys_problem).what}")
    elif report.plan.held:
        lines += not_needed_lines(report.plan.held, "key backup")
    if report.database is not None:
        failures = () if report.keys is None else report.keys.failures
        lines += copied_lines(report.database, {item.info.address for item in failures})
    elif report.database_problem is not None:
        lines.append(f"No database copy was made: {say(report.database_problem).what}")
    elif report.plan.held_copies:
        lines.append(not_needed_line(report.plan.held_copies))
    return tuple(lines)


def done_lines(report: BothReport) -> tuple[str, ...]:
    """Return those of `both_lines` that say what is done, or was done before."""
    copied = () if report.database is None else copied_lines(report.database)[:1]
    held, copies = report.plan.held, report.plan.held_copies
    kept = not_needed_lines(held, "key backup")[:1] if held else ()
    return (BACKUP_COMPLETE, *copied, *kept, *((not_needed_line(copies),) if copies else ()))


def _left_out_lines(report: DatabaseCopyReport) -> tuple[str, ...]:
    left_out = report.left_out
    if not left_out.count:
        return ()
    told = [f"  {row.table} {safe(row.row)}{problem_text(row.problem)}." for row in left_out.rows[:_SHOWN]]
    covers = "The copy covers no credential."
    if not left_out.unknown_key and left_out.kids:
        keys = listed(tuple(kid_name(kid) for kid in left_out.kids))
        covers = f"The copy covers no credential of {keys}."
    elif not left_out.unknown_key:
        covers = "No credential is among them."
    return (f"{count(left_out.count, 'row')} cannot be written down and is left out. {covers}", *told)


def _difference_lines(report: DatabaseCopyReport) -> tuple[str, ...]:
    if not report.differences:
        told = listed(tuple(mismatch_line(mismatch) for mismatch in report.mismatches))
        return (f"The copy covers nothing: {told}.",) if told else ()
    keys = listed(tuple(kid_name(difference.kid) for difference in report.differences))
    what = f"The copy covers nothing: credentials of {keys} are not what they must be."
    return (f"{what} 'nskeys verify' says which.",)
