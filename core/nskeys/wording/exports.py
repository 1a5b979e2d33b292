"""Exports in sentences."""

from nskeys.model.imports import ExportReport
from nskeys.wording.passwords import weak_line
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import shown

EXPORT_HELP = (
    "Every credential with its secret, in one encrypted file that Import reads again and 'age -d' opens. "
    "The audit trail names what is in it."
)


FILE_PROMPT = "A new file, best on what leaves with it: a stick, a mounted share."
RECIPIENTS_PROMPT = "age1... or ssh keys, with commas between them."
WHO_OPENS = (
    ("password", "Whoever knows a password", "it is typed now, and stored nowhere"),
    ("recipients", "Recipients", "age1... or ssh keys"),
)


def export_lines(report: ExportReport) -> tuple[str, ...]:
    """Return what was exported, for whom, and what was not."""
    proof = report.proof
    are = "is" if proof.opened == 1 else "are"
    what = f"{count(proof.opened, 'credential')} {are} in {shown(report.path)}, encrypted"
    whom = f"to {count(len(report.recipients), 'recipient')}" if report.recipients else "under its password"
    lines = [f"{what} {whom}.", *weak_line(report.weak)]
    if proof.failed:
        do, them = ("does", "it") if proof.failed == 1 else ("do", "them")
        lines.append(f"{count(proof.failed, 'credential')} {do} not open, so the export lacks {them}.")
    return tuple(lines)
