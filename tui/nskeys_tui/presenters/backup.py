"""Making a backup: its destinations, its plan and its report, as rows."""

from collections.abc import Sequence

from nskeys.model.database_register import newest_first
from nskeys.model.plans import best_of
from nskeys.services.backup.both import BothPlan, BothReport
from nskeys.services.setup.destinations import DestinationStatus
from nskeys.wording.copies import backup_name
from nskeys.wording.database_copies import copy_number
from nskeys.wording.destinations import DOES_NOT_COUNT, location_name, location_sentence
from nskeys.wording.errors import say
from nskeys.wording.labels import key_state_name, kid_name, proof_words
from nskeys.wording.recovery import plan_opens
from nskeys.wording.reports import NO_FLUSH
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe

_SHOWN_KEYS = 4


def destination_choices(statuses: Sequence[DestinationStatus]) -> tuple[tuple[str, str, str], ...]:
    """Return address, name and facts of each destination."""
    return tuple((status.info.address, safe(status.info.address), _about(status)) for status in statuses)


def _about(status: DestinationStatus) -> str:
    if status.problem is not None:
        return f"! {say(status.problem).what}"
    default = "; the default" if status.default else ""
    if location_sentence(status.where):
        return f"! {location_name(status.where)}: {DOES_NOT_COUNT}{default}"
    return f"{location_name(status.where)}{default}"


def plan_rows(plan: BothPlan) -> tuple[tuple[str, str], ...]:
    """Return what will be written, and where."""
    places = [
        row
        for planned in plan.destinations
        for row in (
            ("Destination", safe(planned.info.address)),
            ("", location_name(planned.where)),
            *(() if planned.flushes else (("", f"! {NO_FLUSH}"),)),
        )
    ]
    return (*places, *_skipped(plan), *_keys_rows(plan), *_database_rows(plan))


def _skipped(plan: BothPlan) -> list[tuple[str, str]]:
    """Return the destinations that get nothing, each once."""
    halves = [half for half in (plan.keys, plan.database) if half is not None]
    failures = {item.info.address: item.error for half in halves for item in half.failures}
    return [
        row
        for address, error in failures.items()
        for row in (("No copy in", safe(address)), ("", f"! {say(error).what}"))
    ]


def _keys_rows(plan: BothPlan) -> tuple[tuple[str, str], ...]:
    keys = plan.keys
    if keys is None:
        held = best_of(plan.held) if plan.held else None
        here = f"every key is in {backup_name(held)} there" if held else "no key backup is wanted"
        return (("Keys", here),)
    shown = [f"{kid_name(key.kid)} {key_state_name(key.state)}" for key in reversed(keys.keys)]
    more = [f"and {len(shown) - _SHOWN_KEYS} more"] if len(shown) > _SHOWN_KEYS else []
    return (
        ("File", safe(keys.archive_name)),
        ("Backup", f"number {keys.generation}"),
        ("Keys", f"{count(len(keys.keys), 'key')}: {', '.join(shown[:_SHOWN_KEYS] + more)}"),
        ("Covers", count(keys.credentials, "credential")),
        *((("Opens with", plan_opens(keys)),) if keys.recipients else ()),
        ("Hint", safe(keys.hint) or "none"),
    )


def _database_rows(plan: BothPlan) -> tuple[tuple[str, str], ...]:
    database = plan.database
    if database is None:
        held = newest_first(plan.held_copies)[:1]
        return tuple(("Database", f"{copy_number(copy)} there has every row as it is") for copy in held)
    rows = count(database.credentials, "credential")
    return (("Database", f"a copy of every row, {rows}"),)


def made_keys_rows(both: BothReport) -> tuple[tuple[str, str], ...]:
    """Return the key backup that was written, how far each copy was proven, and what it covers."""
    report = both.keys
    if report is None:
        return ()
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


def made_copies_rows(both: BothReport) -> tuple[tuple[str, str], ...]:
    """Return the database copies that were written."""
    report = both.database
    copies = () if report is None else report.copies
    return tuple(
        row
        for copy in copies
        for row in (
            ("Database", f"{copy_number(copy)}, {count(copy.copy.credentials, 'credential')}"),
            *(("", safe(part.name)) for part in copy.parts),
            ("", f"in {safe(copy.destination)}"),
            ("Where", location_name(copy.where)),
        )
    )
