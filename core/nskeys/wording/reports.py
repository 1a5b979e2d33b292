"""What was done, in sentences: lines for a person, safe for a terminal.

A report claims what was tested and no more, and says what to do next where something is left to do.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.credentials import UnreadableCredential, UnreadableRow
from nskeys.model.destinations import LocatedAt
from nskeys.model.keys import KeyState
from nskeys.model.next_steps import NextAction, NextStep
from nskeys.model.recoverability import DueReason, Recoverability, Totals
from nskeys.model.register import REGISTER_LIMIT, BackupCopy
from nskeys.wording.copies import UNPROVEN, backup_name, why_not
from nskeys.wording.destinations import location_name, location_sentence
from nskeys.wording.errors import say
from nskeys.wording.keys import exposes_lines, held_words
from nskeys.wording.labels import due_sentence, failure_words, kid_name, protector_words
from nskeys.wording.next_steps import Voice, step_words
from nskeys.wording.passwords import weak_line
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised, listed
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import ago, when

if TYPE_CHECKING:
    from nskeys.model.plans import BackupReport, CopyFailure, RotationReport, SetUpReport
    from nskeys.services.status.audit import AuditVerdict  # imports crypto, which a help text does not need

NO_FLUSH = "Nothing there can be flushed to its disk, so a power cut may take what it just got."
BACKUP_COMPLETE = "Backup of Notification Server cryptographic keys is complete."
NOTHING_CHANGED = "Nothing was changed: this is only the plan."
REVEALED = "The audit trail says that this secret was revealed."
NOT_AS_STORED = "It holds characters that a terminal must not get, so they are shown as escapes."
MISSING_KEY = "not here"
_WITNESSES = 5
ROTATION_DUE = "The active key sealed so many secrets that it is due: 'nskeys key rotate' makes a new one."
_NAMED_ROWS = 5
_OF_KEYS = (DueReason.KEY_MISSING, DueReason.KEY_NEWER, DueReason.NO_GOOD_COPY)
OLD_COPIES = "Old copies of this disk still open with the earlier protector."


def no_backups() -> str:
    """Return what is said where no backup was made."""
    return f"No backup was made yet; {step_words(NextAction.BACK_UP, Voice.COMMAND)}"


def set_up_lines(report: SetUpReport, lost: int) -> tuple[str, ...]:
    """Return the lines after `init`; `lost` credentials stay without their keys."""
    lines = [f"Notification Server {shown(report.server)} is set up.", protector_sentence(report.protector)]
    lines.extend(weak_line(report.weak, "passphrase"))
    if lost:
        lines.append(f"{count(lost, 'credential')} stay without keys, to be re-entered or found again.")
    return (*lines, no_backups())


def protector_sentence(protector: str) -> str:
    """Return text such as `Keys in a plain file: whoever copies this disk has the keys.`"""
    words = protector_words(protector)
    return f"{capitalised(words)}."


def backup_lines(report: BackupReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return that a backup is complete, whether it makes credentials recoverable, and which destinations
    got no copy."""
    prove_it = step_words(NextAction.DRILL, voice)
    waits = () if report.copy.by_a_person else (f"It {UNPROVEN} and does not count yet: {prove_it}",)
    helps = _whether_it_helps(report.copy.where, voice)
    unflushed = tuple(f"{shown(address)}: {NO_FLUSH}" for address in report.unflushed)
    unopened = (_unopened_line(report),) if report.unopened else ()
    ill = (unreadable_rows_line(report.unreadable),) if report.unreadable else ()
    return (
        BACKUP_COMPLETE,
        *weak_line(report.copy.weak),
        *unopened,
        *ill,
        *helps,
        *waits,
        *unflushed,
        *no_copy_lines(report.failures),
    )


def _unopened_line(report: BackupReport) -> str:
    """Return the line about credentials that a backup does not bring back because their keys are not here,
    and what does."""
    credentials = count(report.unopened, "credential")
    keys = listed(tuple(kid_name(kid) for kid in report.missing_at))
    are, it = ("is", "it") if len(report.missing_at) == 1 else ("are", "them")
    said = f"It does not bring back {credentials}: key {keys} {are} not here"
    if report.held_by is None:
        return f"{said}, and no backup that the register knows holds {it}."
    held = f"{backup_name(report.held_by)} in {safe(report.held_by.address)}"
    return f"{said}, but {held} holds {it}: 'nskeys restore FILE' brings {it} back."


def no_copy_lines(failures: Sequence[CopyFailure]) -> tuple[str, ...]:
    """Return the destinations that got no copy, each with what happened there."""
    return tuple(f"No copy in {shown(item.info.address)}: {say(item.error).what}" for item in failures)


def not_needed_lines(held: Sequence[BackupCopy], what: str = "backup") -> tuple[str, ...]:
    """Return why `backup` made no key backup: a good copy in each destination that was meant."""
    from nskeys.model.plans import best_of

    best = best_of(held)
    if len(held) == 1:
        why = f"{backup_name(best)} of {when(best.backup.created)} holds every key of this server"
    else:
        why = f"each of {count(len(held), 'destination')} holds every key of this server in a good copy"
    return (f"No {what} is needed: {why}.", *_whether_it_helps(best.where, Voice.COMMAND))


def _whether_it_helps(where: LocatedAt, voice: Voice) -> tuple[str, ...]:
    sentence = location_sentence(where)
    return (sentence, step_words(NextAction.BACK_UP_ELSEWHERE, voice)) if sentence else ()


def summary_line(totals: Totals) -> str:
    """Return the answer: `If this server died now, 12 of 14 credentials would come back.`"""
    if not totals.total:
        return "There are no credentials yet, so none could be lost."
    credentials = count(totals.total, "credential")
    return f"If this server died now, {number(totals.recoverable)} of {credentials} would come back."


def checked_words(answer: Recoverability, now: datetime) -> tuple[str, ...]:
    """Return how old the answer is where nobody looked now; empty where all that counts was looked at."""
    if answer.checked is None:
        return ()
    return (f"What lies on other servers was checked {ago(answer.checked, now)}.",)


def put_back_line(kids: Sequence[str]) -> str:
    """Return the line about rows of the CMDB that name keys out of use, without a rotation that explains
    it."""
    keys = "Key" if len(kids) == 1 else "Keys"
    names = listed(tuple(kid_name(kid) for kid in kids))
    return f"{keys} {names} should seal nothing any more: old rows were put back into the CMDB."


def arrived_line(kids: Sequence[str]) -> str:
    """Return the line about restored keys whose credentials no rotation has moved to the active key yet."""
    names = listed(tuple(kid_name(kid) for kid in kids))
    return f"Credentials are still sealed under restored keys ({names}); 'nskeys key rotate' ends that."


def claim_line(kid: str, copy: BackupCopy) -> str:
    """Return the line about an unsigned backup that claims to hold a key of lost credentials."""
    file = shlex.quote(safe(copy.address))
    return (
        f"{backup_name(copy).capitalize()} says that it holds key {kid_name(kid)}; nothing here vouches "
        f"for that. Try it: 'nskeys restore {file}'."
    )


def unreadable_line(rows: int) -> str:
    """Return the line about rows of the register that were changed, or that nskeys did not write."""
    return f"{count(rows, 'row')} of the register cannot be understood, so nothing in them counts."


def too_many_rows_line(rows: int) -> str:
    """Return the line about a register that somebody else filled."""
    return (
        f"The register has {count(rows, 'row')}; only signed ones of the first {number(REGISTER_LIMIT)} are"
        " read. Look who can write to the database, and remove what nskeys did not write."
    )


def unreadable_rows_line(rows: Sequence[UnreadableRow]) -> str:
    """Return which rows of the CMDB cannot be read, and why."""
    named = listed(tuple(map(_row_name, rows)), _NAMED_ROWS)
    return f"{count(len(rows), 'row')} of the CMDB cannot be read: {named}."


def unreadable_rows(credentials: Sequence[UnreadableCredential]) -> list[UnreadableRow]:
    """Return listed credentials as rows."""
    return [UnreadableRow("credentials", row.credential_id, row.problem, row) for row in credentials]


def _row_name(row: UnreadableRow) -> str:
    name = row.credential.reference if row.credential else f"{row.table} {row.row}"
    reason = problem_text(row.problem).removeprefix(": ")
    return f"{safe(name)} ({reason})"


def remembered_line(copy: BackupCopy) -> str:
    """Return which backup the register remembers, where no key here could have signed that."""
    made = when(copy.backup.created)
    return f"The register remembers {backup_name(copy)} of {made}: {safe(copy.address)}."


def in_backups(backups: int) -> str:
    """Return text such as `in 3 backups`, `in no backup`."""
    return f"in {count(backups, 'backup')}" if backups else "in no backup"


def due_words(due: Sequence[DueReason]) -> tuple[str, ...]:
    """Return why a backup is due; nothing where none is. Of what is said of the keys only the first: it
    implies the others."""
    keys = [reason for reason in due if reason in _OF_KEYS]
    return tuple(due_sentence(reason) for reason in due if reason not in keys[1:])


def due_lines(due: Sequence[DueReason], voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return why a backup is due, and how to make one; nothing where none is."""
    return (*due_words(due), f"A backup is due; {step_words(NextAction.BACK_UP, voice)}") if due else ()


def rotation_lines(report: RotationReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what a step of a rotation did, and what comes next."""
    kid = kid_name(report.kid)
    if report.waits:
        held = report.held_by
        how = "made and waits" if report.state is KeyState.PRE_ACTIVE else "active, and the rest waits"
        if held is None:
            first = f"Key {kid} is {how}: no proven backup elsewhere holds it yet."
            way = step_words(NextAction.BACK_UP_AND_ROTATE, voice)
        else:
            first = f"Key {kid} is {how}. {held_words(held)}"
            then = NextAction.DRILL_AND_ROTATE if held.lies_well else NextAction.BACK_UP_AND_ROTATE
            way = step_words(NextStep(then, held.address), voice)
        return (first, *exposes_lines(report), way)
    were = "was" if report.resealed == 1 else "were"
    resealed = f"{count(report.resealed, 'credential')} {were} re-sealed under it"
    lines = [f"Key {kid} is active, and {resealed}."]
    if len(report.left) == 1:
        lines.append(f"1 credential could not be re-sealed: {_left(report)}.")
    elif report.left:
        lines.append(f"{count(len(report.left), 'credential')} could not be re-sealed: {_left(report)}.")
    return (*lines, *due_lines(report.due, voice))


def _left(report: RotationReport) -> str:
    return listed(
        tuple(
            f"{shown(item.credential.reference)} ({failure_words(item.failure)})"
            for item in report.left
            if item.failure is not None
        )
    )


def registry_future(backup_date: datetime | None) -> str:
    """Return the line about a `KMSBackupDate` that lies ahead."""
    date = "" if backup_date is None else f" ({when(backup_date)})"
    return f"KMSBackupDate{date} lies in the future: this clock or that date is wrong."


def credential_done(reference: str, done: str) -> str:
    """Return text such as `run-as/deploy-finance was added.`"""
    return f"{shown(reference)} was {done}."


def destination_lines(address: str, where: LocatedAt) -> tuple[str, ...]:
    """Return that a destination was added, and whether backups there help."""
    place = f"{shown(address)} is a destination now: {location_name(where)}."
    return (place, *((location_sentence(where),) if location_sentence(where) else ()))


def destination_removed(address: str) -> str:
    return (
        f"{shown(address)} is removed from the destinations. Its backups and their register entries stay."
    )


def destination_default(address: str) -> str:
    """Return that backups go there from now on."""
    return f"Backups go to {shown(address)} by default, wherever the last one went."


def destination_works(address: str, flushes: bool | None = None) -> str:
    """Return that a destination was tested, with what it cannot promise."""
    works = f"{shown(address)} works: something was written there, read back and removed again."
    return works if flushes is not False else f"{works} {NO_FLUSH}"


def saved_line(path: str) -> str:
    """Return that something was written to a file."""
    return f"It is in {shown(path)} now."


def copy_added(copy: BackupCopy, voice: Voice = Voice.COMMAND) -> str:
    """Return the line after `register add`."""
    return f"{_named(copy)} is in the register now, as intact; {step_words(NextAction.DRILL_FILE, voice)}"


def copy_retired(copy: BackupCopy) -> str:
    """Return the line after `register retire`."""
    return f"{_named(copy)} no longer counts; its file stays where it is."


def copies_seen(copies: Sequence[BackupCopy]) -> str:
    """Return the line after `register check`."""
    left = [copy for copy in copies if copy.retired is None and copy.status.value != "good"]
    if not left:
        return f"{count(len(copies), 'copy')} looked at, none is missing or changed."
    told = listed(tuple(f"{_named(copy)} {why_not(copy) or copy.status.value}" for copy in left))
    return f"{count(len(copies), 'copy')} looked at: {told}."


def strays_lines(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the lines about backups at a destination that the register does not know."""
    if not addresses:
        return ()
    lie = "lies" if len(addresses) == 1 else "lie"
    told = listed(tuple(shown(address) for address in addresses))
    many = count(len(addresses), "backup")
    return (
        f"{many} that the register does not know {lie} where backups go: {told}.",
        "They count for nothing until 'nskeys register add FILE' takes them in.",
    )


def _named(copy: BackupCopy) -> str:
    return f"{backup_name(copy)} in {safe(copy.address)}"


def audit_lines(verdict: AuditVerdict) -> tuple[str, ...]:
    """Return what a check of the audit trail found, and what shows it."""
    lines, signed = verdict.lines, verdict.signed_lines
    found = []
    if verdict.broken_at is not None:
        found.append(f"The audit trail is not what was written: look at line {number(verdict.broken_at)}.")
    found += [
        f"The audit trail does not hold what {shown(address)} says of it: lines were cut, or put back."
        for address in verdict.contradicted_by
    ]
    if signed is None:
        found.append(f"No valid signature covers the audit trail ({count(lines, 'line')}).")
        return (*found, *_not_asked(verdict))
    found += _unsigned_lines(signed, lines)
    if verdict.unexplained:
        found.append(
            "The audit trail did not fit once, and nobody accepted that yet: 'nskeys checkpoint show' "
            "tells what was found."
        )
    if found:
        return (*found, *_not_asked(verdict))
    if verdict.lags:
        whole = (
            f"The server key signed the audit trail up to line {number(signed)}. The database is that of a "
            f"standby without the last {count(verdict.lags, 'change')}: whether it is an older trail that "
            "was put back cannot be told."
        )
    elif verdict.compared:
        whole = f"The audit trail is whole up to line {number(signed)}, which the server key signed last."
    else:
        whole = (
            f"The server key signed the audit trail up to line {number(signed)}, and nothing was changed "
            "since. Whether it is an older trail that was put back cannot be told."
        )
    return (whole, *_witnesses(verdict), *_not_asked(verdict))


def _unsigned_lines(signed: int, lines: int) -> tuple[str, ...]:
    """Return the sentence about lines behind the last signature; none where it covers all."""
    if lines <= signed:
        return ()
    first, last = number(signed + 1), number(lines)
    which = f"Line {last} was" if lines == signed + 1 else f"Lines {first} to {last} were"
    return (f"{which} added by something other than nskeys: the server key did not sign that.",)


def _witnesses(verdict: AuditVerdict) -> tuple[str, ...]:
    if not verdict.agreeing:
        some = verdict.not_asked or verdict.lags  # what a standby has not got yet may be a backup
        return () if some else ("There is no backup yet that it could be compared with.",)
    upto = f" up to line {number(verdict.agreed_lines)}" if verdict.agreed_lines else ""
    told = listed(tuple(shown(address) for address in verdict.agreeing), _WITNESSES)
    return (f"Compared{upto} with {count(len(verdict.agreeing), 'backup copy')}: {told}.",)


def _not_asked(verdict: AuditVerdict) -> tuple[str, ...]:
    """Return the lines about backups that could contradict the trail and could not be read."""
    if not verdict.not_asked:
        return ()
    told = listed(tuple(shown(address) for address in verdict.not_asked), _WITNESSES)
    return (f"{count(len(verdict.not_asked), 'backup copy')} could not be asked: {told}.",)
