"""What a look at everything found, beside the copies."""

from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.wording.inventory import difference_lines
from nskeys.wording.mismatches import mismatch_line
from nskeys.wording.reports import audit_lines
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.times import ago, when

if TYPE_CHECKING:
    from nskeys.services.status.checking import CheckReport

ALL_FITS = "Checkpoint, credentials and audit trail are what the server key signed."


def check_lines(report: "CheckReport") -> tuple[str, ...]:
    """Return what does not fit, or that everything does."""
    if report.fits:
        return (ALL_FITS,)
    mismatches = (f"{capitalised(mismatch_line(one))}." for one in report.mismatches)
    trail = () if report.trail.intact else audit_lines(report.trail)
    return (*mismatches, *difference_lines(report.differences), *trail)


def check_overdue_sentence(last: datetime | None, days: int) -> str:
    """Return that a look at everything is overdue, and what to do."""
    moment = "None was ever made" if last is None else f"The last one was on {when(last)}"
    return (
        f"A full check is overdue: one is due every {number(days)} days. {moment}; 'nskeys register check' "
        "makes one, and 'nskeys schedule status' says whether a timer does."
    )


def check_overdue_words(last: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return the same for the first screen, in variants from long to short."""
    if last is None:
        return ("no full check was ever made", "none was ever made")
    return (f"the last full check was {ago(last, now)}", f"last {ago(last, now)}")
