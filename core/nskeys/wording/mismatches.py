"""What contradicts the checkpoint, in one sentence each."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from nskeys.errors import Mismatch
from nskeys.reasons import MismatchKind
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import shown

_BY_OTHERS = "changed by something other than nskeys"
_ROWS: Mapping[MismatchKind, str] = MappingProxyType(
    {
        MismatchKind.HOME_MISSING: "checkpoint.json is gone from the home, so nothing tells whether the "
        "database went back",
        MismatchKind.HOME_CHANGED: "checkpoint.json in the home is not what this server signed",
        MismatchKind.CMDB_MISSING: "the database has no checkpoint, and change {expected} was signed",
        MismatchKind.CMDB_CHANGED: "the checkpoint in the database is not what this server signed",
        MismatchKind.OTHER_SERVER: "another server, with the server key {found}, took this database over",
        MismatchKind.WENT_BACK: "the database went back from change {expected} to {found}",
        MismatchKind.MOVED: "change {expected} moved the CMDB to another database, and this is the one "
        "that was left, at change {found}: the 'cmdb' line of config.toml leads to it",
        MismatchKind.ELSEWHERE: "change {expected} moved the CMDB to {found}, and this program still has "
        "the database open that was left",
        MismatchKind.WENT_ON: "another machine signs with this server key: the database is at change "
        "{found}, and the last one here was {expected}",
        MismatchKind.WITNESS: "a backup of this server knows change {found}, and the last one here was "
        "{expected}: home and database went back together, or another machine signs with this server key",
        MismatchKind.OTHER_TRAIL: "a backup of this server has another audit trail at change {found} than "
        "is here: another machine signs with this server key, or this one was put back and went on",
        MismatchKind.STORE: "the key store is not the one that the last change left: an older one, or "
        "another one, was put in its place",
        MismatchKind.KEYS: f"the rows of the keys (states, counts) were {_BY_OTHERS}",
        MismatchKind.REGISTER: f"the register of backups was {_BY_OTHERS}",
        MismatchKind.DIARY: f"the diary of drills was {_BY_OTHERS}",
        MismatchKind.AUDIT_LINE: "line {found} of the audit trail was edited or taken out by something "
        "other than nskeys",
        MismatchKind.AUDIT: "the audit trail was cut, lengthened or edited: it ends with {found}, and "
        "ended with {expected}",
        MismatchKind.ROTATION: f"the record of the key rotation was {_BY_OTHERS}",
        MismatchKind.RECOVERY: f"who can open backups was {_BY_OTHERS}",
    }
)
_BRIEF: Mapping[MismatchKind, str] = MappingProxyType(
    {
        MismatchKind.HOME_MISSING: "checkpoint.json is gone",
        MismatchKind.HOME_CHANGED: "checkpoint.json was changed",
        MismatchKind.CMDB_MISSING: "no checkpoint in the database",
        MismatchKind.CMDB_CHANGED: "the checkpoint was changed",
        MismatchKind.OTHER_SERVER: "another server took over",
        MismatchKind.WENT_BACK: "the database went back",
        MismatchKind.MOVED: "the CMDB was moved elsewhere",
        MismatchKind.ELSEWHERE: "the CMDB is elsewhere now",
        MismatchKind.WENT_ON: "another machine signs too",
        MismatchKind.WITNESS: "a backup knows later changes",
        MismatchKind.OTHER_TRAIL: "a backup has another trail",
        MismatchKind.STORE: "another key store is here",
        MismatchKind.KEYS: "keys' rows were changed",
        MismatchKind.REGISTER: "the register was changed",
        MismatchKind.DIARY: "the diary was changed",
        MismatchKind.AUDIT: "the audit trail was changed",
        MismatchKind.AUDIT_LINE: "an audit line was edited",
        MismatchKind.ROTATION: "the rotation was changed",
        MismatchKind.RECOVERY: "who can open was changed",
    }
)


_NO_GROUND = frozenset({MismatchKind.HOME_MISSING, MismatchKind.HOME_CHANGED})
NO_GROUND = (
    "Nothing here says what was, so it cannot be accepted: put checkpoint.json back from a copy of this "
    "home, or restore keys and database from a backup into a new one."
)
START_AGAIN = "Run the command again: it opens what config.toml names now."
START_AGAIN_BY_KEY = "Leave nskeys (q) and start it again: it opens what config.toml names now."


def instead_of_accepting(mismatches: Iterable[Mismatch]) -> tuple[str, str] | None:
    """Return what to do, by command and by key, where nothing can be accepted: there is no checkpoint of
    the home to go on from, or another database is the CMDB. None where it can."""
    kinds = {one.what for one in mismatches}
    if MismatchKind.ELSEWHERE in kinds:
        return START_AGAIN, START_AGAIN_BY_KEY
    return (NO_GROUND, NO_GROUND) if kinds & _NO_GROUND else None


def mismatch_texts(mismatch: Mismatch) -> tuple[str, ...]:
    """Return what does not fit for the first screen, each variant shorter than the one before."""
    return mismatch_line(mismatch), _BRIEF[mismatch.what]


def mismatch_line(mismatch: Mismatch) -> str:
    """Return what does not fit, as a part of a sentence, safe for a terminal."""
    told = _ROWS[mismatch.what].format(expected=shown(mismatch.expected), found=shown(mismatch.found))
    return told + _counted(mismatch)


_COUNTED: Mapping[MismatchKind, str] = MappingProxyType(
    {MismatchKind.REGISTER: "row", MismatchKind.DIARY: "line"}
)


def _counted(mismatch: Mismatch) -> str:
    """Return how many rows there are now, where that is another number."""
    before, now = mismatch.expected, mismatch.found
    if mismatch.what not in _COUNTED or before == now or not (before.isdecimal() and now.isdecimal()):
        return ""
    return f": it has {count(int(now), _COUNTED[mismatch.what])} and had {number(int(before))}"
