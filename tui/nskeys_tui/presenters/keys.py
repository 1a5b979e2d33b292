"""Keys as cells of a table and as lines of a page."""

from collections.abc import Iterator, Sequence

from nskeys.model.recoverability import KeyCoverage, RecoveryState
from nskeys.services.status.overview import Overview
from nskeys.wording.copies import copy_place
from nskeys.wording.keys import backups_short, copy_proof, key_recovery, key_state_meaning
from nskeys.wording.labels import key_state_name, kid_name
from nskeys.wording.reports import MISSING_KEY, in_backups
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe, width
from nskeys.wording.text.times import when
from nskeys_tui.presenters.credentials import state_mark, state_style

_PLURAL = "s"


def key_cells(key: KeyCoverage, *, brief: bool = False) -> tuple[str, ...]:
    """Return key, state, creation, its credentials, its backups, and a mark where credentials are at
    risk."""
    credentials = count(key.credentials, "credential")
    return (
        kid_name(key.kid),
        key_state_name(key.info.state) if key.info else MISSING_KEY,
        when(key.info.created) if key.info else "",
        credentials if credentials.endswith(_PLURAL) else f"{credentials} ",
        backups_short(key.backups) if brief else in_backups(key.backups),
        state_mark(key.state) if key.credentials else "",
    )


def key_style(key: KeyCoverage) -> str:
    """Return the style of its credentials; a key without any puts nothing at risk."""
    return state_style(key.state) if key.credentials else ""


def shown_keys(keys: Sequence[KeyCoverage], lines: int) -> tuple[KeyCoverage, ...]:
    """Return the keys that fit on the first screen, in their order; those with credentials at risk are
    never the ones left out."""
    if len(keys) <= lines:
        return tuple(keys)
    first = sorted(keys, key=lambda key: not key.credentials or key.state is RecoveryState.RECOVERABLE)
    kept = {key.kid for key in first[:lines]}
    return tuple(key for key in keys if key.kid in kept)


def widest(rows: Sequence[Sequence[str]], column: int) -> int:
    """Return the cells that a column needs."""
    return max((width(row[column]) for row in rows), default=0)


def key_facts(key: KeyCoverage, overview: Overview) -> tuple[tuple[str, str], ...]:
    """Return every fact about a key, label by label."""
    info = key.info
    here = (
        (
            ("State", f"{key_state_name(info.state)}: {key_state_meaning(info.state)}"),
            ("Since", when(info.state_since)),
            ("Made", when(info.created)),
        )
        if info
        else (("State", MISSING_KEY),)
    )
    return (
        ("Key", safe(key.kid)),
        *here,
        ("Seals", count(key.credentials, "credential")),
        ("Recovery", key_recovery(key, overview.taken)),
    )


def key_copies(key: KeyCoverage, overview: Overview, cells: int) -> Iterator[tuple[str, str, str]]:
    """Yield the copies in the register that hold the key, those that count first: where each is, its proof
    or why it does not count, and a style."""
    answer = overview.recoverability
    holding = [copy for copy in overview.copies if key.kid in copy.backup.kids]
    for copy in sorted(holding, key=lambda copy: not copy.counts):
        proof = copy_proof(copy, overview.taken, answer.drilled_with(copy), answer.totals.total)
        yield copy_place(copy, cells, overview.taken), proof, "" if copy.counts else "quiet"
