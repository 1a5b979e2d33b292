"""`nskeys credential export`: every credential with its secret, in an age file."""

from argparse import Namespace

from nskeys.cli.commands.backup import recipients_of
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import tell_failures
from nskeys.cli.proof_documents import exported
from nskeys.cli.session import Session
from nskeys.wording.exports import export_lines


def run(session: Session, options: Namespace) -> int:
    """Export what opens; exit code 1 where something does not."""
    password = options.password or options.password_file is not None
    if password == bool(options.recipient):
        raise UsageProblem("an export is for recipients or under a password: say which", options.command)
    services = session.services()
    services.about.require()
    recipients = recipients_of(options.recipient)
    with session.progress() as progress:
        report = services.exports.execute(options.to, recipients, session.secrets, progress)
    if session.output.as_json:
        session.output.document("export", exported(report))
    else:
        tell_failures(session.output, report.proof)
    session.output.say(*export_lines(report))
    return Exit.INCOMPLETE if report.proof.failed else Exit.DONE
