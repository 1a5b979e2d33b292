"""Archives as witnesses: which changes those of this server know that are not here.

Whoever puts a whole machine back to an earlier day, home and database, leaves nothing on it that could
tell. The archives that were made since lie elsewhere, and carry the number of the last change they saw and
the head of the audit trail at that change.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain

from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.archive.inspection import inspect
from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.errors import ChangeWaits, Mismatch, NewerVersion, NskeysError
from nskeys.model.audit import AuditHead
from nskeys.model.backup import BackupFacts
from nskeys.model.checkpoint import is_void
from nskeys.model.database_copy import CopyFacts, is_part_name
from nskeys.model.destinations import DestinationInfo
from nskeys.model.register import Signer
from nskeys.ports import Destination
from nskeys.reasons import MismatchKind
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.register.predecessors import ServerKeys, server_keys
from nskeys.services.register.signed_rows import SignedRegister, read_register
from nskeys.services.settling import home_of
from nskeys.services.trail import followed

_MOST = 100
"""Archives at one place that the register does not know and that are read: whoever writes to a place can
fill it. The newest by name come first."""
_BEFORE_A_BACKUP = 4


@dataclass(frozen=True, slots=True)
class Witness:
    """What an archive of this CMDB says under the server key, or under one before it."""

    address: str
    number: int
    """The last change that it saw."""
    audit: AuditHead
    signer: Signer
    generation: int = 0
    """Of a key backup."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The archives that were read, and the addresses of archives and places that could not be."""

    witnesses: tuple[Witness, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def generation(self) -> int:
        """The highest generation that one of them has."""
        return max((witness.generation for witness in self.witnesses), default=0)


def hear_all(installation: Installation) -> Heard:
    """Ask every archive of this CMDB that the register names, and those at the configured places that it
    does not name. A retired backup is not asked: retiring it is how a person says that an older database
    was put back on purpose."""
    keys, register = _known(installation)
    jobs = [partial(_registered, installation, keys, register)]
    jobs += [partial(_strays, installation, keys, register, info, _MOST) for info in _places(installation)]
    return _joined(in_parallel(jobs))


def hear_newest(installation: Installation, places: Sequence[DestinationInfo]) -> Heard:
    """Ask the newest archive at each place, by name, that the register does not know: before anything is
    encrypted, so that a machine that was put back learns it from its own later backup."""
    keys, register = _known(installation)
    jobs = [
        partial(_strays, installation, keys, register, info, _BEFORE_A_BACKUP, first=True)
        for info in places
    ]
    return _joined(in_parallel(jobs))


def contradicted(installation: Installation, heard: Heard) -> tuple[Mismatch, ...]:
    """Return that this machine, as it is now, lacks changes which an archive knows, or went on otherwise
    than an archive says; none where all is well. Numbers that a person abandoned are no evidence."""
    with suppress(ChangeWaits, NewerVersion):
        home = home_of(installation)
        if home is None:
            return ()
        here, void = home.checkpoint.number, home.checkpoint.void
        counting = [one for one in heard.witnesses if counts(one, void)]
        found = []
        if later := [one for one in counting if one.number > here]:
            found.append(_told(MismatchKind.WITNESS, here, max(later, key=_number)))
        if earlier := [one for one in counting if one.number <= here]:
            with installation.cmdb.reading() as view:
                chain = followed(view, installation.server_public())
            # A trail that does not lead to the signed head is told by itself.
            whole = chain.broken_at is None and chain.holds(home.checkpoint.audit)
            others = [one for one in earlier if not chain.agrees(one.number, one.audit)] if whole else []
            if others:
                first = min(others, key=_number)
                found.append(_told(MismatchKind.OTHER_TRAIL, first.number - 1, first))
        return tuple(found)
    return ()


def counts(witness: Witness, void: Sequence[tuple[int, int]]) -> bool:
    """Return whether what an archive says is evidence: a key before this one was in force at its change,
    and no person abandoned it."""
    return witness.signer is not Signer.REPLACED and not is_void(void, witness.number)


def _number(witness: Witness) -> int:
    return witness.number


def _told(what: MismatchKind, here: int, witness: Witness) -> Mismatch:
    return Mismatch(what, str(here), f"{witness.number} ({witness.address})")


_BY_ARCHIVES = (MismatchKind.WITNESS, MismatchKind.OTHER_TRAIL)


def number_witnessed(mismatches: Iterable[Mismatch]) -> int:
    """Return the highest change that a witness among these knows; 0 without one."""
    found = [one.found.partition(" ")[0] for one in mismatches if one.what in _BY_ARCHIVES]
    return max((int(number) for number in found if number.isdecimal()), default=0)


def number_here(mismatches: Iterable[Mismatch]) -> int:
    """Return the last change on which this machine and the witnesses among these may agree; 0 without
    one."""
    known = [one.expected for one in mismatches if one.what in _BY_ARCHIVES]
    return min((int(number) for number in known if number.isdecimal()), default=0)


def _known(installation: Installation) -> tuple[ServerKeys, SignedRegister]:
    with installation.cmdb.reading() as view:
        register = read_register(view, installation.server_public())
    return server_keys(installation), register


def _places(installation: Installation) -> Sequence[DestinationInfo]:
    return installation.settings.read().destinations or (installation.default_destination(),)


def _joined(parts: Sequence[Heard]) -> Heard:
    """Return what was heard everywhere. A place that does not answer is not named beside its archives."""
    silent = list(dict.fromkeys(chain.from_iterable(part.silent for part in parts)))
    return Heard(
        tuple(chain.from_iterable(part.witnesses for part in parts)),
        tuple(one for one in silent if not any(other.startswith(f"{one}/") for other in silent)),
    )


def _registered(installation: Installation, keys: ServerKeys, register: SignedRegister) -> Heard:
    cmdb_id = installation.cmdb.cmdb_id()
    found, silent = [], []
    for copy in register.copies:
        if not copy.signed or copy.retired is not None or copy.backup.cmdb_id != cmdb_id:
            continue
        heard = None
        with suppress(NskeysError):
            place, name = installation.destinations.source(copy.address)
            heard = _asked(place, name, keys, cmdb_id, copy.backup.archive_sha256)
        if heard is None:
            silent.append(copy.address)
        else:
            found.append(heard)
    return Heard(tuple(found), tuple(silent))


def _strays(
    installation: Installation,
    keys: ServerKeys,
    register: SignedRegister,
    info: DestinationInfo,
    most: int,
    first: bool = False,
) -> Heard:
    """Ask archives at a place that the register does not know, newest name first; with `first`, only until
    one answers."""
    cmdb_id = installation.cmdb.cmdb_id()
    try:
        place = installation.destinations.at(info)
        names = list(_names(place, cmdb_id, _addresses(register)))
    except NskeysError:
        configured = info in installation.settings.read().destinations
        return Heard(silent=(info.address,) if configured else ())
    found = []
    for name in names[:most]:
        witness = None
        with suppress(NskeysError):
            witness = _asked(place, name, keys, cmdb_id)
        if witness is not None:
            found.append(witness)
            if first:
                break
    return Heard(tuple(found), (info.address,) if len(names) > most and not first else ())


def _addresses(register: SignedRegister) -> Collection[tuple[str, str]]:
    backups = {(copy.destination, copy.backup.archive_name) for copy in register.copies if copy.signed}
    parts = {(copy.destination, part.name) for copy in register.databases for part in copy.parts}
    return backups | parts


def _names(place: Destination, cmdb_id: str, known: Collection[tuple[str, str]]) -> Iterator[str]:
    """Yield the names there that archives of this CMDB have and the register does not know; of a database
    copy the first part that is met."""
    mark, stems = f"-{cmdb_id[:8]}-", set()
    files = {name for _, name in known}
    for name in sorted((item.name for item in place.listing()), reverse=True):
        if mark not in name or not name.endswith(".zip") or name in files:
            continue
        stem = name.partition("-cmdb-")[0]
        if is_part_name(name):
            if stem in stems:
                continue
            stems.add(stem)
        yield name


def _asked(
    place: Destination, name: str, keys: ServerKeys, cmdb_id: str, sha256: str | None = None
) -> Witness | None:
    """Return what an archive says; None where it is not the one with this hash, or not this server's.
    Raises what reading and inspecting it raise."""
    address, facts = place.address_of(name), None
    if is_part_name(name):
        facts = inspect_part(address, place.read(name, PART_LIMIT)).manifest.facts
        return _witness(address, facts, keys, cmdb_id)
    data = place.read(name, ARCHIVE_LIMIT)
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        return None
    manifest = inspect(address, data).manifest
    return None if manifest is None else _witness(address, manifest.facts, keys, cmdb_id)


def _witness(
    address: str, facts: BackupFacts | CopyFacts, keys: ServerKeys, cmdb_id: str
) -> Witness | None:
    signer = keys.signer(facts)
    if facts.cmdb_id != cmdb_id or signer in (Signer.OTHER_SERVER, Signer.UNKNOWN):
        return None
    generation = facts.generation if isinstance(facts, BackupFacts) else 0
    return Witness(address, facts.number, facts.audit, signer, generation)
