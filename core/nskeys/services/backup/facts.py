"""What goes into a backup: its facts, and its number in the row of backups."""

from collections.abc import Sequence
from unicodedata import normalize

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.model.backup import PREDECESSORS_LIMIT, BackupFacts, CheckpointMark, KeyFact
from nskeys.model.checkpoint import SignedCheckpoint, from_text
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyInfo, KeyUse
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.register import Protection
from nskeys.ports import CmdbView, OpenKeyStore
from nskeys.services.installation import Installation
from nskeys.services.register.predecessors import server_keys_in
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.settling import home_of


def next_generation(installation: Installation, view: CmdbView) -> tuple[int, str | None]:
    """Return the generation that follows this CMDB's newest signed backup, and that backup's hash; no lower
    than one that was reserved here before, whatever became of its row. Unsigned rows and the backups of
    other CMDBs, which a restore registered, do not raise the generation."""
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
    home = home_of(installation)
    reserved = 0 if home is None else home.generation
    if newest is None:
        return reserved + 1, None
    return max(newest.generation, reserved) + 1, newest.kms_sha256


def keys_named(installation: Installation, view: CmdbView) -> tuple[KeyInfo, ...]:
    """Return the keys that are here as the home's checkpoint names them: what somebody changes in the CMDB
    leaves none out of a backup."""
    home = home_of(installation)
    if home is None:
        return installation.keys_in(view)
    here = {key.kid for key in installation.key_store.keys()}
    return tuple(key for key in home.key_infos if key.kid in here)


def collect_facts(
    installation: Installation,
    hint: str,
    keys: OpenKeyStore,
    place: tuple[int, str | None],
    recipients: tuple[str, ...] = (),
    recovery: Recovery = NO_RECOVERY,
) -> BackupFacts:
    """Return what a backup made now says of itself and of this server. `place` is the generation that it
    reserved, and the hash of the backup before. Without recipients it is for a password; `recovery` holds
    the identities that are among them."""
    with installation.cmdb.reading() as view:
        uses = view.counts()
        here, head, stored = keys_named(installation, view), view.audit_head(), view.checkpoint()
        public = public_of(keys.server_key())
        before, mark = server_keys_in(view, public).predecessors, _mark(stored)
        if stored is not None:
            # A line that no checkpoint covers is nobody's: a backup that named it would bear witness to it.
            head = from_text(stored.text).audit
    settings = installation.settings.read()
    return BackupFacts(
        server=normalize("NFC", settings.server_name),
        source=normalize("NFC", settings.source),
        cmdb_id=installation.cmdb.cmdb_id(),
        server_key=server_thumbprint(public),
        server_public=public,
        created=installation.clock.now(),
        generation=place[0],
        previous=place[1],
        keys=tuple(
            KeyFact(info, sum(use.credentials for use in uses if use.kid == info.kid)) for info in here
        ),
        copy_keys=installation.key_store.copy_keys(),
        kinds=_per_kind(uses),
        audit=head,
        protection=Protection.RECIPIENTS if recipients else Protection.PASSWORD,
        recipients=recipients,
        hint=normalize("NFC", hint),
        identities=recovery.identities,
        earlier=recovery.earlier,
        predecessors=before[:PREDECESSORS_LIMIT],
        checkpoint=mark,
    )


def _mark(stored: SignedCheckpoint | None) -> CheckpointMark | None:
    """Return the checkpoint at which the backup is made, which was compared when the change began."""
    return None if stored is None else CheckpointMark(from_text(stored.text).number, stored.sha256)


def _per_kind(uses: Sequence[KeyUse]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (kind.value, sum(use.credentials for use in uses if use.kind == kind.value))
        for kind in CredentialKind
    )
