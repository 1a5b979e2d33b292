"""Make a database copy: plan, confirm, execute, verify. Packed once, sent to one place or several.

A copy counts only after a second, independent reader opened it, and each of its parts was read back from
where it was put. Each destination's copy is recorded in a change of its own once all its parts are proven
there; until then no row says that there is one, and what was put there is removed again.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from unicodedata import normalize

from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.limits import HOURLY_LIMIT, PART_LIMIT
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.archive.database_copy.writing import (
    FULL,
    PartArchive,
    PartSize,
    SignedFacts,
    archive_of,
    part_name,
    signed,
)
from nskeys.archive.limits import check_server
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import NskeysError
from nskeys.model.audit import Action
from nskeys.model.database_copy import CopyFacts, CopyKeyFact, InspectedPart, is_part_name
from nskeys.model.database_plans import DatabaseCopyPlan, DatabaseCopyReport
from nskeys.model.database_register import DatabaseCopy, RegisteredPart
from nskeys.model.destinations import LocatedAt
from nskeys.model.plans import CopyFailure
from nskeys.model.register import CopyStatus, Proof
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.services.database.adding import add_copy
from nskeys.services.database.due import DueCopies, due_copies
from nskeys.services.database.packing import DOING, PackedRows, pack, require_no_standby
from nskeys.services.installation import Installation
from nskeys.services.places import archive_stem, look_at_each, none_made, wanted
from nskeys.services.register.signed_rows import copy_identity, read_register, record_database
from nskeys.services.settling import unlocked
from nskeys.services.transaction import changes_with
from nskeys.services.upload import Failed, Stored, upload_to_all


class DatabaseCopyService:
    """Makes database copies, and lists them."""

    def __init__(self, installation: Installation, size: PartSize = FULL) -> None:
        self._installation = installation
        self._size = size

    def copies(self) -> tuple[DatabaseCopy, ...]:
        """Return the database copies of the register as they were last looked at, newest first."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            return read_register(view, installation.server_public()).databases

    def inspect(self, address: str) -> InspectedPart | None:
        """Return what a file says of itself where it is a part of a database copy, else None. Raises what
        reading it raises, BackupDamaged, BackupForged, NewerVersion."""
        place, name = self._installation.destinations.source(address)
        if not is_part_name(name):
            return None
        return inspect_part(place.address_of(name), place.read(name, PART_LIMIT))

    def is_part(self, address: str) -> bool:
        """Return whether this is the address of a part of a database copy, by the file's name."""
        return is_part_name(self._installation.destinations.split(address)[1])

    def add(self, address: str, secrets: SecretProvider) -> DatabaseCopy:
        """Add the copy that a part belongs to, as `add_copy` does."""
        return add_copy(self._installation, address, secrets)

    def need(self, to: Sequence[str] = ()) -> DueCopies:
        """Return which of these destinations lack a good copy of every credential as it is now; of the
        default one where none is named. Each is looked at now."""
        return due_copies(self._installation, wanted(self._installation, to))

    def is_small(self) -> bool:
        """Return whether a database copy is small enough to be made each hour, by the newest one; true
        where there is none yet."""
        newest = next((copy for copy in self.copies() if copy.signed), None)
        return newest is None or newest.size <= HOURLY_LIMIT

    def plan(self, to: str | Sequence[str] | None = None) -> DatabaseCopyPlan:
        """Return what would be copied and where to: to one address, several, or the default destination
        (None). Checks the destinations at the same time and leaves nothing there. Raises that destination's
        error, or NoCopyMade with all of them, where none can be written to; CmdbUnreachable (`standby`)."""
        installation = self._installation
        installation.require()
        check_server(installation.settings.read().server_name)
        planned, failures = look_at_each(installation, to)
        with installation.cmdb.reading() as view:
            require_no_standby(installation, view)
            counts = view.table_counts()
            number = view.number
        return DatabaseCopyPlan(
            destinations=planned,
            failures=failures,
            stem=archive_stem(installation),
            number=number,
            credentials=dict(counts)["credentials"],
            rows=sum(count for _, count in counts),
        )

    def execute(
        self, plan: DatabaseCopyPlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> DatabaseCopyReport:
        """Pack the rows as they are now, send them, read them back, open them and record them. Can be
        stopped at any time; what was sent is removed again. Raises the destination's error, or NoCopyMade
        with all of them, where none got a copy."""
        installation, progress = self._installation, progress or SilentProgress()
        progress.stage(Stage.UNLOCKING)
        with unlocked(installation, secrets) as keys, ExitStack() as scratch:
            packed = pack(installation, keys, progress, scratch, self._size)
            copy = signed(_facts(installation, packed, public_of(keys.server_key())), keys.server_key())
            _read_once(copy, packed, progress)
            return _Sending(installation, plan, copy, packed, progress).execute(keys)


def _facts(installation: Installation, packed: PackedRows, public: bytes) -> CopyFacts:
    written, copy_key = packed.written, packed.copy_key
    return CopyFacts(
        server=normalize("NFC", installation.settings.read().server_name),
        cmdb_id=installation.cmdb.cmdb_id(),
        server_key=server_thumbprint(public),
        server_public=public,
        created=installation.clock.now().replace(microsecond=0),
        database=installation.cmdb.describe(),
        number=packed.number,
        checkpoint=None if packed.checkpoint is None else packed.checkpoint.sha256,
        copy_key=CopyKeyFact(copy_key.key.kid, packed.identity.recipient),
        keys=written.keys,
        kinds=written.kinds,
        tables=written.tables,
        audit=packed.audit,
        left_out=written.left_out,
        unexplained=not packed.explained,
        parts=tuple(part.fact for part in written.parts),
    )


def _read_once(copy: SignedFacts, packed: PackedRows, progress: Progress) -> None:
    """Read every part as a restore does, and open it with the second reader, before anything is sent: what
    leaves here is what a reader accepts. What is read back later has to be the same bytes."""
    progress.stage(Stage.OPENING_PARTS, copy.facts.rows)
    reader = CopyReader(copy.facts, packed.identity)
    for number, (part, written) in enumerate(zip(packed.parts, packed.written.parts, strict=True), 1):
        inspected = inspect_part("", archive_of(copy, number, part.contents()).data)
        for _, rows in reader.rows(inspected):
            progress.checkpoint()
            progress.advance(len(rows))
        with packed.identity.spelled() as line:
            confirm(inspected.cmdb, line, written.gzip_sha256, OpenedWith.IDENTITY)
    reader.finish()


@dataclass
class _Arrived:
    """What a destination has so far."""

    parts: list[RegisteredPart] = field(default_factory=list)
    where: LocatedAt | None = None
    flushed: bool = True


class _Sending:
    """Sends the parts one after the other, each to all destinations at the same time."""

    def __init__(
        self,
        installation: Installation,
        plan: DatabaseCopyPlan,
        copy: SignedFacts,
        packed: PackedRows,
        progress: Progress,
    ) -> None:
        self._installation, self._plan = installation, plan
        self._copy, self._packed, self._progress = copy, packed, progress
        self._infos = [planned.info for planned in plan.destinations]
        self._arrived = [_Arrived() for _ in self._infos]
        self._failed: dict[int, CopyFailure] = {}
        self._remains: list[str] = []

    def execute(self, keys: OpenKeyStore) -> DatabaseCopyReport:
        """Send everything, and record each copy that is whole. Raises NoCopyMade, Cancelled."""
        try:
            for number in range(1, len(self._packed.parts) + 1):
                self._send(number)
        except BaseException:
            for place in range(len(self._infos)):
                self._take_back(place)
            raise
        copies = [self._record(place, keys) for place in self._whole()]
        failures = (*self._plan.failures, *(self._failed[place] for place in sorted(self._failed)))
        if not copies:
            raise none_made(failures)
        unflushed = (
            self._infos[place].address for place in self._whole() if not self._arrived[place].flushed
        )
        return DatabaseCopyReport(
            tuple(copies),
            failures,
            tuple(unflushed),
            self._copy.facts.left_out,
            self._packed.differences,
            self._packed.mismatches,
            tuple(self._remains),
        )

    def _whole(self) -> list[int]:
        """Return the places that have got everything so far."""
        return [place for place in range(len(self._infos)) if place not in self._failed]

    def _send(self, number: int) -> None:
        """Send one part to every place that has all parts before it."""
        places = self._whole()
        if not places:
            return
        archive = archive_of(self._copy, number, self._packed.parts[number - 1].contents())
        name = part_name(self._plan.stem, number, len(self._packed.parts))
        infos = [self._infos[place] for place in places]
        sent = upload_to_all(
            self._installation.destinations, infos, name, archive.data, inspect_part, self._progress
        )
        for at, outcome in sent:
            match outcome:
                case Stored():
                    self._keep(places[at], outcome, archive)
                case Failed(error, left):
                    self._fail(places[at], error, left)

    def _keep(self, place: int, outcome: Stored[InspectedPart], archive: PartArchive) -> None:
        arrived = self._arrived[place]
        arrived.parts.append(RegisteredPart(outcome.name, archive.sha256, len(archive.data)))
        arrived.where, arrived.flushed = outcome.where, arrived.flushed and outcome.flushed

    def _fail(self, place: int, error: NskeysError, left: str) -> None:
        self._failed[place] = CopyFailure(self._infos[place], error)
        if left:
            self._remains.append(left)
        self._take_back(place)

    def _take_back(self, place: int) -> None:
        """Remove the parts that a place has of a copy that it will not have."""
        arrived = self._arrived[place]
        while arrived.parts:
            part = arrived.parts.pop()
            try:
                destination = self._installation.destinations.at(self._infos[place])
                address = destination.address_of(part.name)
                try:
                    destination.remove(part.name)
                except NskeysError:
                    self._remains.append(address)
            except NskeysError:
                self._remains.append(self._infos[place].address)

    def _record(self, place: int, keys: OpenKeyStore) -> DatabaseCopy:
        """Write the row of this one copy in a change of its own. Killed before it, the register claims
        nothing; killed after it, the copy is known."""
        installation, arrived = self._installation, self._arrived[place]
        now = installation.clock.now()
        proof = Proof.KEYS_MATCH if self._packed.explained else Proof.OPENED
        row = DatabaseCopy(
            copy=copy_identity(self._copy.facts),
            destination=self._infos[place].address,
            parts=tuple(arrived.parts),
            where=arrived.where or self._plan.destinations[place].where,
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
            signed=True,
        ).with_proof(proof, now)
        event = installation.event(
            Action.DATABASE_COPIED,
            row.destination,
            number=row.copy.number,
            parts=len(row.parts),
            sha256=row.copy.sha256,
        )
        self._progress.stage(Stage.RECORDING)
        with changes_with(installation, keys, DOING) as changes, changes.signed(event) as change:
            record_database(change, row, changes.server_key)
        return row
