"""`nskeys runbook`: the steps for the person who was not there, for this server."""

from argparse import Namespace

from nskeys.cli import answer_documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import deliver
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import document_text
from nskeys.cli.session import Session
from nskeys.wording.page import page_html, page_lines
from nskeys.wording.runbook import NO_GOOD_COPY, NO_SOURCE, runbook_page


def run(session: Session, options: Namespace) -> int:
    if session.output.as_json and options.html:
        raise UsageProblem("--json and --html exclude one another", options.command)
    runbook = session.services().runbook.collect()
    if session.output.as_json:
        text = document_text("runbook", answer_documents.runbook(runbook))
    else:
        page = runbook_page(runbook)
        text = page_html(page) if options.html else "\n".join(page_lines(page)) + "\n"
    deliver(session.output, text, options.output)
    if not runbook.source:
        session.output.say(NO_SOURCE)
    if runbook.good:
        return Exit.DONE
    session.output.say(NO_GOOD_COPY)
    return Exit.INCOMPLETE
