"""Which destinations need a database copy: those without a good copy of every credential that opens here,
as it is now.

Each destination is looked at now, also one on another server: `--if-needed` leaves a copy out only where
one was seen. Changes that touch no credential, such as a look at the register, make no copy due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import DestinationInfo
from nskeys.model.halves import RowsOf, held_in, rows_of, serves
from nskeys.model.register import CopyStatus, Proof
from nskeys.services.checkpoint.looking import compare
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.register.database_half import database_half
from nskeys.services.register.database_probe import check_database_copy
from nskeys.services.register.signed_rows import read_register


@dataclass(frozen=True, slots=True)
class DueCopies:
    """What `database copy --if-needed` has to do."""

    missing_at: tuple[str, ...]
    """Destinations that lack a good copy of some credential as it is."""
    held: tuple[DatabaseCopy, ...]
    """The newest good copy of each destination that lacks nothing, in their order."""


def due_copies(installation: Installation, infos: Sequence[DestinationInfo]) -> DueCopies:
    """Return what these destinations hold and lack; all are asked at the same time. That key backups hold
    the keys of this server is taken for granted: whether they do is the other half's."""
    installation.require()
    home = compare(installation).home
    with installation.cmdb.reading() as view:
        register = read_register(view, installation.server_public())
        rows = tuple(rows_of(view.counts()).values())
        keys = installation.keys_in(view)
        held = held_in(register.copies) | {key.kid for key in keys}
    half = database_half(installation, register.databases, home)
    held |= half.here
    wanted = [one for one in rows if one.kid in {key.kid for key in keys}]
    usable = _usable(half.vouched(), wanted, held)
    found = in_parallel([partial(_held_at, installation, info, usable) for info in infos])
    return DueCopies(
        tuple(info.address for info, copy in zip(infos, found, strict=True) if copy is None),
        tuple(copy for copy in found if copy is not None),
    )


def _usable(
    copies: Sequence[DatabaseCopy], wanted: Sequence[RowsOf], held: frozenset[str]
) -> tuple[DatabaseCopy, ...]:
    """Return the copies that have every credential as it is, as far as any copy could."""

    def has(copy: DatabaseCopy, rows: RowsOf) -> bool:
        if serves(copy.copy, rows, held) and copy.copy.number >= rows.last:
            return True
        newest = max(rows.last, rows.resealed, rows.counted)
        return copy.copy.number >= newest and not copy.copy.may_cover(rows.kid)

    return tuple(
        copy
        for copy in copies
        if copy.signed
        and copy.retired is None
        and copy.proof.rank >= Proof.OPENED.rank
        and all(has(copy, rows) for rows in wanted)
    )


def _held_at(
    installation: Installation, info: DestinationInfo, known: Sequence[DatabaseCopy]
) -> DatabaseCopy | None:
    for copy in known:
        if copy.destination == info.address:
            seen = check_database_copy(installation, copy)
            if seen.status is CopyStatus.GOOD:
                return seen
    return None
