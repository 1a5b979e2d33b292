"""`nskeys runbook`: the steps for the person who was not there, for this server."""

import json
from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import deliver
from nskeys.cli.parser import Commands, UsageProblem
from nskeys.cli.session import Session
from nskeys.wording.page import page_html, page_lines
from nskeys.wording.runbook import NO_GOOD_COPY, runbook_page


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "runbook",
        run,
        "print the steps for the person who was not there",
        usage="[--html] [--output FILE]",
        text=(
            "With this server's paths, file names, hashes and who can open what: database,\n"
            "keys, proof. There is no secret in it. Exit code 1 if no backup elsewhere\n"
            "counts, for then it leads nowhere. FILE is never replaced."
        ),
        example=(
            "  nskeys runbook --html --output /root/runbook.html\n"
            "      one file, to print and to keep where this server is not"
        ),
    )
    parser.add_argument("--html", action="store_true", help="as one HTML file, with QR codes")
    parser.add_argument("--output", metavar="FILE", help="write to a new file")


def run(session: Session, options: Namespace) -> int:
    """Collect the facts and print them."""
    if session.output.as_json and options.html:
        raise UsageProblem("--json and --html exclude one another", options.command)
    runbook = session.services().runbook.collect()
    if session.output.as_json:
        text = json.dumps(documents.runbook(runbook), indent=2) + "\n"
    else:
        page = runbook_page(runbook)
        text = page_html(page) if options.html else "\n".join(page_lines(page)) + "\n"
    deliver(session.output, text, options.output)
    if runbook.good:
        return Exit.DONE
    session.output.say(NO_GOOD_COPY)
    return Exit.INCOMPLETE
