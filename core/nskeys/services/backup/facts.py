"""What goes into a backup: its facts, its number in the row of backups, and its name."""

import re
from collections.abc import Sequence
from unicodedata import normalize

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.model.backup import BackupFacts, KeyFact, Protection
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyUse
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.times import to_stamp
from nskeys.ports import CmdbView, OpenKeyStore
from nskeys.services.installation import Installation
from nskeys.services.register.signed_rows import verified_copies

_NAME_LIMIT = 100


def archive_name(installation: Installation) -> str:
    """Return `<server>-<first 8 of CMDB id>-<UTC stamp>.zip`."""
    server = re.sub(r"[^A-Za-z0-9.-]", "-", installation.settings.read().server_name)
    server = server.strip(".-")[:_NAME_LIMIT] or "server"
    return f"{server}-{installation.cmdb.cmdb_id()[:8]}-{to_stamp(installation.clock.now())}.zip"


def next_generation(installation: Installation, view: CmdbView) -> tuple[int, str | None]:
    """Return the generation that follows this CMDB's newest signed backup, and that backup's hash. Unsigned
    rows and the backups of other CMDBs, which a restore registered, do not raise the generation."""
    cmdb_id = installation.cmdb.cmdb_id()
    newest = max(
        (
            copy.backup
            for copy in verified_copies(view, installation.server_public())
            if copy.signed and copy.backup.cmdb_id == cmdb_id
        ),
        key=lambda backup: (backup.generation, backup.created, backup.kms_sha256),
        default=None,
    )
    return (1, None) if newest is None else (newest.generation + 1, newest.kms_sha256)


def collect_facts(
    installation: Installation,
    hint: str,
    keys: OpenKeyStore,
    recipients: tuple[str, ...] = (),
    recovery: Recovery = NO_RECOVERY,
) -> BackupFacts:
    """Return what a backup made now says of itself and of this server. Without recipients it is for a
    password; `recovery` holds the identities that are among them."""
    with installation.cmdb.reading() as view:
        uses = view.counts()
        generation, previous = next_generation(installation, view)
        head = view.audit_head()
    return BackupFacts(
        server=normalize("NFC", installation.settings.read().server_name),
        cmdb_id=installation.cmdb.cmdb_id(),
        server_key=server_thumbprint(public_of(keys.server_key())),
        created=installation.clock.now(),
        generation=generation,
        previous=previous,
        keys=tuple(
            KeyFact(info, sum(use.credentials for use in uses if use.kid == info.kid))
            for info in installation.key_store.keys()
        ),
        kinds=_per_kind(uses),
        audit=head,
        protection=Protection.RECIPIENTS if recipients else Protection.PASSWORD,
        recipients=recipients,
        hint=normalize("NFC", hint),
        identities=recovery.identities,
        earlier=recovery.earlier,
    )


def _per_kind(uses: Sequence[KeyUse]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (kind.value, sum(use.credentials for use in uses if use.kind == kind.value))
        for kind in CredentialKind
    )
