"""`nskeys drill`: prove a backup without restoring it."""

from argparse import Namespace

from nskeys.cli import proof_documents
from nskeys.cli.commands.options import opening_of
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.session import Session
from nskeys.wording.proofs import drill_lines, inspected_line, proof_line


def run(session: Session, options: Namespace) -> int:
    """Try a backup and print the proof, credential by credential."""
    services = session.services()
    source = services.drill.find(options.file)
    session.output.say(inspected_line(source.inspected))
    with opening_of(options) as opening, session.progress(proof_line) as progress:
        report = services.drill.execute(source, session.secrets, progress, opening)
    if session.output.as_json:
        session.output.document(proof_documents.drilled(report))
    else:
        tell_failures(session.output, report.proof, apart=True)
    session.output.say(*drill_lines(report))
    return Exit.INCOMPLETE if report.proof.failed or not report.written_down else Exit.DONE
