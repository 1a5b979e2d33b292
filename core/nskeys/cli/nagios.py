"""`status --nagios`: one line with performance data, as monitoring plugins print it.

https://www.monitoring-plugins.org/doc/guidelines.html: `'label'=value;warn;crit;min;max`, behind a bar that
therefore must not stand in the words before it.
"""

from nskeys.cli.exits import StatusExit, exit_for_status
from nskeys.model.recoverability import Recoverability
from nskeys.wording.reports import due_words, headline
from nskeys.wording.terminal import safe

_WORDS = {
    StatusExit.RECOVERABLE: "OK",
    StatusExit.AT_RISK: "WARNING",
    StatusExit.LOST: "CRITICAL",
    StatusExit.CANNOT_TELL: "UNKNOWN",
}


def nagios_line(answer: Recoverability) -> str:
    """The answer."""
    totals = answer.totals
    data = (
        f"recoverable={totals.recoverable};;;0;{totals.total}",
        f"at_risk={totals.at_risk};0;;0;{totals.total}",
        f"lost={totals.lost};;0;0;{totals.total}",
        f"opens_here={totals.opens_here};;;0;{totals.total}",
        f"backup_due={int(bool(answer.due))};;;0;1",
    )
    words = " ".join((headline(totals), *due_words(answer.due)))
    return f"{_said(exit_for_status(totals), words)} | {' '.join(data)}\n"


def nagios_failure(words: str) -> str:
    """For a question that could not be answered."""
    return f"{_said(StatusExit.CANNOT_TELL, words)}\n"


def _said(status: StatusExit, words: str) -> str:
    return f"NSKEYS {_WORDS[status]}: {safe(words).replace('|', '/')}"
