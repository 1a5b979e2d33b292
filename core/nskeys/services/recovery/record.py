"""The recovery identities that the CMDB keeps: a record, signed by the server key, that names each identity
file by its hash.

Reading needs no secret. Anything that does not match is an error, so nobody can change unnoticed whom
backups are encrypted to.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from nskeys.archive.recovery_json import parse_record
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import verify
from nskeys.errors import RecoveryDamaged
from nskeys.model.recovery import NO_RECOVERY, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.signed_json import Malformed
from nskeys.ports import CmdbView
from nskeys.reasons import RecoveryProblem
from nskeys.services.installation import Installation
from nskeys.services.settling import names_recovery

if TYPE_CHECKING:
    from nskeys.model.custodians import Custodians

RECORD_LABEL = "recovery"


def known_recovery(installation: Installation) -> Recovery:
    """Return the record that the CMDB keeps and the server key signed, with each identity file in place;
    empty where none was made. Raises RecoveryDamaged, NewerVersion, FileUnreadable."""
    public = installation.server_public()
    if public is None or not installation.cmdb.exists():
        return NO_RECOVERY
    with installation.cmdb.reading() as view:
        recovery = recovery_in(view, public, installation.cmdb.address())
        row = view.recovery_row()
    if not names_recovery(installation, None if row is None else row.text):
        raise RecoveryDamaged(installation.cmdb.address(), RecoveryProblem.NOT_THE_LAST)
    for identity in recovery.identities:
        identity_file(installation, identity)
    return recovery


def recovery_in(view: CmdbView, public: bytes, place: str) -> Recovery:
    """Return the record in this view of the CMDB; `place` names it. The files are not looked at. Raises
    RecoveryDamaged, NewerVersion."""
    row = view.recovery_row()
    if row is None:
        return NO_RECOVERY
    try:
        record = parse_record(row.text)
    except Malformed:
        raise RecoveryDamaged(place, RecoveryProblem.NOT_CANONICAL) from None
    if record.server_key != server_thumbprint(public) or record.cmdb_id != view.cmdb_id:
        raise RecoveryDamaged(place, RecoveryProblem.OTHER_SERVER)
    if not verify(public, RECORD_LABEL, row.text.encode("utf-8"), row.signature):
        raise RecoveryDamaged(place, RecoveryProblem.NOT_SIGNED)
    return record.recovery


def identity_file(installation: Installation, identity: RecoveryIdentity) -> bytes:
    """Return the file of an identity. Raises RecoveryDamaged (`identity_missing`, `identity_changed`)."""
    data = installation.identity_files.read(identity.sha256)
    path = installation.identity_files.path_of(identity.sha256)
    if data is None:
        raise RecoveryDamaged(path, RecoveryProblem.IDENTITY_MISSING)
    if hashlib.sha256(data).hexdigest() != identity.sha256:
        raise RecoveryDamaged(path, RecoveryProblem.IDENTITY_CHANGED)
    return data


def waiting_custodians(recovery: Recovery) -> RecoveryIdentity | None:
    """Return the identity whose shares wait for their proof; None where nothing waits."""
    return None if recovery.waiting is None else custodians_of(recovery).waiting


def custodians_of(recovery: Recovery) -> Custodians:
    """Return the state; an identity that was put in force, or followed by a newer one, no longer waits."""
    from nskeys.model.custodians import Custodians

    in_force, waiting = recovery.of(IdentityKind.CUSTODIANS), recovery.waiting
    if waiting is not None and in_force is not None and waiting.number <= in_force.number:
        waiting = None
    earlier = tuple(one for one in recovery.earlier if one.kind is IdentityKind.CUSTODIANS)
    return Custodians(in_force, waiting, earlier)
