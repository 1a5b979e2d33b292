"""Making a backup: its destinations, its plan and its report, as rows."""

from collections.abc import Sequence

from nskeys.model.plans import BackupPlan, BackupReport
from nskeys.services.setup.destinations import DestinationStatus
from nskeys.wording.destinations import location_name
from nskeys.wording.errors import say
from nskeys.wording.labels import key_state_name, kid_name, proof_words
from nskeys.wording.recovery import plan_opens
from nskeys.wording.reports import NO_FLUSH
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe

_SHOWN_KEYS = 4


def destination_choices(statuses: Sequence[DestinationStatus]) -> tuple[tuple[str, str, str], ...]:
    """Return address, name and facts of each destination, the default first."""
    ordered = sorted(statuses, key=lambda status: not status.default)
    return tuple((status.info.address, safe(status.info.address), _about(status)) for status in ordered)


def _about(status: DestinationStatus) -> str:
    last = "; the next backup goes there unless told otherwise" if status.default else ""
    if status.problem is not None:
        return f"! {say(status.problem).what}"
    return f"{location_name(status.where)}{last}"


def plan_rows(plan: BackupPlan) -> tuple[tuple[str, str], ...]:
    """Return what will be written, and where."""
    shown = [f"{kid_name(key.kid)} {key_state_name(key.state)}" for key in reversed(plan.keys)]
    more = [f"and {len(shown) - _SHOWN_KEYS} more"] if len(shown) > _SHOWN_KEYS else []
    places = [
        row
        for planned in plan.destinations
        for row in (
            ("Destination", safe(planned.info.address)),
            ("", location_name(planned.where)),
            *(() if planned.flushes else (("", f"! {NO_FLUSH}"),)),
        )
    ]
    skipped = [
        row
        for item in plan.failures
        for row in (("No copy in", safe(item.info.address)), ("", f"! {say(item.error).what}"))
    ]
    return (
        *places,
        *skipped,
        ("File", safe(plan.archive_name)),
        ("Backup", f"number {plan.generation}"),
        ("Keys", f"{count(len(plan.keys), 'key')}: {', '.join(shown[:_SHOWN_KEYS] + more)}"),
        ("Covers", count(plan.credentials, "credential")),
        *((("Opens with", plan_opens(plan)),) if plan.recipients else ()),
        ("Hint", safe(plan.hint) or "none"),
    )


def report_rows(report: BackupReport) -> tuple[tuple[str, str], ...]:
    """Return what was written, how far each copy was proven, and what it covers."""
    copies = [
        row
        for copy in report.copies
        for row in (
            ("File", safe(copy.address)),
            ("Where", location_name(copy.where)),
            ("Proof", proof_words(copy.proof)),
            *((("", f"! {NO_FLUSH}"),) if copy.address in report.unflushed else ()),
        )
    ]
    return (
        *copies,
        ("Covers", count(report.credentials, "credential")),
        ("SHA-256", report.copy.backup.kms_sha256),
        ("", "of keys.kms inside it"),
    )
