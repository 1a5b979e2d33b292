"""What a restore does with each key. Pure.

A key that is here is never replaced, and states merge to the stricter one. A present active key stays
active, restored ones arrive deactivated; on an empty store the newest active key stays active. Keys that
are bound to another machine do not open, but their states are known: the stricter one holds there too.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from nskeys.model.backup import BackedUpKey
from nskeys.model.keys import KeyFate, KeyInfo, KeyState, Kid, active_key, stricter
from nskeys.model.plans import PlannedKey
from nskeys.ports import NewKey


def plan_keys(
    backed_up: Sequence[KeyInfo],
    here: Sequence[KeyInfo],
    uses: Mapping[Kid, int],
    bound: Sequence[KeyInfo] = (),
) -> tuple[PlannedKey, ...]:
    """Return each key of a backup: new or present, its state afterwards, and the credentials it opens.
    `bound` are the keys of this server that only another machine opens; where there are some, none is
    `here`."""
    present = {key.kid: key for key in here}
    known = {key.kid: _with_state_of(bound, key) for key in backed_up}
    heir = None if here else _heir(tuple(known.values()), uses) or _last_active(backed_up, known)
    sealing = _sealing(here, {key.kid for key in backed_up})
    planned = []
    for key in backed_up:
        mine = present.get(key.kid)
        if mine is not None:
            fate, state = KeyFate.PRESENT, merged(mine.state, key.state)
            if state is KeyState.ACTIVE and mine != sealing:
                state = KeyState.DEACTIVATED  # a restore that was killed left its file and not its state
        else:
            fate, state = KeyFate.NEW, arriving(known[key.kid], heir, first=not here)
        planned.append(PlannedKey(key, fate, state, uses.get(key.kid, 0)))
    return tuple(planned)


def _sealing(here: Sequence[KeyInfo], brought: Collection[Kid]) -> KeyInfo | None:
    """Return the key that seals here. Where a restore was killed, a key that it brought may be called
    active too, as it was before it was lost; it is not the one."""
    own = tuple(key for key in here if key.kid not in brought)
    return active_key(own) or active_key(tuple(here))


def _heir(backed_up: Sequence[KeyInfo], uses: Mapping[Kid, int]) -> KeyInfo | None:
    """Return the key that seals on an empty store. A key that was pre-active when the backup was made and
    seals credentials now became active since: the backup that opens a rotation's gate is older than the
    rotation's end."""
    waited = [key for key in backed_up if key.state is KeyState.PRE_ACTIVE and uses.get(key.kid)]
    newest = max(waited, key=lambda key: (key.created, key.kid), default=None)
    return newest or active_key(tuple(backed_up))


def _with_state_of(bound: Sequence[KeyInfo], key: KeyInfo) -> KeyInfo:
    """Return the key in the stricter of its two known states."""
    for mine in bound:
        if mine.kid == key.kid and stricter(mine.state, key.state) is mine.state:
            return key.in_state(mine.state, mine.state_since)
    return key


def _last_active(backed_up: Sequence[KeyInfo], known: Mapping[Kid, KeyInfo]) -> KeyInfo | None:
    """Return the key that sealed last where every key that may seal is lost: the newest that the backup
    calls active, unless it is known to be compromised."""
    usable = (key for key in backed_up if known[key.kid].state is not KeyState.COMPROMISED)
    return active_key(tuple(usable))


def stranded(backed_up: Sequence[KeyInfo], bound: Sequence[KeyInfo]) -> tuple[Kid, ...]:
    """Return the keys bound to another machine that the backup does not bring back."""
    brought = {key.kid for key in backed_up}
    return tuple(key.kid for key in bound if key.kid not in brought)


def arriving(key: KeyInfo, heir: KeyInfo | None, *, first: bool) -> KeyState:
    """Return the state of a key that was not here. On an empty store (`first`) the heir stays active, and a
    pre-active key stays so."""
    if heir is not None and key.kid == heir.kid:
        return KeyState.ACTIVE
    if first and key.state is KeyState.PRE_ACTIVE:
        return KeyState.PRE_ACTIVE
    return stricter(key.state, KeyState.DEACTIVATED)


def merged(mine: KeyState, theirs: KeyState) -> KeyState:
    """Return the stricter state, with two exceptions: the active key here stays active unless it is
    compromised, and a pre-active key here is not made active by a backup made after its rotation."""
    if mine is KeyState.ACTIVE and theirs is not KeyState.COMPROMISED:
        return mine
    if mine is KeyState.PRE_ACTIVE and theirs is KeyState.ACTIVE:
        return mine
    return stricter(mine, theirs)


def new_keys(planned: Sequence[PlannedKey], keys: Sequence[BackedUpKey], now: datetime) -> list[NewKey]:
    """Return the keys to add in their planned states; a changed state begins at `now`."""
    material = {key.info.kid: key.material for key in keys}
    return [
        NewKey(item.info.in_state(item.state_after, now), material[item.info.kid])
        for item in planned
        if item.fate is KeyFate.NEW
    ]


def new_states(planned: Sequence[PlannedKey], here: Sequence[KeyInfo], now: datetime) -> list[KeyInfo]:
    """Return the keys that are here and change their state."""
    present = {key.kid: key for key in here}
    return [
        present[item.info.kid].in_state(item.state_after, now)
        for item in planned
        if item.fate is KeyFate.PRESENT and present[item.info.kid].state is not item.state_after
    ]
