"""Adds a database copy that lies elsewhere, or was found again, to the register."""

from dataclasses import replace

from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.limits import PART_LIMIT
from nskeys.errors import BackupForeign, PartsMissing, PartsMixed
from nskeys.model.audit import Action
from nskeys.model.database_register import DatabaseCopy, RegisteredPart
from nskeys.model.pairs import LyingCopy
from nskeys.model.register import CopyStatus, Proof, Signer
from nskeys.ports import SecretProvider
from nskeys.reasons import ForeignReason
from nskeys.services.database.pairs import copy_of_part
from nskeys.services.installation import Installation
from nskeys.services.register.predecessors import server_keys
from nskeys.services.register.signed_rows import copy_identity, read_register, record_database
from nskeys.services.transaction import signed_changes

_NOT_OURS = {
    Signer.OTHER_SERVER: ForeignReason.OTHER_SIGNER,
    Signer.REPLACED: ForeignReason.REPLACED_SIGNER,
}


def add_copy(installation: Installation, address: str, secrets: SecretProvider) -> DatabaseCopy:
    """Add the copy that a part belongs to as `intact`: every part is read and held against what all of them
    are signed to be. What was proven of it before stays. Raises BackupForeign for one of another server or
    CMDB, PartsMissing, PartsMixed, BackupDamaged, BackupForged."""
    installation.require()
    lying = copy_of_part(installation, address)
    if lying.missing:
        raise PartsMissing(lying.address, lying.missing, len(lying.names))
    _require_own(installation, lying)
    place = installation.destinations.at(installation.destinations.configured(lying.destination))
    now, parts = installation.clock.now(), _parts(installation, lying)
    fresh = DatabaseCopy(
        copy=copy_identity(lying.facts),
        destination=installation.destinations.normal(lying.destination),
        parts=parts,
        where=place.where(),
        proofs=(),
        status=CopyStatus.GOOD,
        look_moment=now,
        good_moment=now,
    )
    event = installation.event(
        Action.REGISTER_ADDED, fresh.destination, number=fresh.copy.number, sha256=fresh.copy.sha256
    )
    with (
        signed_changes(installation, secrets, "adding to the register", goes_on=True) as changes,
        changes.signed(event) as change,
    ):
        rows = read_register(change, installation.server_public()).databases
        whose = (fresh.copy.sha256, fresh.destination)
        known = (row for row in rows if row.signed and (row.copy.sha256, row.destination) == whose)
        proven = next(known, fresh)
        found = replace(proven, parts=parts, where=fresh.where, retired=None).with_proof(Proof.INTACT, now)
        record_database(change, found, changes.server_key)
    return replace(found, signed=True)


def _require_own(installation: Installation, lying: LyingCopy) -> None:
    signer = server_keys(installation).signer(lying.facts)
    reasons = [_NOT_OURS[signer]] if signer in _NOT_OURS else []
    if lying.facts.cmdb_id != installation.cmdb.cmdb_id():
        reasons.append(ForeignReason.OTHER_CMDB)
    if reasons:
        raise BackupForeign(lying.address, tuple(reasons), lying.facts.server_key)


def _parts(installation: Installation, lying: LyingCopy) -> tuple[RegisteredPart, ...]:
    place = installation.destinations.at(installation.destinations.configured(lying.destination))
    found = []
    for number, name in enumerate(lying.names, 1):
        path = place.address_of(name)
        part = inspect_part(path, place.read(name, PART_LIMIT))
        if (part.facts, part.manifest.signature, part.part) != (lying.facts, lying.signature, number):
            raise PartsMixed(lying.address, path)
        found.append(RegisteredPart(name, part.sha256, part.size))
    return tuple(found)
