"""`nskeys server-key`: the key that signs for this server, and its replacement."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.wording.keys import SERVER_KEY_REPLACED, predecessor_words, statement_words

if TYPE_CHECKING:
    from nskeys.services.keys.server_key import ServerKeyReport


def show(session: Session, _: Namespace) -> int:
    """Show the thumbprint, and the server keys before it."""
    _tell(session, session.services().server_key.show())
    return Exit.DONE


def replace(session: Session, _: Namespace) -> int:
    """Make a new server key, which the one before signs too."""
    _tell(session, session.services().server_key.replace(session.secrets))
    session.output.say(*SERVER_KEY_REPLACED)
    return Exit.DONE


def _tell(session: Session, report: "ServerKeyReport") -> None:
    if session.output.as_json:
        session.output.document("server-key", documents.server_key(report))
        return
    before = [("before it", predecessor_words(one)) for one in report.predecessors]
    told = [("history", statement_words(one)) for one in report.statements]
    session.output.facts([("server key", report.server_key), *before, *told])
