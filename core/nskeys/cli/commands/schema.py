"""`nskeys schema`: the JSON Schema of a document that `--json` prints."""

import json
from argparse import Namespace

from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.schemas.documents import DOCUMENTS, schema_of
from nskeys.cli.session import Session


def run(session: Session, options: Namespace) -> int:
    if options.name is None:
        session.output.lines(DOCUMENTS)
        return Exit.DONE
    if options.name not in DOCUMENTS:
        known = "'nskeys schema' prints the names"
        raise UsageProblem(f"there is no document '{options.name}'; {known}", options.command)
    session.output.text(json.dumps(schema_of(options.name), indent=2) + "\n")
    return Exit.DONE
