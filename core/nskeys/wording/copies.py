"""One copy of a backup in words: where it lies, how far it was proven, why it does not count."""

from datetime import datetime
from types import MappingProxyType

from nskeys.model.backup import Protection
from nskeys.model.places import Location, LocationReason, Whereabouts
from nskeys.model.register import BackupCopy, Proof, Sight
from nskeys.wording.names import proof_words
from nskeys.wording.places import location_word
from nskeys.wording.sizes import count, number
from nskeys.wording.terminal import fit, safe, width
from nskeys.wording.times import ago

_SIGHTS = MappingProxyType(
    {
        Sight.MISSING: "is missing",
        Sight.CHANGED: "is not the file that was written",
        Sight.UNREACHABLE: "cannot be reached",
        Sight.NOT_LOOKED: "was not looked at",
    }
)
_LEAST_PLACE = 12


def backup_name(copy: BackupCopy) -> str:
    """`backup 41`, after its generation."""
    return f"backup {number(copy.backup.generation)}"


def place_word(where: Whereabouts) -> str:
    """`here`, `elsewhere`, `unknown`; where only a person said so, `declared elsewhere`."""
    word = location_word(where.location)
    return f"declared {word}" if where.reason is LocationReason.DECLARED else word


def copy_place(copy: BackupCopy, cells: int) -> str:
    """`backup 41 on sftp://vault02 (elsewhere)`, its destination cut to what room there is."""
    destination = safe(copy.destination)
    head = f"{backup_name(copy)} {'in' if destination.startswith('/') else 'on'} "
    tail = f" ({place_word(copy.where)})"
    room = cells - width(head) - width(tail)
    if room < min(_LEAST_PLACE, width(destination)):
        return fit(f"{backup_name(copy)}{tail}", cells)
    return head + fit(destination, room) + tail


def why_not(copy: BackupCopy) -> str:
    """What keeps a copy from making anything recoverable, to stand behind its name: `is missing`.
    Empty for a copy that counts."""
    if copy.counts:
        return ""
    if copy.retired is not None:
        return "was retired"
    if not copy.signed:
        return "is not vouched for by this server"
    if copy.sight in _SIGHTS:
        return _SIGHTS[copy.sight]
    if copy.where.location is Location.HERE:
        return "lies on this machine"
    if copy.where.location is Location.UNKNOWN:
        return "lies where nobody knows if it survives"
    return "was never opened"


def proof_ago(copy: BackupCopy, now: datetime, covered: int, total: int) -> str:
    """How far a copy was proven and when: `every credential opened in a drill 3 days ago`.

    `covered` of the CMDB's `total` credentials have their key in it. Only where these are all, and the
    last drill opened as many, is it said of every credential; else the number that opened is named.
    """
    moment = copy.reached(copy.proof)
    when = f" {ago(moment, now)}" if moment is not None else ""
    if copy.proof is not Proof.CREDENTIALS_OPEN:
        return proof_words(copy.proof) + (f",{when}" if when else "")
    later = copy.reached(Proof.KEYS_MATCH)
    if later is not None and moment is not None and later > moment:
        return f"only {count(copy.drilled_rows, 'credential')} opened in a drill {ago(later, now)}"
    if covered == total and copy.drilled_rows >= total:
        return f"every credential opened in a drill{when}"
    return f"{count(copy.drilled_rows, 'credential')} opened in a drill{when}"


def who_opens(copy: BackupCopy) -> str:
    """Who can open it: `whoever knows its password opens it; hint: ...`."""
    if copy.backup.protection is Protection.RECIPIENTS:
        return f"an identity of its {count(len(copy.backup.recipients), 'recipient')} opens it"
    hint = f"; hint: {safe(copy.backup.hint)}" if copy.backup.hint else ""
    return f"whoever knows its password opens it{hint}"
