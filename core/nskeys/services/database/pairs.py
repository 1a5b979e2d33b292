"""Finds the two halves of a server: the newest key backup and the newest database copy that it opens, both
signed by one server key, at a place or in the words of a person. Changes nothing, and asks for no password.

Newest is the highest number of a change under that signature. Whoever can write to a place can take the
newest pair away, so nothing here can tell that there was none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.archive.heads import HEAD, LONGEST_HEAD, Head, head_of
from nskeys.crypto.keys import server_thumbprint
from nskeys.errors import (
    BackupDamaged,
    CmdbNotEmpty,
    CopyKeyMissing,
    DestinationInvalid,
    DestinationUnreachable,
    NothingToRestore,
    NskeysError,
    PartsMissing,
)
from nskeys.model.backup import BackupFacts, Manifest
from nskeys.model.database_copy import CopyManifest, is_part_name
from nskeys.model.pairs import Lying, LyingBackup, LyingCopy, NotUsed, Owner, PlannedDatabase, highest_of
from nskeys.ports import Destination
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from nskeys.services.open_backup import Source, find_source

_NO_PLACE = (Problem.NOT_A_FOLDER, Problem.MISSING_FOLDER)


@dataclass(frozen=True, slots=True)
class Pair:
    """The two halves that a restore or a drill uses. `copy` is None where there is none that the key backup
    opens, or none was wanted."""

    source: Source
    copy: LyingCopy | None
    highest: int
    """The highest number that is known of this server."""
    not_used: tuple[NotUsed, ...]
    """Newer archives that were left out, and files that are no archives."""


class PairService:
    """Looks at places, and chooses."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def is_place(self, address: str) -> bool:
        """Return whether this is the address of a place, as far as it can be told without asking it: a
        folder that is there, or what is no file by its name."""
        if self._is_file(address):
            return False
        destinations = self._installation.destinations
        place = destinations.at(destinations.configured(address))
        if "://" in address:
            return True
        try:
            place.listing()
        except DestinationUnreachable as error:
            return error.problem not in _NO_PLACE
        return True

    def is_part(self, address: str) -> bool:
        """Return whether this is the address of a part of a database copy, by the file's name."""
        return is_part_name(self._name(address))

    def _is_file(self, address: str) -> bool:
        return address == "latest" or self._name(address).endswith((".zip", ".kms"))

    def _name(self, address: str) -> str:
        """Return the name of a file, without what an address has behind it; empty where it has none, or
        cannot be understood: whoever opens it says what is wrong."""
        try:
            return self._installation.destinations.split(address)[1]
        except DestinationInvalid:
            return ""

    def without_cmdb(self) -> bool:
        """Return whether no CMDB is here, whose rows a backup could be tried on."""
        return not self._installation.cmdb.exists()

    def own_key(self, lying: Lying) -> str:
        """Return this machine's server key where its archives are among these; else nothing."""
        public = self._installation.server_public()
        own = "" if public is None else server_thumbprint(public)
        return own if any(one.server_key == own for one in lying.owners()) else ""

    def look(self, address: str, heed: Callable[[], None] = lambda: None) -> Lying | None:
        """Return what lies at a place; None where the address is a file's, or `latest`. `heed` is called
        before each file, and may raise. Raises what a destination raises."""
        if self._is_file(address):
            return None
        destinations = self._installation.destinations
        place = destinations.at(destinations.configured(address))
        try:
            return _lying(place, destinations.normal(address), heed)
        except DestinationUnreachable as error:
            if error.problem in _NO_PLACE and "://" not in address:
                return None  # whoever reads it as a file says what is wrong
            raise

    def at(self, address: str, most: bool = False, drill: bool = False) -> Pair | Lying:
        """Return the pair of a file, or the newest at a place; what lies there where it is of more than one
        server key or CMDB, and none of it this server's: a person says whose is meant, for `newest`."""
        lying = self.look(address)
        if lying is None:
            return self.named(address, most=most, drill=drill)
        own = self.own_key(lying)
        owners = [one for one in lying.owners() if own in ("", one.server_key)]
        if not owners:
            raise NothingToRestore(lying.place, 0, tuple(one.address for one in lying.refused))
        return self.newest(lying, owners[0]) if len(owners) == 1 else lying

    def newest(self, lying: Lying, owner: Owner, copies_at: Lying | None = None) -> Pair:
        """Return the newest pair of one owner; `copies_at` is where the database copies are, if not there.
        Raises NothingToRestore where no key backup can be used."""
        theirs, others = lying.of(owner), (copies_at or lying).of(owner)
        not_used = list(theirs.refused)
        for backup in theirs.backups:
            try:
                source = find_source(self._installation, backup.address)
            except NskeysError as error:
                not_used.append(NotUsed(backup.address, error, backup.facts.number))
                continue
            return _with_copy(source, backup.facts, others, not_used, theirs.highest)
        raise NothingToRestore(lying.place, len(theirs.copies), tuple(one.address for one in not_used))

    def named(self, address: str, copies_at: str = "", most: bool = False, drill: bool = False) -> Pair:
        """Return the pair of a file: a key backup with the newest copy beside it, or at `copies_at`; or a
        part of a copy with the newest key backup beside it that opens it. A named copy must be able to
        become the CMDB, except for a `drill`. Raises CmdbNotEmpty."""
        if self.is_part(address):
            return self._with_backup(address, drill)
        source = find_source(self._installation, address, most)
        facts = source.facts
        if facts is None:
            return Pair(source, None, 0, ())
        if self.is_part(copies_at):
            beside = lying_beside(self._installation, copies_at)
            beside = replace(beside, copies=(_copy_with(self._installation, beside, copies_at),))
            if not drill:
                self._require_room(beside.copies[0])
        else:
            folder = copies_at or source.destination
            beside = lying_at(self._installation, folder, must=bool(copies_at))
        owner = Owner(facts.server_key, facts.cmdb_id, facts.server, facts.number, facts.created)
        return _with_copy(source, facts, beside.of(owner), list(beside.refused), facts.number)

    def _with_backup(self, address: str, drill: bool) -> Pair:
        """Return the pair of a part that somebody named: the copy may be older than others, and nothing
        else takes its place."""
        lying = lying_beside(self._installation, address)
        copy = _copy_with(self._installation, lying, address)
        if copy.missing:
            raise PartsMissing(copy.address, copy.missing, len(copy.names))
        if not drill:
            self._require_room(copy)
        facts = copy.facts
        theirs = lying.of(Owner(facts.server_key, facts.cmdb_id, facts.server, facts.number, facts.created))
        if not theirs.backups:
            raise NothingToRestore(lying.place, len(theirs.copies), ())
        not_used: list[NotUsed] = []
        for backup in theirs.backups:
            if facts.copy_key.kid not in {key.kid for key in backup.facts.copy_keys}:
                continue
            try:
                source = find_source(self._installation, backup.address)
                return Pair(source, copy, theirs.highest, tuple(not_used))
            except NskeysError as error:
                not_used.append(NotUsed(backup.address, error, backup.facts.number))
        raise CopyKeyMissing(copy.address, facts.copy_key.kid)

    def _require_room(self, copy: LyingCopy) -> None:
        """Raise CmdbNotEmpty where the copy that somebody named cannot become the CMDB."""
        installation = self._installation
        if not (is_empty(installation) or self._made_from(copy)):
            raise CmdbNotEmpty(installation.cmdb.address(), installation.waiting())

    def _made_from(self, copy: LyingCopy) -> bool:
        """Return whether the CMDB that is here has this very checkpoint."""
        with self._installation.cmdb.reading() as view:
            stored = view.checkpoint()
        return stored is not None and stored.sha256 == copy.facts.checkpoint

    def planned(self, pair: Pair, facts: BackupFacts) -> PlannedDatabase | None:
        """Return what a restore would do with the copy of a pair whose key backup, with these facts, was
        opened; None without a copy, or where the CMDB here has rows of another kind."""
        copy, cmdb = pair.copy, self._installation.cmdb
        if copy is None:
            return None
        made_from_it = not is_empty(self._installation) and self._made_from(copy)
        if not made_from_it and not is_empty(self._installation):
            return None
        return PlannedDatabase(
            copy=copy,
            here=made_from_it,
            engine=cmdb.describe(),
            target=cmdb.address(),
            lacking=copy.wanted_and_lacking(facts),
            highest=highest_of((pair.highest, facts.number, copy.facts.number)),
            not_used=pair.not_used,
            moment=self._installation.clock.now(),
        )


def copy_of_part(installation: Installation, address: str) -> LyingCopy:
    """Return the copy that the part at this address belongs to, with the other parts that lie beside it.
    Raises what reading and inspecting the part raises."""
    return _copy_with(installation, lying_beside(installation, address), address)


def _copy_with(installation: Installation, lying: Lying, address: str) -> LyingCopy:
    place, name = installation.destinations.source(address)
    part = inspect_part(place.address_of(name), place.read(name, PART_LIMIT))
    return next(
        copy
        for copy in lying.copies
        if (copy.facts, copy.signature) == (part.facts, part.manifest.signature)
    )


def lying_beside(installation: Installation, address: str) -> Lying:
    """Return what lies at the place of a file."""
    folder, _ = installation.destinations.split(address)
    return lying_at(installation, folder, must=True)


def lying_at(installation: Installation, folder: str, *, must: bool) -> Lying:
    """Return what lies at a place. A folder that a backup could be read from, and that cannot be listed,
    holds nothing else, unless it `must`."""
    destinations = installation.destinations
    try:
        return _lying(destinations.at(destinations.configured(folder)), folder, lambda: None)
    except NskeysError as error:
        if must:
            raise
        return Lying(folder, (), (), (NotUsed(folder, error),))


def is_empty(installation: Installation) -> bool:
    """Return whether there is no CMDB, or one in which nothing ever was."""
    if not installation.cmdb.exists():
        return True
    with installation.cmdb.reading() as view:
        counts = dict(view.table_counts())
        return view.checkpoint() is None and not any(counts[name] for name in counts if name != "meta")


def _with_copy(
    source: Source, facts: BackupFacts, theirs: Lying, not_used: list[NotUsed], highest: int
) -> Pair:
    """Return the pair of a key backup and the newest copy that it opens."""
    held = {key.kid for key in facts.copy_keys}
    known = highest_of((highest, theirs.highest))
    for copy in theirs.copies:
        lacks = copy.facts.copy_key.kid
        if copy.missing:
            error: NskeysError = PartsMissing(copy.address, copy.missing, len(copy.names))
        elif lacks not in held:
            error = CopyKeyMissing(copy.address, lacks)
        else:
            return Pair(source, copy, known, tuple(not_used))
        not_used.append(NotUsed(copy.address, error, copy.facts.number))
    return Pair(source, None, known, tuple(not_used))


def _lying(place: Destination, address: str, heed: Callable[[], None]) -> Lying:
    backups: list[LyingBackup] = []
    parts: list[tuple[str, CopyManifest]] = []
    refused: list[NotUsed] = []
    for file in place.listing():
        heed()
        if not file.name.endswith(".zip"):
            continue
        path = place.address_of(file.name)
        try:
            match _head(place, file.name, path):
                case Manifest() as manifest:
                    backups.append(LyingBackup(path, manifest.facts))
                case CopyManifest() as manifest:
                    parts.append((file.name, manifest))
        except DestinationUnreachable:
            raise  # nothing else there would answer either
        except NskeysError as error:
            refused.append(NotUsed(path, error))
    return Lying(address, tuple(backups), tuple(_copies(place, address, parts)), tuple(refused))


def _head(place: Destination, name: str, path: str) -> Head:
    for size in (HEAD, LONGEST_HEAD):
        data = place.beginning(name, size)
        if (head := head_of(path, data)) is not None:
            return head
        if len(data) < size:
            break
    raise BackupDamaged(path, "archive", Problem.TRUNCATED)


def _copies(
    place: Destination, address: str, parts: Iterable[tuple[str, CopyManifest]]
) -> Iterator[LyingCopy]:
    """Yield each copy with the names of its parts; of two files that are the same part, the first."""
    groups: dict[tuple[str, bytes, int], tuple[CopyManifest, dict[int, str]]] = {}
    for name, manifest in parts:
        facts = manifest.facts
        _, names = groups.setdefault((facts.server_key, manifest.signature, facts.number), (manifest, {}))
        names.setdefault(manifest.part, name)
    for manifest, names in groups.values():
        first = names[min(names)]
        every = tuple(names.get(number, "") for number in range(1, len(manifest.facts.parts) + 1))
        yield LyingCopy(address, manifest.facts, manifest.signature, every, place.address_of(first))
