"""`nskeys re-entry`: what did not come back, and where its key might still be."""

from argparse import Namespace

from nskeys.cli import proof_documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import deliver
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import document_text
from nskeys.cli.session import Session
from nskeys.wording.inventory import difference_lines
from nskeys.wording.re_entry import re_entry_advice, re_entry_csv, re_entry_lines, re_entry_sentence


def run(session: Session, options: Namespace) -> int:
    """Try every credential and list those that do not open."""
    if session.output.as_json and options.csv:
        raise UsageProblem("--json and --csv exclude one another", options.command)
    services = session.services()
    with session.progress() as progress:
        found = services.re_entry.collect(session.secrets, progress)
    if session.output.as_json:
        text = document_text("re-entry", proof_documents.re_entry(found))
    elif options.csv:
        text = re_entry_csv(found)
    else:
        text = "\n".join(re_entry_lines(found)) + "\n"
    deliver(session.output, text, options.output)
    if options.output or options.csv or session.output.as_json:  # otherwise the list itself began with it
        session.output.say(re_entry_sentence(found))
    session.output.say(*re_entry_advice(found), *difference_lines(found.differences))
    return Exit.INCOMPLETE if found.items or found.differences else Exit.DONE
