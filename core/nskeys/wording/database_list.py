"""The list of database copies: who opens each, whether it counts and why not, and what a new one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import PROOFS, BackupCopy
from nskeys.wording.copies import backup_name
from nskeys.wording.database_copies import copy_name, copy_proof_name, copy_proof_words, copy_why_not
from nskeys.wording.destinations import location_name, location_sentence
from nskeys.wording.recovery import who_opens
from nskeys.wording.register import look_words, vouched_words
from nskeys.wording.reports import no_copy_lines
from nskeys.wording.text.numbers import count, number, size
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import ago, when

if TYPE_CHECKING:
    from nskeys.model.database_plans import DatabaseCopyPlan
    from nskeys.services.status.overview import Overview

NO_COPIES_YET = "No database copy was made yet; n makes one."
DECIDING_LOOKED_AT = "what decides was looked at now"
COPY_TITLE, COPY_NOW, EVERY_DESTINATION = "Database copy", "Yes, make it", "Each of them"
NOTHING_OPENS_IT = "no key backup holds its copy key"
_OPENERS = 3


def openers(copy: DatabaseCopy, backups: Iterable[BackupCopy]) -> tuple[BackupCopy, ...]:
    """Return the key backups that open a database copy, the newest first; those that count before all
    others."""
    holding = [one for one in backups if one.retired is None and copy.copy.copy_kid in one.backup.copy_kids]
    return tuple(sorted(holding, key=lambda one: (one.counts, one.backup.generation), reverse=True))


def openers_words(found: Sequence[BackupCopy]) -> str:
    """Return which key backups open a database copy: `backup 41 and backup 40`."""
    if not found:
        return NOTHING_OPENS_IT
    counting = [one for one in found if one.counts]
    names = tuple(dict.fromkeys(backup_name(one) for one in counting or found))
    shown_names = (*names[:_OPENERS], *(("older ones",) if len(names) > _OPENERS else ()))
    verb = "counts" if len(names) == 1 else "count"
    return listed(shown_names) if counting else f"{listed(shown_names)}, which {verb} for nothing"


def copy_counts_words(copy: DatabaseCopy, overview: Overview) -> str:
    """Return whether a copy makes anything recoverable, and if not why."""
    reason = why_it_does_not_count(copy, overview)
    return f"no: it {reason}" if reason else "yes: its rows would come back from it"


def why_it_does_not_count(copy: DatabaseCopy, overview: Overview) -> str:
    """Return the reason, to stand behind the copy's name; empty where it counts."""
    if not copy.good:
        return copy_why_not(copy, overview.recoverability)
    counting = any(one.counts for one in openers(copy, overview.copies))
    return "" if counting else "is opened by no key backup that counts"


def database_proof_ago(copy: DatabaseCopy, now: datetime) -> str:
    """Return how far a copy was proven and when."""
    moment = copy.reached(copy.proof)
    return copy_proof_words(copy.proof) + ("" if moment is None else f", {ago(moment, now)}")


def copy_facts(copy: DatabaseCopy, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return everything that the register knows of a database copy."""
    made, now = copy.copy, overview.taken
    proven = tuple(
        f"{copy_proof_name(proof)} {when(moment) if (moment := copy.reached(proof)) else 'not yet'}"
        for proof in PROOFS
    )
    parts = tuple(f"{safe(part.name)} ({size(part.size)})" for part in copy.parts)
    opening = tuple(
        f"{backup_name(one)} in {safe(one.destination)}: {who_opens(one, overview.recovery)}"
        for one in openers(copy, overview.copies)
    )
    label = "Deleted" if copy.pruned else "Retired"
    retired = ((label, when(copy.retired)),) if copy.retired is not None else ()
    return (
        ("Copy", copy_name(copy)),
        ("Counts", copy_counts_words(copy, overview)),
        ("Made", f"{when(made.created)}, {ago(made.created, now)}"),
        ("Where", location_name(copy.where)),
        ("Seen", look_words(copy, now)),
        *retired,
        *_under("Proof", proven if copy.signed else ("none that this server vouches for",)),
        *_under("Opens with", opening or (NOTHING_OPENS_IT,)),
        ("In", safe(copy.destination)),
        *_under("Parts", parts),
        ("Vouched for", vouched_words(copy)),
        ("SHA-256", safe(made.sha256)),
    )


def _under(label: str, lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip((label, *[""] * len(lines)), lines, strict=False))


def copy_plan_lines(plan: DatabaseCopyPlan) -> tuple[str, ...]:
    """Return the question before a copy is made: what would be copied and where to."""
    places = listed(tuple(shown(one.info.address) for one in plan.destinations))
    credentials = count(plan.credentials, "credential")
    here = tuple(dict.fromkeys(location_sentence(one.where) for one in plan.destinations))
    asked = f"Copy {credentials} as of change {number(plan.number)} to {places}?"
    return (
        f"{asked} The copy asks for no password: a key backup opens it.",
        *(f"! {line}" for line in here if line),
        *(f"! {line}" for line in no_copy_lines(plan.failures)),
    )
