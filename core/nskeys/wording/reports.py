"""What was done, in sentences: lines for a person, safe for a terminal.

A report claims what was tested and no more, and says what to do next where something is left to do.
"""

from collections.abc import Sequence
from datetime import datetime

from nskeys.model.keys import KeyState
from nskeys.model.operations import (
    BackupReport,
    CopyFailure,
    RegistryValues,
    RotationReport,
    SetUpReport,
    best_of,
)
from nskeys.model.places import Whereabouts
from nskeys.model.recoverability import DueReason, Recoverability, Totals
from nskeys.model.register import BackupCopy
from nskeys.wording.copies import UNPROVEN, backup_name, why_not
from nskeys.wording.errors import say
from nskeys.wording.names import due_sentence, failure_words, kid_name, protector_words
from nskeys.wording.passwords import weak_line
from nskeys.wording.places import location_name, location_sentence
from nskeys.wording.sentence import listed
from nskeys.wording.sizes import count, number
from nskeys.wording.terminal import safe, shown
from nskeys.wording.times import ago, since, when
from nskeys.wording.ways import COMMANDS, Ways

BACKUP_COMPLETE = "Backup of Notification Server cryptographic keys is complete."
NOTHING_CHANGED = "Nothing was changed: this is only the plan."
REVEALED = "The audit trail says that this secret was revealed."
NOT_AS_STORED = "It holds characters that a terminal must not get, so they are shown as escapes."
MISSING_KEY = "not here"
ROTATION_DUE = "The active key sealed so many secrets that it is due: 'nskeys key rotate' makes a new one."
OLD_COPIES = "Old copies of this disk still open the old way."


def set_up_lines(report: SetUpReport, lost: int) -> tuple[str, ...]:
    """`init` made an installation; `lost` credentials stay without their keys."""
    lines = [f"Notification Server {shown(report.server)} is set up.", protector_sentence(report.protector)]
    lines.extend(weak_line(report.weak, "passphrase"))
    if lost:
        lines.append(f"{count(lost, 'credential')} stay without keys, to be re-entered or found again.")
    return (*lines, f"No backup was made yet; {COMMANDS.make_backup}")


def protector_sentence(protector: str) -> str:
    """`Keys in a plain file: whoever copies this disk has the keys.`"""
    words = protector_words(protector)
    return f"{words[0].upper()}{words[1:]}."


def backup_lines(report: BackupReport, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """A backup is complete, whether it helps, and which destinations got no copy of it."""
    waits = () if report.copy.by_a_person else (f"It {UNPROVEN} and does not count yet: {ways.prove_it}",)
    helps = _whether_it_helps(report.copy.where, ways)
    weak = weak_line(report.copy.weak)
    return (BACKUP_COMPLETE, *weak, *helps, *waits, *no_copy_lines(report.failures))


def no_copy_lines(failures: Sequence[CopyFailure]) -> tuple[str, ...]:
    """Destinations that got no copy, each with what happened there."""
    return tuple(f"No copy in {shown(item.info.address)}: {say(item.error).what}" for item in failures)


def not_needed_lines(held: Sequence[BackupCopy]) -> tuple[str, ...]:
    """Why `backup --if-needed` made none: a good copy in each destination that was meant."""
    best = best_of(held)
    if len(held) == 1:
        why = f"{backup_name(best)} of {when(best.backup.created)} holds every key of this server"
    else:
        why = f"each of {count(len(held), 'destination')} holds every key of this server in a good copy"
    return (f"No backup is needed: {why}.", *_whether_it_helps(best.where, COMMANDS))


def _whether_it_helps(where: Whereabouts, ways: Ways) -> tuple[str, ...]:
    sentence = location_sentence(where)
    return (sentence, ways.place_elsewhere) if sentence else ()


def headline(totals: Totals) -> str:
    """The answer: `If this server died now, 12 of 14 credentials would come back.`"""
    if not totals.total:
        return "There are no credentials yet, so none could be lost."
    credentials = count(totals.total, "credential")
    return f"If this server died now, {number(totals.recoverable)} of {credentials} would come back."


def exposure_words(answer: Recoverability, now: datetime) -> tuple[str, ...]:
    """What would not come back, for one line: `2 are at risk since 14:02.` Nothing where all would."""
    totals, said = answer.totals, []
    if totals.lost:
        said.append(f"{number(totals.lost)} {_are(totals.lost)} lost.")
    if totals.at_risk:
        exposed = f" {since(answer.exposed_since, now)}" if answer.exposed_since else ""
        said.append(f"{number(totals.at_risk)} {_are(totals.at_risk)} at risk{exposed}.")
    return tuple(said)


def checked_words(answer: Recoverability, now: datetime) -> tuple[str, ...]:
    """How old the answer is where nobody looked now; nothing where all that counts was looked at."""
    if answer.checked is None:
        return ()
    return (f"What lies on other servers was checked {ago(answer.checked, now)}.",)


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def put_back_line(kids: Sequence[str]) -> str:
    """Rows of the CMDB name keys that seal no more, and no rotation explains it."""
    keys = "Key" if len(kids) == 1 else "Keys"
    names = listed(tuple(kid_name(kid) for kid in kids))
    return f"{keys} {names} should seal nothing any more: old rows were put back into the CMDB."


def arrived_line(kids: Sequence[str]) -> str:
    """Keys that were restored here, and whose credentials no rotation moved to the active key yet."""
    names = listed(tuple(kid_name(kid) for kid in kids))
    return f"Credentials are still sealed under restored keys ({names}); 'nskeys key rotate' ends that."


def unreadable_line(rows: int) -> str:
    """Rows of the register that were changed, or that nskeys did not write."""
    return f"{count(rows, 'row')} of the register cannot be understood, so nothing in them counts."


def remembered_line(copy: BackupCopy) -> str:
    """Which backup the register remembers, where no key is here that could vouch for that."""
    made = when(copy.backup.created)
    return f"The register remembers {backup_name(copy)} of {made}: {safe(copy.address)}."


def in_backups(backups: int) -> str:
    """`in 3 backups`, `in no backup`."""
    return f"in {count(backups, 'backup')}" if backups else "in no backup"


def due_words(due: Sequence[DueReason]) -> tuple[str, ...]:
    """Why a backup is due; nothing where none is."""
    return tuple(due_sentence(reason) for reason in due)


def due_lines(due: Sequence[DueReason], ways: Ways = COMMANDS) -> tuple[str, ...]:
    """Why a backup is due, and how to make one; nothing where none is."""
    return (*due_words(due), f"A backup is due; {ways.make_backup}") if due else ()


def rotation_lines(report: RotationReport, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """What a step of a rotation did, and what comes next."""
    kid = kid_name(report.kid)
    if report.state is KeyState.PRE_ACTIVE:
        return (
            f"Key {kid} is made and waits: no proven backup elsewhere holds it yet.",
            ways.back_up_then_rotate,
        )
    were = "was" if report.resealed == 1 else "were"
    resealed = f"{count(report.resealed, 'credential')} {were} re-sealed under it"
    lines = [f"Key {kid} is active, and {resealed}."]
    if len(report.left) == 1:
        lines.append(f"1 credential could not be re-sealed: {_left(report)}.")
    elif report.left:
        lines.append(f"{count(len(report.left), 'credential')} could not be re-sealed: {_left(report)}.")
    return (*lines, *due_lines(report.due, ways))


def _left(report: RotationReport) -> str:
    return listed(
        tuple(
            f"{shown(item.credential.reference)} ({failure_words(item.failure)})"
            for item in report.left
            if item.failure is not None
        )
    )


def registry_future(values: RegistryValues) -> str:
    """For a `KMSBackupDate` that lies ahead."""
    date = "" if values.backup_date is None else f" ({when(values.backup_date)})"
    return f"KMSBackupDate{date} lies in the future: this clock or that date is wrong."


def credential_done(reference: str, done: str) -> str:
    """`run-as/deploy-finance was added.`"""
    return f"{shown(reference)} was {done}."


def destination_lines(address: str, where: Whereabouts) -> tuple[str, ...]:
    """A destination was added, and whether backups there help."""
    place = f"{shown(address)} is a destination now: {location_name(where)}."
    return (place, *((location_sentence(where),) if location_sentence(where) else ()))


def destination_removed(address: str) -> str:
    """A destination was removed."""
    return f"{shown(address)} is no destination any more; backups there stay, and so do their rows."


def destination_works(address: str, flushes: bool | None = None) -> str:
    """A destination was tested; what it cannot promise is said."""
    works = f"{shown(address)} works: something was written there and removed again."
    if flushes is not False:
        return works
    return f"{works} It cannot be asked to flush, so a power cut there may take what it just got."


def saved_line(path: str) -> str:
    """Something was written to a file for a person to keep."""
    return f"It is in {shown(path)} now."


def copy_added(copy: BackupCopy, ways: Ways = COMMANDS) -> str:
    """`register add` found a backup."""
    return f"{_named(copy)} is in the register now, as intact; {ways.prove_more}"


def copy_retired(copy: BackupCopy) -> str:
    """`register retire` let a copy go."""
    return f"{_named(copy)} counts no more; the file stays where it is."


def copies_seen(copies: Sequence[BackupCopy]) -> str:
    """What `register check` saw."""
    left = [copy for copy in copies if copy.retired is None and copy.sight.value != "good"]
    if not left:
        return f"{count(len(copies), 'copy')} looked at, none is missing or changed."
    told = listed(tuple(f"{_named(copy)} {why_not(copy) or copy.sight.value}" for copy in left))
    return f"{count(len(copies), 'copy')} looked at: {told}."


def strays_lines(addresses: Sequence[str]) -> tuple[str, ...]:
    """Backups that lie at a destination and that the register does not know."""
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


def audit_lines(
    lines: int, signed: int | None, broken_at: int | None, contradicted_by: Sequence[str]
) -> tuple[str, ...]:
    """What a check of the audit trail found."""
    found = []
    if broken_at is not None:
        found.append(f"The audit trail is not what was written: look at line {number(broken_at)}.")
    found += [
        f"The audit trail does not hold what {shown(address)} says of it: lines were cut, or put back."
        for address in contradicted_by
    ]
    if signed is None and lines:
        found.append(f"No valid signature covers the audit trail ({count(lines, 'line')}).")
    if found:
        return tuple(found)
    return (f"The audit trail is whole: {count(lines, 'line')}, signed up to line {number(signed or 0)}.",)
