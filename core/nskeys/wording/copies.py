"""One copy of a backup in words: where it lies, how far it was proven, why it does not count."""

from datetime import datetime
from types import MappingProxyType

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.wording.destinations import location_word
from nskeys.wording.labels import proof_name, proof_words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import fit, safe, width
from nskeys.wording.text.times import ago, day, is_future

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
    destination = safe(copy.destination)
    head = f"{backup_name(copy)} {'in' if destination.startswith('/') else 'on'} "
    least, checked = min(_LEAST_PLACE, width(destination)), checked_ago(copy, now)
    tails = [f" ({place_word(copy.where)}{', ' if checked else ''}{checked})"]
    tails += [f" ({checked})"] if checked else []
    for tail in tails:
        room = cells - width(head) - width(tail)
        if room >= least:
            return head + fit(destination, room) + tail
    return fit(f"{backup_name(copy)}{tails[-1]}", cells)


def checked_ago(copy: BackupCopy, now: datetime) -> str:
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
    if not copy.signed:
        return "is not vouched for by this server"
    if copy.where.reason is LocationReason.NOT_MOUNTED:
        return "is not mounted"
    if copy.status in _SIGHTS:
        return _SIGHTS[copy.status]
    if copy.where.location is Location.HERE:
        return "lies on this machine"
    if copy.where.location is Location.UNKNOWN:
        return _NOWHERE
    if not copy.by_a_person:
        return UNPROVEN
    return "was never opened"


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


def made_variants(copy: BackupCopy, now: datetime) -> tuple[str, ...]:
    """Return when it was made, as `made 3 days ago`, and shorter variants; a date that lies ahead is shown
    as it is."""
    made = copy.backup.created
    exact = f"made {day(made)}"
    return (exact,) if is_future(made, now) else (f"made {ago(made, now)}", exact)
