"""`nskeys database declare`: that somebody else backs the database up, and that it is no longer so."""

from argparse import Namespace

from nskeys.cli.database_documents import declared_document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.wording.declared_backups import declared_lines, withdrawn_line


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
