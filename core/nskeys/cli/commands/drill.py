"""`nskeys drill`: prove a backup without restoring it."""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.commands.options import opening_of, opening_options
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.parser import Commands
from nskeys.cli.session import Session
from nskeys.wording.proofs import drill_lines, inspected_line, proof_line


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "drill",
        run,
        "prove a backup without restoring it",
        usage="FILE|latest [--password-file F] [--identity F] [--shares] [--shares-file F]",
        text=(
            "Opens the backup with its password, or that of its recovery identity, and every\n"
            "credential of the CMDB with its keys. Nothing is restored; the register learns\n"
            "how far the backup was proven. Exit code 1 if some do not open, or if the\n"
            "result could not be written down; 75, before anything is asked, while somebody\n"
            "else changes this installation."
        ),
        example="  nskeys drill latest\n      the newest backup that can be reached",
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, a bare .kms, or 'latest'")
    opening_options(parser)


def run(session: Session, options: Namespace) -> int:
    """The proof, credential by credential."""
    services = session.services()
    source = services.drill.find(options.file)
    session.output.say(inspected_line(source.inspected))
    with opening_of(options) as opening, session.progress(proof_line) as progress:
        report = services.drill.execute(source, session.secrets, progress, opening)
    if session.output.as_json:
        session.output.document(documents.drilled(report))
    else:
        tell_failures(session.output, report.proof, apart=True)
    session.output.say(*drill_lines(report))
    return Exit.INCOMPLETE if report.proof.failed or not report.written_down else Exit.DONE
