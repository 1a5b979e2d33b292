"""The audit trail as JSON; the same contract as `documents`."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from nskeys.cli.documents import Document
from nskeys.model.audit import AuditEntry
from nskeys.model.signed_json import Json

if TYPE_CHECKING:
    from nskeys.services.status.audit import AuditVerdict


def entry_document(entry: AuditEntry) -> Document:
    """An item of `audit`. A line that somebody edited into something else is given as it stands."""
    try:
        line = json.loads(entry.line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        line = None
    told: Mapping[str, Json] = line if isinstance(line, dict) else {"line": entry.line}
    return {**told, "number": entry.number, "hash": entry.digest.hex()}


def _no_number(_: str) -> NoReturn:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError("not JSON")


def verdict_document(verdict: "AuditVerdict") -> Document:
    """`audit --verify`. `whole` is null where it is intact and no backup could be asked."""
    return {
        "whole": verdict.whole if verdict.compared or not verdict.intact else None,
        "lines": verdict.lines,
        "signed_lines": verdict.signed_lines,
        "broken_at": verdict.broken_at,
        "contradicted_by": list(verdict.contradicted_by),
        "compared_with": list(verdict.agreeing),
        "compared_lines": verdict.agreed_lines,
        "not_asked": list(verdict.not_asked),
    }
