"""`status` for people: the answer, what it rests on, and every key."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nskeys.cli.layout import NO_TERMINAL, Layout
from nskeys.model.destinations import LocationReason
from nskeys.model.recoverability import KeyCoverage
from nskeys.services.status.findings import findings_of
from nskeys.wording.answer import NO_COPY
from nskeys.wording.copies import copy_place, proof_ago, why_not
from nskeys.wording.database import connection_words, login_words
from nskeys.wording.database_copies import copy_proof_name, copy_why_not, database_place
from nskeys.wording.findings import finding_facts
from nskeys.wording.labels import key_state_name, kid_name, kind_counts, proof_name, protector_words
from nskeys.wording.recovery import who_opens
from nskeys.wording.reports import MISSING_KEY, in_backups, summary_line
from nskeys.wording.text.numbers import count
from nskeys.wording.text.times import ago, when

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.status.overview import Overview

PLACE_CELLS = 500
"""Cells for a backup's place: lines may be long here, and nothing is cut that a file system allows."""
KEY_HEADINGS = ("key", "state", "created", "credentials", "backups")


def status_text(services: "Services", overview: "Overview", layout: Layout = NO_TERMINAL) -> str:
    """Return the lines of `status`, safe for a terminal."""
    answer = overview.recoverability
    cmdb = f"{overview.cmdb}, {services.about.cmdb}"
    lines = [
        *layout.sentence(summary_line(answer.totals)),
        *layout.facts(
            [
                *_answer(overview),
                *finding_facts(findings_of(overview), overview.taken),
                ("server", overview.server),
                ("cmdb", cmdb),
                *_login(services, overview),
                ("protector", protector_words(overview.protector)),
                *_remarks(overview),
            ]
        ),
        "",
        *layout.table(KEY_HEADINGS, map(key_cells, answer.keys)),
    ]
    return "\n".join(lines) + "\n"


def _login(services: "Services", overview: "Overview") -> Iterator[tuple[str, str]]:
    login = services.about.cmdb_login()
    if login is not None:
        yield "login", login_words(login)
    if overview.connection is not None:
        yield "connection", connection_words(overview.connection)


def key_cells(key: KeyCoverage) -> tuple[str, ...]:
    """Return the cells of a key under KEY_HEADINGS."""
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
        yield "opens with", who_opens(best, overview.recovery)
    if answer.totals.total:
        yield "database", _database(overview)


def _database(overview: "Overview") -> str:
    """Return where the rows would come back from, and how far that is proven; else why they would not."""
    answer, now = overview.recoverability, overview.taken
    copy, last = answer.database, answer.last_database
    if copy is not None:
        made = f"{when(copy.copy.created)}, {ago(copy.copy.created, now)}"
        return f"{database_place(copy, PLACE_CELLS, now)}, {copy_proof_name(copy.proof)}, made {made}"
    if last is not None:
        return f"{database_place(last, PLACE_CELLS, now)} {copy_why_not(last, answer)}"
    return NO_COPY


def _remarks(overview: "Overview") -> Iterator[tuple[str, str]]:
    answer = overview.recoverability
    if answer.kinds:
        yield "kinds", ", ".join(kind_counts(answer.kinds))
    yield from _backups(overview)


def _backups(overview: "Overview") -> Iterator[tuple[str, str]]:
    """Yield when the last backup was made and when one was last proven, which are two dates."""
    answer = overview.recoverability
    if answer.last is not None:
        told = answer.last.where.reason is LocationReason.NOT_MOUNTED  # said with its place
        not_counting = "" if told else why_not(answer.last)
        yield (
            "last backup",
            copy_place(answer.last, PLACE_CELLS, overview.taken)
            + (f" {not_counting}" if not_counting else ""),
        )
        yield "last made", f"{when(answer.last.backup.created)}, {proof_name(answer.last.proof)}"
        proven = answer.last.proven
        yield "last proven", "not yet" if proven is None else when(proven)
