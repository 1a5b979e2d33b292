"""The chapter of the runbook about the database copies: where their parts lie, and what opens them."""

from collections.abc import Iterator, Sequence

from nskeys.model.database_register import DatabaseCopy
from nskeys.wording.database_copies import copy_number, copy_proof_words
from nskeys.wording.destinations import location_name
from nskeys.wording.page import Pairs, Part, Words
from nskeys.wording.text.numbers import number, size
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

NO_DATABASE_COPY = (
    "No database copy elsewhere counts, so the rows come back only from another backup of the database."
)
_IN_FULL = 3
"""Copies that are described in full; of the others the address says where to look."""


def copy_parts(copies: Sequence[DatabaseCopy]) -> Iterator[Part]:
    """Yield the database copies, the first in full."""
    if not copies:
        yield Words(NO_DATABASE_COPY, mark=True)
    for copy in copies[:_IN_FULL]:
        yield Pairs(tuple(_database_copy(copy)))
    if older := copies[_IN_FULL:]:
        yield Words("Older ones, or further copies:")
        yield Pairs(
            tuple(
                (copy_number(one), ": ".join(map(safe, (one.destination, *_first_part(one)))))
                for one in older
            )
        )


def _first_part(copy: DatabaseCopy) -> tuple[str, ...]:
    return tuple(part.name for part in copy.parts[:1])


def _declared_backup(copy: DatabaseCopy) -> Iterator[tuple[str, str]]:
    """Yield the lines of somebody else's backup, which is restored by whoever makes it."""
    made = copy.copy
    yield "Backup", safe(copy.destination)
    yield "Change", f"at least up to {number(made.number)}, made {when(made.created)}"
    yield "Credentials", number(made.credentials)
    yield "Opens with", "its own tools; nskeys did not make it"
    yield "Then", "'nskeys restore FILE --keys-only' brings the keys of a backup above to that database"
    yield "Proof", copy_proof_words(copy.proof)
    yield "Checked", when(copy.look_moment)


def _database_copy(copy: DatabaseCopy) -> Iterator[tuple[str, str]]:
    if copy.declared:
        yield from _declared_backup(copy)
        return
    made = copy.copy
    yield "Copy", f"of change {number(made.number)}, made {when(made.created)}, {size(copy.size)}"
    yield "Credentials", number(made.credentials)
    yield "Where", f"{safe(copy.destination)}, {location_name(copy.where)}"
    for part in copy.parts:
        yield "Part", safe(part.name)
        yield "SHA-256", part.sha256
    yield "Opens with", f"copy key {made.copy_kid[:8]}, which the key backups above hold"
    yield "Proof", copy_proof_words(copy.proof)
    yield "Last seen", when(copy.look_moment)
