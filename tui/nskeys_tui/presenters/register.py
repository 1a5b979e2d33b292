"""The register: copies of backups as rows, and one copy as a page of facts."""

from collections.abc import Sequence
from datetime import datetime

from nskeys.model.keys import KeyInfo
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import place_brief, place_word, proof_ago, why_not
from nskeys.wording.destinations import location_name
from nskeys.wording.labels import key_state_name, kid_name, proof_name
from nskeys.wording.passwords import strength_words
from nskeys.wording.recovery import who_opens
from nskeys.wording.register import (
    counts_words,
    look_words,
    proof_dates,
    seen_word,
    typed_words,
    vouched_words,
)
from nskeys.wording.reports import MISSING_KEY
from nskeys.wording.text.numbers import count, number, size
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, day, when

_SHOWN_KEYS = 8


def copy_cells(copy: BackupCopy) -> tuple[str, ...]:
    """Return backup number, the day it was made, proof and its day, place, status, number of keys, and a
    mark for a problem."""
    return (
        number(copy.backup.generation),
        day(copy.backup.created),
        proof_name(copy.proof),
        "" if copy.proven is None else day(copy.proven),
        place_brief(copy.where),
        seen_word(copy),
        number(len(copy.backup.kids)),
        "!" if copy_style(copy) == "warning" else "",
    )


def copy_style(copy: BackupCopy) -> str:
    """Return `warning` for a copy that should count and does not, or whose password is weak, `quiet` for a
    retired one."""
    if copy.retired is not None:
        return "quiet"
    return "" if copy.signed and copy.status is CopyStatus.GOOD and copy.weak is None else "warning"


def copy_about(copy: BackupCopy, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return the facts of a copy below the table, the most important first, because there may be no room
    for all."""
    reason = why_not(copy)
    answer = overview.recoverability
    drilled, total = answer.drilled_with(copy), answer.totals.total
    proof = f"does not count: it {reason}" if reason else proof_ago(copy, overview.taken, drilled, total)
    return (("Proof", proof), ("Where", location_name(copy.where)), ("File", safe(copy.address)))


def copy_rows(copy: BackupCopy, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return everything that the register knows of a copy."""
    backup, now = copy.backup, overview.taken
    label = "Deleted" if copy.pruned else "Retired"
    retired = [(label, when(copy.retired))] if copy.retired is not None else []
    return (
        ("File", safe(copy.address)),
        ("Counts", counts_words(copy)),
        ("Where", location_name(copy.where)),
        ("Seen", look_words(copy, now)),
        *_others(copy, overview),
        *retired,
        *_proofs(copy),
        ("Last typed", typed_words(copy, now)),
        ("Backup", f"number {number(backup.generation)} of CMDB {safe(backup.cmdb_id[:8])}"),
        ("Server", safe(backup.server)),
        ("Made", made_words(backup.created, now)),
        ("Keys", _keys(copy, tuple(key.info for key in overview.recoverability.keys if key.info))),
        ("Covers", _covers(copy, overview)),
        ("Opens with", who_opens(copy, overview.recovery)),
        *(
            (("Password", f"! {strength_words(copy.weak)}"),)
            if copy.signed and copy.weak is not None
            else ()
        ),
        ("Vouched for", vouched_words(copy)),
        ("SHA-256", safe(backup.kms_sha256)),
        ("", f"of keys.kms inside it; the file has {size(backup.size)}"),
    )


def _others(copy: BackupCopy, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return the other copies of this backup, each with its state."""
    others = [
        other
        for other in overview.copies
        if other.backup.kms_sha256 == copy.backup.kms_sha256 and other.address != copy.address
    ]
    labels = ["Also in", *[""] * len(others)]
    facts = (
        f"{safe(other.address)}: {place_word(other.where)}, {seen_word(other)}, {proof_name(other.proof)}"
        for other in others
    )
    return tuple(zip(labels, facts, strict=False))


def made_words(moment: datetime, now: datetime) -> str:
    """Return `2026-11-22 14:02, 3 days ago`."""
    return f"{when(moment)}, {ago(moment, now)}"


def _proofs(copy: BackupCopy) -> tuple[tuple[str, str], ...]:
    labels = ["Proof", *[""] * len(proof_dates(copy))]
    return tuple(zip(labels, proof_dates(copy), strict=False))


def _keys(copy: BackupCopy, here: Sequence[KeyInfo]) -> str:
    states = {key.kid: key_state_name(key.state) for key in here}
    kids = copy.backup.kids
    shown = [f"{kid_name(kid)} {states.get(kid, MISSING_KEY)}" for kid in kids[:_SHOWN_KEYS]]
    more = [f"and {number(len(kids) - _SHOWN_KEYS)} more"] if len(kids) > _SHOWN_KEYS else []
    return f"{count(len(kids), 'key')}: {', '.join(shown + more)}"


def _covers(copy: BackupCopy, overview: Overview) -> str:
    covered, total = _covered(copy, overview)
    return f"{number(covered)} of {count(total, 'credential')}"


def _covered(copy: BackupCopy, overview: Overview) -> tuple[int, int]:
    """Return how many credentials have their key in it, and how many there are."""
    keys = overview.recoverability.keys
    covered = sum(key.credentials for key in keys if key.kid in copy.backup.kids)
    return covered, overview.recoverability.totals.total
