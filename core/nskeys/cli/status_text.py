"""`status` for people: the answer, what it rests on, and every key."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nskeys.cli.output import fact_lines, table_lines
from nskeys.model.destinations import LocationReason
from nskeys.model.recoverability import KeyCoverage
from nskeys.wording.copies import backup_name, copy_place, proof_ago, why_not
from nskeys.wording.custodians import NOT_CHECKED
from nskeys.wording.database import login_words
from nskeys.wording.drills import overdue_sentences
from nskeys.wording.errors import say
from nskeys.wording.keys import leftover_lines
from nskeys.wording.labels import (
    key_state_name,
    kid_name,
    kind_counts,
    proof_name,
    protector_words,
    rotation_stage_name,
)
from nskeys.wording.recovery import not_proven_line, who_opens
from nskeys.wording.reports import (
    MISSING_KEY,
    ROTATION_DUE,
    arrived_line,
    claim_line,
    due_words,
    in_backups,
    put_back_line,
    registry_future,
    summary_line,
    unreadable_line,
    unreadable_rows_line,
)
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.times import ago, since, when

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.status.overview import Overview

PLACE_CELLS = 500
"""Cells for a backup's place: lines may be long here, and nothing is cut that a file system allows."""
KEY_HEADINGS = ("key", "state", "created", "credentials", "backups")


def status_text(services: "Services", overview: "Overview") -> str:
    """Lines, safe for a terminal."""
    answer = overview.recoverability
    cmdb = f"{overview.cmdb}, {services.about.cmdb}"
    lines = [
        summary_line(answer.totals),
        *fact_lines(
            [
                *_answer(overview),
                ("server", overview.server),
                ("cmdb", cmdb),
                *_login(services),
                ("protector", protector_words(overview.protector)),
                *_remarks(overview),
            ]
        ),
        "",
        *table_lines(KEY_HEADINGS, map(key_cells, answer.keys)),
    ]
    return "\n".join(lines) + "\n"


def _login(services: "Services") -> Iterator[tuple[str, str]]:
    login = services.about.cmdb_login()
    if login is not None:
        yield "login", login_words(login)


def key_cells(key: KeyCoverage) -> tuple[str, ...]:
    """A key under KEY_HEADINGS."""
    return (
        kid_name(key.kid),
        key_state_name(key.info.state) if key.info else MISSING_KEY,
        when(key.info.created) if key.info else "",
        count(key.credentials, "credential"),
        in_backups(key.backups),
    )


def _answer(overview: "Overview") -> Iterator[tuple[str, str]]:
    answer = overview.recoverability
    best = answer.best
    if best is not None:
        yield "from", copy_place(best, PLACE_CELLS, overview.taken)
        yield "proof", proof_ago(best, overview.taken, answer.drilled, answer.totals.total)
        yield "made", f"{when(best.backup.created)}, {ago(best.backup.created, overview.taken)}"
        yield "opened by", who_opens(best, overview.recovery)
    if answer.totals.at_risk:
        exposed = f" {since(answer.exposed_since, overview.taken)}" if answer.exposed_since else ""
        yield "at risk", f"{number(answer.totals.at_risk)}{exposed}"
    if answer.totals.lost:
        yield "lost", number(answer.totals.lost)
    for kid, copy in overview.claims:
        yield "claimed", claim_line(kid, copy)


def _remarks(overview: "Overview") -> Iterator[tuple[str, str]]:
    answer = overview.recoverability
    if answer.kinds:
        yield "kinds", ", ".join(kind_counts(answer.kinds))
    yield from _backups(overview)
    if overview.rotation is not None:
        held, stage = overview.rotation_held_by, rotation_stage_name(overview.rotation.stage)
        if held is not None and held.lies_well:
            stage = f"waiting for a drill of {backup_name(held)}"
        yield "rotation", f"{kid_name(overview.rotation.kid)} {stage}"
    if overview.rotation_due:
        yield "rotation", ROTATION_DUE
    if overview.arrived:
        yield "restored", arrived_line(overview.arrived)
    if overview.put_back:
        yield "put back", put_back_line(overview.put_back)
    yield from _warnings(overview)


def _warnings(overview: "Overview") -> Iterator[tuple[str, str]]:
    waits = overview.not_proven_by_a_person
    if waits is not None:
        yield "not proven", not_proven_line(waits)
    if overview.recovery_problem is not None:
        yield "identity", str(say(overview.recovery_problem))
    if overview.unproven_shares:
        yield "custodians", NOT_CHECKED
    for line in leftover_lines(overview.leftovers):
        yield "not removed", line
    if overview.backup_date_ahead:
        yield "clock", registry_future(overview.registry)
    if overview.unreadable:
        yield "unreadable", unreadable_rows_line(overview.unreadable)
    if overview.unreadable_rows:
        yield "register", unreadable_line(overview.unreadable_rows)


def _backups(overview: "Overview") -> Iterator[tuple[str, str]]:
    """When the last one was made and when proven, two dates; and what is due."""
    answer = overview.recoverability
    if answer.last is not None:
        told = answer.last.where.reason is LocationReason.NOT_MOUNTED  # by its place
        not_counting = "" if told else why_not(answer.last)
        yield (
            "last backup",
            copy_place(answer.last, PLACE_CELLS, overview.taken)
            + (f" {not_counting}" if not_counting else ""),
        )
        yield "last made", f"{when(answer.last.backup.created)}, {proof_name(answer.last.proof)}"
        proven = answer.last.proven
        yield "last proven", "not yet" if proven is None else when(proven)
    for sentence in due_words(answer.due):
        yield "due", sentence
    if answer.totals.total:
        for sentence in overdue_sentences(overview.practice, overview.taken):
            yield "overdue", sentence
