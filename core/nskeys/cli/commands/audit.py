"""`nskeys audit`: who changed what, and whether the trail is whole."""

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nskeys.cli.documents import Document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.model.audit import AuditEntry, actor_of, members_of
from nskeys.wording.labels import action_name
from nskeys.wording.reports import audit_lines
from nskeys.wording.who import who_words

if TYPE_CHECKING:
    from nskeys.model.audit import AuditEntry
    from nskeys.services.status.audit import AuditVerdict


_HEADINGS = ("line", "time", "who", "what", "of", "details")


def run(session: Session, options: Namespace) -> int:
    """Print the trail, or verify it."""
    services = session.services()
    services.about.require()
    if options.verify:
        verdict = services.audit.verify()
        if session.output.as_json:
            session.output.document("audit-verification", verdict_document(verdict))
        session.output.say(*audit_lines(verdict))
        if not verdict.intact:
            return Exit.BAD_DATA
        return Exit.DONE if verdict.compared else Exit.INCOMPLETE
    entries = services.audit.entries()
    if session.output.as_json:
        session.output.array("audit-line", map(entry_document, entries))
    else:
        session.output.table(_HEADINGS, map(_cells, entries))
    return Exit.DONE


def _cells(entry: "AuditEntry") -> tuple[str, ...]:
    told = entry_document(entry)

    def text(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    details = told.get("details")
    known = details.items() if isinstance(details, Mapping) else {}.items()
    return (
        str(entry.number),
        text("time"),
        who_words(actor_of(told)),
        action_name(text("action")),
        text("subject") or text("line"),
        " ".join(f"{name}={value}" for name, value in known),
    )


def entry_document(entry: AuditEntry) -> Document:
    """Return an item of `audit`. A line that somebody edited into something else is given as it stands."""
    return {
        **(members_of(entry.line) or {"line": entry.line}),
        "number": entry.number,
        "hash": entry.digest.hex(),
    }


def verdict_document(verdict: "AuditVerdict") -> Document:
    """Return the document of `audit --verify`. `whole` is null where the trail is intact and no backup
    could be compared, or where a standby lags."""
    return {
        "whole": verdict.whole if verdict.compared or not verdict.intact else None,
        "lines": verdict.lines,
        "signed_lines": verdict.signed_lines,
        "broken_at": verdict.broken_at,
        "contradicted_by": list(verdict.contradicted_by),
        "compared_with": list(verdict.agreeing),
        "compared_lines": verdict.agreed_lines,
        "not_asked": list(verdict.not_asked),
        "lags": verdict.lags,
    }
