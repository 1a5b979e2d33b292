"""`nskeys re-entry`: what did not come back, and where its key might still be."""

import json
from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import deliver
from nskeys.cli.parser import Commands, UsageProblem
from nskeys.cli.session import Session
from nskeys.wording.re_entry import re_entry_advice, re_entry_csv, re_entry_lines, re_entry_sentence


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "re-entry",
        run,
        "list what did not come back and must be re-entered",
        usage="[--csv] [--output FILE]",
        text=(
            "Every credential is opened with the keys of this server, no secret is shown,\n"
            "nothing is changed. Whatever is re-entered, or opens again after another\n"
            "restore, is off the list. Exit code 1 if anything is on it. FILE is never\n"
            "replaced."
        ),
        example=(
            "  nskeys re-entry --csv --output /root/re-entry.csv\n"
            "      a table to hand out to those who know the passwords"
        ),
    )
    parser.add_argument("--csv", action="store_true", help="as a table for a spreadsheet")
    parser.add_argument("--output", metavar="FILE", help="write to a new file")


def run(session: Session, options: Namespace) -> int:
    """Try everything and list the rest."""
    if session.output.as_json and options.csv:
        raise UsageProblem("--json and --csv exclude one another", options.command)
    services = session.services()
    with session.progress() as progress:
        found = services.re_entry.collect(session.secrets, progress)
    if session.output.as_json:
        text = json.dumps(documents.re_entry(found), indent=2) + "\n"
    elif options.csv:
        text = re_entry_csv(found)
    else:
        text = "\n".join(re_entry_lines(found)) + "\n"
    deliver(session.output, text, options.output)
    if options.output or options.csv or session.output.as_json:  # else it was the first line of the list
        session.output.say(re_entry_sentence(found))
    session.output.say(*re_entry_advice(found))
    return Exit.INCOMPLETE if found.items else Exit.DONE
