"""`status --nagios`: one line with performance data, as monitoring plugins print it.

https://www.monitoring-plugins.org/doc/guidelines.html: `'label'=value[UOM];warn;crit;min;max`, behind a bar
that therefore must not stand in the words before it. Nor does a semicolon: Nagios Core records a colon in
its place, and what is printed is to be what is recorded. A number that is not known is `U`. Ages are in
seconds, so that a graph of them climbs for as long as nothing is done.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import StatusExit, exit_for_findings
from nskeys.model.findings import Finding, FindingKind
from nskeys.model.monitoring import count_copies, last_proofs
from nskeys.model.register import Proof
from nskeys.services.status.findings import findings_of
from nskeys.wording.database_copies import rests_on
from nskeys.wording.findings import finding_sentence
from nskeys.wording.reports import checked_words, summary_line
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import is_future

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview

_PLAIN = str.maketrans({"|": "/", ";": ":"})
_WORDS = {
    StatusExit.RECOVERABLE: "OK",
    StatusExit.AT_RISK: "WARNING",
    StatusExit.LOST: "CRITICAL",
    StatusExit.CANNOT_TELL: "UNKNOWN",
}


def nagios_line(overview: "Overview") -> str:
    """Return the answer, every finding, and numbers."""
    findings, now = findings_of(overview), overview.taken
    words = (
        summary_line(overview.recoverability.totals),
        *(finding_sentence(finding, now) for finding in findings),
        *rests_on(overview.recoverability, now),
        *checked_words(overview.recoverability, now),
    )
    return (
        f"{_said(exit_for_findings(findings), ' '.join(words))} | {' '.join(_data(overview, findings))}\n"
    )


def nagios_failure(words: str) -> str:
    """Return the line where the question could not be answered."""
    return f"{_said(StatusExit.CANNOT_TELL, words)}\n"


def _data(overview: "Overview", findings: Sequence[Finding]) -> Iterator[str]:
    answer, now = overview.recoverability, overview.taken
    totals, copies = answer.totals, count_copies(overview.copies)
    proofs = last_proofs(overview.copies)
    vouched = sum(copies.statuses.values())

    def found(kind: FindingKind) -> int:
        return sum(finding.kind is kind for finding in findings)

    yield f"recoverable={totals.recoverable};;;0;{totals.total}"
    yield f"at_risk={totals.at_risk};0;;0;{totals.total}"
    yield f"lost={totals.lost};;0;0;{totals.total}"
    yield f"opens_here={totals.opens_here};;;0;{totals.total}"
    yield f"backup_due={int(bool(found(FindingKind.BACKUP_DUE)))};;;0;1"
    yield f"database_due={int(answer.database_due)};;;0;1"
    declared = {copy.destination for copy in overview.databases if copy.declared and copy.good}
    yield f"database_copies_counting={sum(copy.good for copy in overview.made_copies)};;;0;"
    yield f"database_backups_counting={len(declared)};;;0;"
    made = answer.database.copy.created if answer.database else None
    yield f"database_age={_age(made, now)};;;0;"
    yield f"copies={vouched};;;0;"
    yield f"copies_counting={copies.counting};;;0;{vouched}"
    yield f"exposed={'0s' if answer.exposed_since is None else _age(answer.exposed_since, now)};;;0;"
    yield f"check_age={'0s' if answer.checked is None else _age(answer.checked, now)};;;0;"
    yield f"backup_age={_age(answer.last.backup.created if answer.last else None, now)};;;0;"
    yield f"proof_age={_age(proofs[Proof.OPENED], now)};;;0;"
    yield f"drill_age={_age(proofs[Proof.KEYS_MATCH], now)};;;0;"
    yield f"drill_overdue={found(FindingKind.DRILL_OVERDUE)};0;;0;1"
    yield f"not_proven_by_a_person={found(FindingKind.NOT_PROVEN)};0;;0;1"
    yield f"unproven_shares={overview.unproven_shares};;;0;"
    yield f"key_stores_not_removed={found(FindingKind.KEY_STORE_LEFT)};0;;0;"
    yield f"typed_age={_age(overview.practice.typed, now)};;;0;"
    yield f"typing_overdue={found(FindingKind.TYPING_OVERDUE)};0;;0;1"


def _age(moment: datetime | None, now: datetime) -> str:
    """Return the seconds since `moment`; `U` where it is unknown or lies ahead of `now`, since one of two
    clocks is or was wrong."""
    if moment is None or is_future(moment, now):
        return "U"
    return f"{max(0, int((now - moment).total_seconds()))}s"


def _said(status: StatusExit, words: str) -> str:
    return f"NSKEYS {_WORDS[status]}: {safe(words).translate(_PLAIN)}"
