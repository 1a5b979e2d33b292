"""`nskeys checkpoint`: the signed statement of what everything is, and what contradicts it."""

from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.documents import Document, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.proof_documents import differences as differences_document
from nskeys.cli.session import Session
from nskeys.model.checkpoint import hash_of, to_document
from nskeys.wording.checkpoint import accepted_lines, checkpoint_facts, comparison_lines, digest_lines
from nskeys.wording.reports import audit_lines

if TYPE_CHECKING:
    from nskeys.services.checkpoint.looking import Comparison

_SHORTEST = 8
"""Digits of a digest that are enough to name what was shown."""


def show(session: Session, _: Namespace) -> int:
    """Show the checkpoint and what contradicts it."""
    compared = session.services().checkpoint.show()
    _tell(session, compared)
    return Exit.DONE if compared.fits else Exit.INCOMPLETE


def verify(session: Session, _: Namespace) -> int:
    """Compare everything, each row and line too."""
    services = session.services()
    compared = services.checkpoint.show()
    verdict = services.audit.verify()
    _tell(session, compared)
    session.output.say(*audit_lines(verdict))
    return Exit.DONE if verdict.intact and compared.fits else Exit.INCOMPLETE


def accept(session: Session, options: Namespace) -> int:
    """Accept what differs, if it is what was shown."""
    service = session.services().checkpoint
    seen = service.show()
    if len(options.shown) < _SHORTEST or not seen.digest.startswith(options.shown.lower()):
        _tell(session, seen)
        raise UsageProblem("--shown names something else than what is there now", options.command)
    made = service.accept(seen, options.reason, session.secrets, options.take_back)
    if session.output.as_json:
        session.output.document(
            "checkpoint-accepted",
            {"number": made.number, "moment": time(made.moment), "sha256": hash_of(to_document(made))},
        )
    session.output.say(*accepted_lines(made))
    return Exit.DONE


def _tell(session: Session, compared: "Comparison") -> None:
    if session.output.as_json:
        session.output.document("checkpoint", checkpoint_document(compared))
    elif compared.home is not None:
        session.output.facts(checkpoint_facts(compared.home.checkpoint, compared.home.signed.sha256))
    session.output.say(*comparison_lines(compared), *digest_lines(compared))


def checkpoint_document(compared: "Comparison") -> Document:
    """Return the document of `checkpoint show`; members of a checkpoint that is missing are null."""
    found: Document = {
        "mismatches": [documents.mismatch(one) for one in compared.mismatches],
        "differences": differences_document(compared.differences),
        "shown": compared.digest,
    }
    if compared.home is None:
        return {**dict.fromkeys(_MEMBERS), "predecessors": [], "void": [], "unexplained": [], **found}
    known, sha256 = compared.home.checkpoint, compared.home.signed.sha256
    members = to_document(known)
    return {
        "number": known.number,
        "moment": time(known.moment),
        "server_key": known.server_key,
        "sha256": sha256,
        "audit_lines": known.audit.count,
        **{name: members[name] for name in ("last_check", "predecessors", "void", "unexplained")},
        **found,
    }


_MEMBERS = ("number", "moment", "server_key", "sha256", "audit_lines", "last_check")
