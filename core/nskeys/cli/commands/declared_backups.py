"""`nskeys database declare` and `check`: somebody else's backups of the database."""

from argparse import Namespace

from nskeys.cli.database_documents import declared_document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.proof_documents import database_checked
from nskeys.cli.session import Session
from nskeys.wording.declared_backups import check_lines, declared_lines, plan_line, withdrawn_line


def declare(session: Session, options: Namespace) -> int:
    """Declare a backup, or withdraw the declaration."""
    service = session.services().declared_backups
    if options.withdraw:
        backup = service.withdraw(options.text, session.secrets)
        lines: tuple[str, ...] = (withdrawn_line(backup),)
    else:
        backup = service.declare(options.text, session.secrets)
        lines = declared_lines(backup)
    if session.output.as_json:
        session.output.document("database-backup", declared_document(backup, *service.period()))
    session.output.say(*lines)
    return Exit.DONE


def check(session: Session, options: Namespace) -> int:
    """Check a database that was restored from a declared backup."""
    services = session.services()
    plan = services.database_check.plan(options.database, options.of)
    session.output.say(plan_line(plan))
    with session.progress() as progress:
        report = services.database_check.execute(plan, session.secrets, progress)
    now, days = services.declared_backups.period()
    if session.output.as_json:
        session.output.document("database-check", database_checked(report, now, days))
    elif report.proof.failures:
        tell_failures(session.output, report.proof)
    session.output.say(*check_lines(report, days))
    return Exit.DONE if report.proof.whole else Exit.INCOMPLETE
