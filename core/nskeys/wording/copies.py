"""One copy of a backup in words: where it lies, how far it was proven, why it does not count."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.wording.destinations import location_word
from nskeys.wording.labels import proof_name, proof_words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import fit, middle, safe, width
from nskeys.wording.text.times import ago, ago_brief, is_future, today_or_ago

if TYPE_CHECKING:
    from nskeys.model.database_register import DatabaseCopy

_SIGHTS = MappingProxyType(
    {
        CopyStatus.MISSING: "is missing",
        CopyStatus.CHANGED: "is not the file that was written",
        CopyStatus.UNREACHABLE: "cannot be reached",
        CopyStatus.NOT_LOOKED: "was not looked at",
    }
)
UNPROVEN = "is not yet proven by a person"
"""Behind a copy to recipients of whom nobody showed yet that they can open it."""
_NOWHERE = "has an unknown location"
_AHEAD = "dated ahead of now"
_LEAST_PLACE = 12


def backup_name(copy: BackupCopy) -> str:
    """Return text such as `backup 41`, with its generation."""
    return f"backup {number(copy.backup.generation)}"


def place_word(where: LocatedAt) -> str:
    """Return `here`, `elsewhere` or `unknown`; `declared elsewhere` where only a person said so, or `not
    mounted` where something else is there now."""
    if where.reason is LocationReason.NOT_MOUNTED:
        return "not mounted"
    word = location_word(where.location)
    return f"declared {word}" if where.reason is LocationReason.DECLARED else word


def place_brief(where: LocatedAt) -> str:
    """Return `place_word` in nine cells: `declared` where only a person said that it is elsewhere."""
    if where.reason is LocationReason.NOT_MOUNTED:
        return "unmounted"
    return "declared" if where.reason is LocationReason.DECLARED else location_word(where.location)


def copy_place(copy: BackupCopy, cells: int, now: datetime) -> str:
    """Return text such as `backup 41 on sftp://vault02 (elsewhere)`, its destination cut to fit. The age of
    the last check is always added for a copy that was not looked at for this answer."""
    return place_in(backup_name(copy), copy.destination, copy.where, checked_ago(copy, now), cells)


def place_in(name: str, destination: str, where: LocatedAt, checked: str, cells: int) -> str:
    """Return the same of any copy by its name; `checked` is empty or the age of its last check."""
    destination = safe(destination)
    head = f"{name} {_on(destination)} "
    least = min(_LEAST_PLACE, width(destination))
    tails = [f" ({place_word(where)}{', ' if checked else ''}{checked})"]
    tails += [f" ({checked})"] if checked else []
    for tail in tails:
        room = cells - width(head) - width(tail)
        if room >= least:
            return head + middle(destination, room) + tail
    return fit(f"{name}{tails[-1]}", cells)


def dated_place(
    copy: BackupCopy | DatabaseCopy, name: str, made: datetime, now: datetime, cells: int
) -> str:
    """Return text such as `copy 187 on sftp://vault02, today 02:00`: when it was made, or else the age of
    its last check, which is always said. That a person declared its place elsewhere is said where it
    fits."""
    destination, checked = safe(copy.destination), checked_ago(copy, now)
    head = f"{name} {_on(destination)} "
    least = min(_LEAST_PLACE, width(destination))
    dated = f", {checked or today_or_ago(made, now)}"
    told = copy.where.reason in (LocationReason.DECLARED, LocationReason.NOT_MOUNTED)
    tails = [f" ({place_word(copy.where)}){dated}"] if told else []
    tails += [dated, *([] if checked else [""])]
    for tail in tails:
        room = cells - width(head) - width(tail)
        if room >= (least if tail else width(destination)):
            return head + middle(destination, room) + tail
    return fit(f"{name}{dated}", cells)


def _on(destination: str) -> str:
    """Return the word before a place: a declared backup's is any text."""
    return "on" if "://" in destination else "in"


def checked_ago(copy: BackupCopy | DatabaseCopy, now: datetime) -> str:
    """Return text such as `checked 3 hours ago` where an answer relies on the last check; empty where the
    copy was looked at."""
    if not copy.by_check:
        return ""
    ahead = is_future(copy.look_moment, now)
    return f"check {_AHEAD}" if ahead else f"checked {ago(copy.look_moment, now)}"


def why_not(copy: BackupCopy) -> str:
    """Return why a copy makes nothing recoverable, to stand behind its name: `is missing`. Empty for a copy
    that counts."""
    if copy.counts:
        return ""
    if copy.retired is not None:
        return "was deleted, being old" if copy.pruned else "was retired"
    if reason := not_there(copy):
        return reason
    if not copy.by_a_person:
        return UNPROVEN
    return "was never opened"


def not_there(copy: BackupCopy | DatabaseCopy) -> str:
    """Return why a copy does not count for where it lies and what a look at it found; empty where that is
    well."""
    if not copy.signed:
        return "is not vouched for by this server"
    if copy.where.reason is LocationReason.NOT_MOUNTED:
        return "is not mounted"
    if copy.status in _SIGHTS:
        return _SIGHTS[copy.status]
    if copy.where.location is Location.HERE:
        return "lies on this machine"
    return _NOWHERE if copy.where.location is Location.UNKNOWN else ""


def named_why_not(copy: BackupCopy) -> str:
    """Return the copy with `why_not`: `backup 41 is missing`, `backup 41: location unknown`."""
    reason = why_not(copy)
    if reason == _NOWHERE:
        return f"{backup_name(copy)}: location unknown"
    return f"{backup_name(copy)} {reason}"


def proof_ago(copy: BackupCopy, now: datetime, drilled: int, total: int) -> str:
    """Return how far a copy was proven and when: `every credential opened in a drill 3 days ago`. `drilled`
    of the CMDB's `total` credentials were opened by its last drill and not sealed anew since. Every
    credential is claimed only where the two are equal; where none is left, only that its keys match."""
    return proof_variants(copy, now, drilled, total)[0]


def proof_variants(copy: BackupCopy, now: datetime, drilled: int, total: int) -> tuple[str, ...]:
    """Return `proof_ago` and shorter variants, each true by itself; the last takes 40 cells at most."""
    drills = copy.proof is Proof.CREDENTIALS_OPEN
    failed = drills and copy.proof_of(0) is not Proof.CREDENTIALS_OPEN and copy.drilled_upto is not None
    proof = Proof.KEYS_MATCH if drills and (failed or not drilled) else copy.proof
    moment = copy.reached(proof)
    if moment is None:
        return (proof_words(proof),)
    when = ago(moment, now)
    if failed:
        short = f"only {number(copy.drilled_rows)} opened"
        only = f"only {count(copy.drilled_rows, 'credential')} opened"
        variants = [f"{only} in a drill {when}", f"{short} in a drill {when}", f"{short} {when}"]
    elif proof is not Proof.CREDENTIALS_OPEN:
        short = proof_name(proof)
        variants = [f"{proof_words(proof)}, {when}", f"{short}, {when}"]
    else:
        every = drilled == total
        who, few = ("every credential", "all") if every else (_of(drilled, total), number(drilled))
        short = f"{few} opened"
        variants = [f"{who} opened in a drill {when}", f"{short} in a drill {when}", f"{short} {when}"]
    if is_future(moment, now):
        variants.append(f"{short}, {_AHEAD}")
    return tuple(variants)


def _of(drilled: int, total: int) -> str:
    return f"{number(drilled)} of {count(total, 'credential')}"


def short_proof(copy: BackupCopy, now: datetime, drilled: int, total: int) -> tuple[str, ...]:
    """Return `proof_variants` in a few words: `drilled 3 days ago`, `8 drilled 3d ago`; the last takes 16
    cells at most."""
    drills = copy.proof is Proof.CREDENTIALS_OPEN
    failed = drills and copy.proof_of(0) is not Proof.CREDENTIALS_OPEN and copy.drilled_upto is not None
    proof = Proof.KEYS_MATCH if drills and (failed or not drilled) else copy.proof
    moment = copy.reached(proof)
    if failed:
        short = f"only {number(copy.drilled_rows)} opened"
    elif proof is Proof.CREDENTIALS_OPEN:
        short = "drilled" if drilled == total else f"{number(drilled)} drilled"
    else:
        short = "keys match" if proof is Proof.KEYS_MATCH else "opened"
    least = (short, short.removeprefix("only "))
    if moment is None:
        return least
    brief = f"{short} {ago_brief(moment, now)}"
    if is_future(moment, now):
        return (f"{short}, {_AHEAD}", brief, *least)
    return (f"{short} {ago(moment, now)}", brief, *least)
