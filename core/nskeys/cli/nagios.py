"""`status --nagios`: one line with performance data, as monitoring plugins print it.

https://www.monitoring-plugins.org/doc/guidelines.html: `'label'=value[UOM];warn;crit;min;max`, behind a bar
that therefore must not stand in the words before it. A number that is not known is `U`. Ages are in
seconds, so that a graph of them climbs for as long as nothing is done.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import StatusExit, exit_for_status
from nskeys.model.monitoring import count_copies, last_proofs
from nskeys.model.register import Proof
from nskeys.wording.copies import UNPROVEN, backup_name
from nskeys.wording.custodians import NOT_CHECKED
from nskeys.wording.drills import overdue_sentences
from nskeys.wording.errors import say
from nskeys.wording.keys import leftover_line
from nskeys.wording.reports import (
    checked_words,
    claim_line,
    due_words,
    exposure_words,
    summary_line,
    unreadable_rows_line,
)
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import is_future

if TYPE_CHECKING:
    from nskeys.services.status.overview import Overview

_WORDS = {
    StatusExit.RECOVERABLE: "OK",
    StatusExit.AT_RISK: "WARNING",
    StatusExit.LOST: "CRITICAL",
    StatusExit.CANNOT_TELL: "UNKNOWN",
}


def nagios_line(overview: "Overview") -> str:
    """The answer."""
    answer = overview.recoverability
    words = (
        summary_line(answer.totals),
        *exposure_words(answer, overview.taken),
        *checked_words(answer, overview.taken),
        *((unreadable_rows_line(overview.unreadable),) if overview.unreadable else ()),
        *due_words(answer.due),
        *(claim_line(*claim) for claim in overview.claims),
        *_unproven(overview),
        *map(leftover_line, overview.leftovers),
        *(overdue_sentences(overview.practice, overview.taken) if answer.totals.total else ()),
    )
    return f"{_said(nagios_exit(overview), ' '.join(words))} | {' '.join(_data(overview))}\n"


def nagios_exit(overview: "Overview") -> StatusExit:
    """The plugin's state: that of `status`, and a warning at least where a drill is overdue or nobody typed
    a password for as long."""
    answer, known, now = overview.recoverability, overview.practice, overview.taken
    state = exit_for_status(overview)
    overdue = answer.totals.total and (known.drill_overdue(now) or known.typing_overdue(now))
    return StatusExit.AT_RISK if overdue and state is StatusExit.RECOVERABLE else state


def nagios_failure(words: str) -> str:
    """For a question that could not be answered."""
    return f"{_said(StatusExit.CANNOT_TELL, words)}\n"


def _data(overview: "Overview") -> Iterator[str]:
    answer, now = overview.recoverability, overview.taken
    totals, copies = answer.totals, count_copies(overview.copies)
    proofs = last_proofs(overview.copies)
    vouched = sum(copies.statuses.values())
    yield f"recoverable={totals.recoverable};;;0;{totals.total}"
    yield f"at_risk={totals.at_risk};0;;0;{totals.total}"
    yield f"lost={totals.lost};;0;0;{totals.total}"
    yield f"opens_here={totals.opens_here};;;0;{totals.total}"
    yield f"backup_due={int(bool(answer.due))};;;0;1"
    yield f"copies={vouched};;;0;"
    yield f"copies_counting={copies.counting};;;0;{vouched}"
    yield f"exposed={'0s' if answer.exposed_since is None else _age(answer.exposed_since, now)};;;0;"
    yield f"check_age={'0s' if answer.checked is None else _age(answer.checked, now)};;;0;"
    yield f"backup_age={_age(answer.last.backup.created if answer.last else None, now)};;;0;"
    yield f"proof_age={_age(proofs[Proof.OPENED], now)};;;0;"
    yield f"drill_age={_age(proofs[Proof.KEYS_MATCH], now)};;;0;"
    yield f"drill_overdue={int(overview.practice.drill_overdue(now))};0;;0;1"
    yield f"not_proven_by_a_person={int(overview.not_proven_by_a_person is not None)};0;;0;1"
    yield f"unproven_shares={overview.unproven_shares};;;0;"
    yield f"key_stores_not_removed={len(overview.leftovers)};0;;0;"
    yield f"typed_age={_age(overview.practice.typed, now)};;;0;"
    yield f"typing_overdue={int(overview.practice.typing_overdue(now))};0;;0;1"


def _unproven(overview: "Overview") -> Iterator[str]:
    waits = overview.not_proven_by_a_person
    if waits is not None:
        yield f"{backup_name(waits).capitalize()} {UNPROVEN}."
    if overview.recovery_problem is not None:
        yield say(overview.recovery_problem).what
    if overview.unproven_shares:
        yield NOT_CHECKED


def _age(moment: datetime | None, now: datetime) -> str:
    """Seconds since then. What lies ahead, because a clock is or was wrong, is of no known age: it is not
    negative, and not as good as new."""
    if moment is None or is_future(moment, now):
        return "U"
    return f"{max(0, int((now - moment).total_seconds()))}s"


def _said(status: StatusExit, words: str) -> str:
    return f"NSKEYS {_WORDS[status]}: {safe(words).replace('|', '/')}"
