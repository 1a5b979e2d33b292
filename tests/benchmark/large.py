"""Homes as they are after years: many credentials under many keys, in many backups. Made directly, for
nothing in them is ever opened: the overview counts, and looks at files.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nskeys.bootstrap import Services
from nskeys.crypto.keys import new_material, thumbprint
from nskeys.model.audit import Action
from nskeys.model.backup import Protection
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, SealedCredential
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey
from nskeys.services.register.signed_rows import record
from tests.benchmark.homes import give_password

_BATCH = 20_000
_BLOB = bytes(93)
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def fill_with_years(services: Services, vault: Path, credentials: int, keys: int, backups: int) -> None:
    """`keys` keys seal `credentials` credentials; each of `backups` backups in `vault` holds all keys."""
    installation = services.installation
    with installation.key_store.unlock(give_password) as store:
        kids = [key.kid for key in installation.key_store.keys()]
        fresh = list(_keys(keys - len(kids)))
        store.change(add=fresh)
        kids += [key.info.kid for key in fresh]
        event = installation.event(Action.REGISTER_ADDED, "made", copies=backups)
        with installation.cmdb.changing(event) as change:
            change.know_keys(kids)
            for number in range(backups):
                copy = _copy(vault, number, kids, installation.cmdb.cmdb_id())
                record(change, copy, store.server_key())
    for batch in _batches(credentials, kids):
        event = installation.event(Action.CREDENTIALS_IMPORTED, "made", imported=len(batch))
        with installation.cmdb.changing(event) as change:
            change.add(batch)


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


def _batches(credentials: int, kids: list[Kid]) -> Iterator[list[SealedCredential]]:
    kinds = tuple(CredentialKind)
    for start in range(0, credentials, _BATCH):
        yield [
            SealedCredential(
                Credential(
                    os.urandom(16).hex(),
                    CredentialFields(
                        kinds[number % 3], f"name-{number:07d}", f"target-{number % 97}", "CORP\\svc"
                    ),
                    kids[number % len(kids)],
                    _LONG_AGO,
                    _LONG_AGO,
                    _LONG_AGO + timedelta(seconds=number),
                ),
                _BLOB,
            )
            for number in range(start, min(start + _BATCH, credentials))
        ]
