"""Homes as they are after years: many credentials under many keys, in many backups. Made directly, for
nothing in them is ever opened: the overview counts, and looks at files.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nskeys.bootstrap import Services
from nskeys.crypto.keys import new_material, thumbprint
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, SealedCredential
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, Protection
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey
from nskeys.services.copy_keys import ensure_copy_key
from nskeys.services.register.signed_rows import record, record_database
from nskeys.services.transaction import signed_changes
from tests.benchmark.homes import give_password

COPIES = 50
_BATCH = 20_000
_BLOB = bytes(93)
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def fill_with_years(services: Services, vault: Path, credentials: int, keys: int, backups: int) -> None:
    """`keys` keys seal `credentials` credentials; each of `backups` backups in `vault` holds all keys, and
    each of `COPIES` database copies there has every row: the files of all are those of one."""
    installation = services.installation
    with signed_changes(installation, give_password, "filling") as changes:
        kids = [key.kid for key in installation.keys()]
        fresh = list(_keys(keys - len(kids)))
        changes.keys.add(fresh)
        kids += [key.info.kid for key in fresh]
        ensure_copy_key(installation, changes.keys)
        copy_kids = tuple(key.kid for key in installation.key_store.copy_keys())
        event = installation.event(Action.REGISTER_ADDED, "made", copies=backups)
        with changes.signed(event) as change:
            change.set_keys([key.info for key in fresh])
            for number in range(backups):
                copy = _copy(vault, number, kids, installation.cmdb.cmdb_id())
                copy = replace(copy, backup=copy.backup._replace(copy_kids=copy_kids))
                record(change, copy, changes.server_key)
        for start in range(0, credentials, _BATCH):
            batch = range(start, min(start + _BATCH, credentials))
            event = installation.event(Action.CREDENTIALS_IMPORTED, "made", imported=len(batch))
            with changes.signed(event) as change:
                change.add([_row(which, kids, change.number) for which in batch])
    [made] = services.database.execute(services.database.plan(str(vault)), give_password).copies
    with signed_changes(installation, give_password, "filling") as changes:
        event = installation.event(Action.REGISTER_ADDED, "made", copies=COPIES - 1)
        with changes.signed(event) as change:
            for number in range(1, COPIES):
                identity = made.copy._replace(sha256=f"{number:064x}")
                record_database(change, replace(made, copy=identity), changes.server_key)


def _keys(count: int) -> Iterator[NewKey]:
    for number in range(count):
        material: SecretBytes = new_material()
        made = _LONG_AGO + timedelta(hours=number)
        yield NewKey(KeyInfo(thumbprint(material), made, KeyState.DEACTIVATED, made), material)


def _copy(vault: Path, number: int, kids: list[Kid], cmdb_id: str) -> BackupCopy:
    """A register row, and the file that it speaks of."""
    name, made = f"ns01-{number:05d}.zip", _LONG_AGO + timedelta(days=number)
    data = os.urandom(512)
    (vault / name).write_bytes(data)
    backup = BackupIdentity(
        kms_sha256=f"{number + 1:064x}",
        archive_sha256=hashlib.sha256(data).hexdigest(),
        archive_name=name,
        size=len(data),
        server="ns01",
        cmdb_id=cmdb_id,
        server_key="ef" * 32,
        created=made,
        generation=number + 1,
        previous=None,
        kids=tuple(kids),
        protection=Protection.PASSWORD,
        recipients=(),
        hint="",
    )
    return BackupCopy(
        backup=backup,
        destination=str(vault),
        address=str(vault / name),
        where=LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "carried away"),
        proofs=(),
        status=CopyStatus.GOOD,
        look_moment=made,
        good_moment=made,
        drilled_rows=1,
        drilled_upto=number,
    ).with_proof(Proof.CREDENTIALS_OPEN, made)


def _row(which: int, kids: list[Kid], number: int) -> SealedCredential:
    kind = tuple(CredentialKind)[which % 3]
    fields = CredentialFields(kind, f"name-{which:07d}", f"target-{which % 97}", "CORP\\svc")
    kid = kids[which % len(kids)]
    credential = Credential(os.urandom(16).hex(), fields, kid, _LONG_AGO, _LONG_AGO, number)
    return SealedCredential(credential, _BLOB)
