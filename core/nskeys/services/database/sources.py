"""A database copy that lies at a place, read part by part: each is fetched, inspected whole and held
against the copy that was chosen, in the memory of one."""

from collections.abc import Callable, Iterator, Sequence

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.errors import CopyKeyMissing, PartsMissing, PartsMixed
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.database_copy import InspectedPart, Rows
from nskeys.model.database_register import DatabaseCopy, RegisteredPart
from nskeys.model.database_tables import Table
from nskeys.model.destinations import DestinationInfo
from nskeys.model.pairs import LyingCopy
from nskeys.model.register import CopyStatus
from nskeys.services.installation import Installation
from nskeys.services.register.signed_rows import copy_identity


class OpenCopy:
    """Reads the rows of a copy with the copy keys of an opened key backup. `rows` comes first, and nothing
    of it may be believed before it has come to its end."""

    def __init__(self, installation: Installation, copy: LyingCopy, keys: Sequence[HeldCopyKey]) -> None:
        """Take a copy all of whose parts are there and whose copy key is among `keys`. Raises PartsMissing,
        CopyKeyMissing."""
        if copy.missing:
            raise PartsMissing(copy.address, copy.missing, len(copy.names))
        wanted = copy.facts.copy_key.kid
        held = next((one for one in keys if one.key.kid == wanted), None)
        if held is None:
            raise CopyKeyMissing(copy.address, wanted)
        self.facts = copy.facts
        self._installation, self._copy = installation, copy
        self._reader = CopyReader(copy.facts, X25519Identity(held.secret))
        self._parts: list[RegisteredPart] = []

    def rows(self, heed: Callable[[], None]) -> Iterator[tuple[Table, Rows]]:
        """Yield all rows, table by table. `heed` is called before each part, and may raise. Raises
        BackupDamaged, BackupForged, PartsMixed, and the errors of the place."""
        for name in self._copy.names:
            heed()
            yield from self._reader.rows(self._part(name))
        self._reader.finish()

    def _part(self, name: str) -> InspectedPart:
        copy, destinations = self._copy, self._installation.destinations
        place = destinations.at(destinations.configured(copy.destination))
        path = place.address_of(name)
        part = inspect_part(path, place.read(name, PART_LIMIT))
        same = (part.facts, part.manifest.signature) == (copy.facts, copy.signature)
        if not same or part.part != len(self._parts) + 1:
            raise PartsMixed(copy.address, path)
        self._parts.append(RegisteredPart(name, part.sha256, part.size))
        return part

    @property
    def checkpoint(self) -> SignedCheckpoint | None:
        """The checkpoint that the rows are of, as the first line has it; after `rows`."""
        return None if self._reader.header is None else self._reader.header.checkpoint

    def register_row(self) -> DatabaseCopy:
        """Return a register row about it, without any proof; after `rows`."""
        now, copy = self._installation.clock.now(), self._copy
        place = self._installation.destinations.at(DestinationInfo(copy.destination))
        return DatabaseCopy(
            copy=copy_identity(copy.facts),
            destination=copy.destination,
            parts=tuple(self._parts),
            where=place.where(),
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
        )
