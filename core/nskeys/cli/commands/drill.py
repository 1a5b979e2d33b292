"""`nskeys drill`: prove a backup without restoring it."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli import proof_documents
from nskeys.cli.commands.halves import named_key, pair_of
from nskeys.cli.commands.options import opening_of
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.session import Session
from nskeys.model.plans import DrillReport
from nskeys.wording.pairs import pair_lines
from nskeys.wording.proofs import drill_lines, inspected_line, proof_line

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.database.pairs import Pair


def run(session: Session, options: Namespace) -> int:
    """Try a backup, or a pair, and print the proof, credential by credential."""
    services = session.services()
    pair = _pair(session, services, options)
    if pair is not None and pair.copy is not None:
        report = _tried(session, services, options, pair)
    else:
        source = services.drill.find(options.file) if pair is None else pair.source
        session.output.say(inspected_line(source.inspected))
        with opening_of(options) as opening, session.progress(proof_line) as progress:
            report = services.drill.execute(source, session.secrets, progress, opening)
    if session.output.as_json:
        session.output.document("drill", proof_documents.drilled(report))
    else:
        tell_failures(session.output, report.proof, apart=True)
    session.output.say(*drill_lines(report))
    return Exit.DONE if report.proof.whole and report.written_down else Exit.INCOMPLETE


def _tried(session: Session, services: "Services", options: Namespace, pair: "Pair") -> DrillReport:
    halves = pair_lines(pair.copy, pair.source.facts, pair.not_used)
    session.output.say(inspected_line(pair.source.inspected), *halves)
    with opening_of(options) as opening, session.progress(proof_line) as progress:
        return services.pair_drill.execute(pair, session.secrets, progress, opening)


def _pair(session: Session, services: "Services", options: Namespace) -> "Pair | None":
    """Return both halves, where both are to be tried: at a place, where the copy is named, or where no CMDB
    is here whose rows could be. None otherwise."""
    named = named_key(options)
    with session.progress(proof_line) as looking:
        copy = options.database or services.pairs.is_part(options.file)
        if copy or services.pairs.without_cmdb() or services.pairs.is_place(options.file):
            return pair_of(session, services.pairs, options, named, looking, drill=True)
    return None
