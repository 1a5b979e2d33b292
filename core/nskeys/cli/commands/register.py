"""`nskeys register`: every backup that was made, where its copies are, how far each was proven."""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.commands.database import HEADINGS as DATABASE_HEADINGS, cells
from nskeys.cli.database_documents import database_copy_document
from nskeys.cli.documents import Document, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.diary import DrillEntry
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.wording.checks import check_lines
from nskeys.wording.copies import place_word
from nskeys.wording.database_copies import database_copies_seen, database_copy_added
from nskeys.wording.drills import (
    EMPTY as NO_DRILLS,
    backup_word,
    result_word,
    rows_word,
    unreadable_lines,
    vouched_word,
)
from nskeys.wording.labels import proof_name, sight_name
from nskeys.wording.register import losing_words, seen_word, weak_password_lines
from nskeys.wording.reports import copies_seen, copy_added, copy_retired, no_backups, strays_lines
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import took, when
from nskeys.wording.who import who_words

_DIARY_HEADINGS = (
    "when",
    "who",
    "host",
    "backup",
    "rows",
    "result",
    "opened",
    "failed",
    "took",
    "line",
    "file",
)
_MOST_LINES = 1_000_000
_HEADINGS = ("backup", "created", "where", "proof", "proven", "seen", "id", "file")


def diary(session: Session, options: Namespace) -> int:
    """List the last drills, newest first."""
    services = session.services()
    found = services.diary.read(_limit(options))
    if session.output.as_json:
        session.output.array("diary-line", map(drill_document, found.entries))
    else:
        session.output.table(_DIARY_HEADINGS, map(_diary_cells, found.entries))
    if found.unreadable:
        session.output.say(unreadable_lines(found.unreadable))
    if not found.entries:
        session.output.say(NO_DRILLS)
    return Exit.DONE


def list_copies(session: Session, _: Namespace) -> int:
    """List all copies, newest first."""
    services = session.services()
    services.about.require()
    copies = services.register.copies()
    _tell(session, copies)
    databases = services.database.copies()
    _tell_databases(session, databases)
    session.output.say(*weak_password_lines(copies))
    if not copies:
        session.output.say(no_backups())
    return Exit.DONE


def check(session: Session, _: Namespace) -> int:
    """Look at every copy, row and line, and record what was seen. Secrets that servers want are asked for
    before, since nobody can be asked during the look."""
    services = session.services()
    register = services.register
    session.with_server_auth(register.login_required, lambda wanted: wanted)
    with session.progress() as progress:
        report = services.check.execute(session.secrets, progress)
    copies = report.copies
    _tell(session, copies)
    session.output.say(
        copies_seen(copies),
        *check_lines(report),
        *weak_password_lines(copies),
        *strays_lines(register.unregistered()),
    )
    databases = register.register().databases
    session.output.say(*database_copies_seen(databases))
    away = [copy for copy in databases if copy.retired is None and copy.status is not CopyStatus.GOOD]
    return Exit.INCOMPLETE if report.missed or away or not report.fits else Exit.DONE


def add_copy(session: Session, options: Namespace) -> int:
    services = session.services()
    if services.database.is_part(options.file):
        added = services.database.add(options.file, session.secrets)
        if session.output.as_json:
            session.output.document("database-copy", database_copy_document(added))
        else:
            session.output.table(DATABASE_HEADINGS, [cells(added)])
        session.output.say(database_copy_added(added))
        return Exit.DONE
    copy = services.register.add(options.file, session.secrets)
    _tell_one(session, copy)
    session.output.say(copy_added(copy))
    return Exit.DONE


def retire(session: Session, options: Namespace) -> int:
    """Retire a copy. Raises UsageProblem, without `--accept-risk`, where credentials would lose their only
    backup."""
    services = session.services()
    services.about.require()
    plan = services.register.plan_retire(options.reference)
    if plan.credentials and not options.accept_risk:
        raise UsageProblem(f"{losing_words(plan)} Say --accept-risk if that is meant.", options.command)
    copy = services.register.retire(plan, session.secrets)
    _tell_one(session, copy)
    session.output.say(copy_retired(copy))
    return Exit.DONE


def _tell(session: Session, copies: tuple[BackupCopy, ...]) -> None:
    if session.output.as_json:
        session.output.array("copy", map(documents.copy, copies))
    else:
        session.output.table(_HEADINGS, map(_cells, copies))


def _tell_databases(session: Session, copies: tuple[DatabaseCopy, ...]) -> None:
    """Print the database copies in a table of their own; `database list --json` has them as JSON."""
    if copies and not session.output.as_json:
        session.output.lines([""])
        session.output.table(DATABASE_HEADINGS, map(cells, copies))


def _tell_one(session: Session, copy: BackupCopy) -> None:
    if session.output.as_json:
        session.output.document("copy", documents.copy(copy))
    else:
        session.output.table(_HEADINGS, [_cells(copy)])


def _limit(options: Namespace) -> int:
    try:
        limit = int(options.limit)
    except ValueError:
        limit = 0
    if limit < 1:
        raise UsageProblem("--limit takes a number from 1 on", options.command)
    return min(limit, _MOST_LINES)


def _diary_cells(entry: DrillEntry) -> tuple[str, ...]:
    return (
        when(entry.began),
        who_words(entry.actor),
        safe(entry.host),
        backup_word(entry),
        rows_word(entry),
        result_word(entry),
        number(entry.opened),
        number(entry.failed),
        took(entry.seconds),
        vouched_word(entry),
        entry.address,
    )


def _cells(copy: BackupCopy) -> tuple[str, ...]:
    return (
        number(copy.backup.generation),
        when(copy.backup.created),
        place_word(copy.where),
        proof_name(copy.proof),
        "" if copy.proven is None else when(copy.proven),
        seen_word(copy) if copy.retired else sight_name(copy.status),
        copy.backup.kms_sha256[:12],
        copy.address,
    )


def drill_document(entry: DrillEntry) -> Document:
    """Return an item of `register diary`."""
    return {
        "number": entry.number,
        "began": time(entry.began),
        "seconds": entry.seconds,
        **entry.actor.document(),
        "host": entry.host,
        "path": entry.address,
        "archive_sha256": entry.archive_sha256 or None,
        "generation": entry.generation or None,
        "copy_sha256": entry.copy_sha256 or None,
        "copy_number": entry.copy_number or None,
        "end": entry.end.value,
        "proof": None if entry.reached is None else entry.reached.value,
        "opened": entry.opened,
        "failed": entry.failed,
        "key_missing": entry.missing,
        "tampered": entry.tampered,
        "failures": list(entry.failures),
        "typed": entry.typed,
        "signed": entry.signed,
    }
