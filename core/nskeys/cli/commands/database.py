"""`nskeys database`: copies of the rows, where they are and how far each was proven."""

from argparse import Namespace
from collections.abc import Sequence

from nskeys.cli.database_documents import copied_document, database_copy_document, declared_document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.errors import NskeysError
from nskeys.model.database_plans import DatabaseCopyPlan, DatabaseCopyReport
from nskeys.model.database_register import DatabaseCopy
from nskeys.wording.copies import place_word
from nskeys.wording.database_copies import (
    NO_COPIES,
    TOO_LARGE_FOR_EACH_HOUR,
    copied_lines,
    copy_name,
    copy_proof_name,
    copy_proof_words,
    not_needed_line,
    part_address,
)
from nskeys.wording.declared_backups import HEADINGS as DECLARED_HEADINGS, backup_cells
from nskeys.wording.destinations import location_name
from nskeys.wording.labels import sight_name
from nskeys.wording.text.numbers import number, size
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

HEADINGS = (
    "change",
    "created",
    "where",
    "proof",
    "seen",
    "credentials",
    "parts",
    "size",
    "id",
    "destination",
)
_SHOWN_ID = 8


def list_copies(session: Session, _: Namespace) -> int:
    """List all database copies, newest first, and what others back up."""
    services = session.services()
    services.about.require()
    copies, backups = services.database.copies(), services.declared_backups.declared()
    now, days = services.declared_backups.period()
    if session.output.as_json:
        declared = [declared_document(backup, now, days) for backup in backups]
        listed = {"copies": [database_copy_document(copy) for copy in copies], "declared": declared}
        session.output.document("databases", listed)
    else:
        session.output.table(HEADINGS, map(cells, copies))
        if backups:
            session.output.table(DECLARED_HEADINGS, (backup_cells(one, now, days) for one in backups))
    if not copies:
        session.output.say(NO_COPIES)
    return Exit.DONE


def copy(session: Session, options: Namespace) -> int:
    services = session.services()
    to: Sequence[str] = services.backup.everywhere() if options.everywhere else options.to
    if options.while_small and not services.database.is_small():
        _tell(session, ())
        session.output.say(TOO_LARGE_FOR_EACH_HOUR)
        return Exit.DONE
    if options.if_needed:
        need = services.database.need(to)
        if not need.missing_at:
            _tell(session, need.held)
            session.output.say(not_needed_line(need.held))
            return Exit.DONE
        to = need.missing_at
    plan = session.with_server_auth(lambda: services.database.plan(to), _problems)
    with session.progress() as progress:
        report = services.database.execute(plan, session.secrets, progress)
    _tell(session, report.copies, report)
    session.output.say(*copied_lines(report))
    return Exit.DONE if report.whole else Exit.INCOMPLETE


def _tell(
    session: Session, copies: Sequence[DatabaseCopy], report: DatabaseCopyReport | None = None
) -> None:
    if session.output.as_json:
        session.output.document("database-copied", copied_document(copies, report))
    else:
        session.output.facts([fact for made in copies for fact in copied_facts(made)])


def cells(copy: DatabaseCopy) -> tuple[str, ...]:
    """Return one copy as the cells of a row."""
    return (
        number(copy.copy.number),
        when(copy.copy.created),
        place_word(copy.where),
        copy_proof_name(copy.proof),
        sight_name(copy.status),
        number(copy.copy.credentials),
        number(len(copy.parts)),
        size(copy.size),
        copy.copy.sha256[:_SHOWN_ID],
        safe(copy.destination),
    )


def _problems(plan: DatabaseCopyPlan) -> tuple[NskeysError, ...]:
    return tuple(failure.error for failure in plan.failures)


def copied_facts(made: DatabaseCopy) -> tuple[tuple[str, str], ...]:
    """Return the facts of one copy."""
    return (
        ("copy", copy_name(made)),
        *(("file", part_address(made, part.name)) for part in made.parts),
        ("proof", copy_proof_words(made.proof)),
        ("place", location_name(made.where)),
    )
