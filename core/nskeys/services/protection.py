"""What binds the keys to this machine or to a person: shown, and changed."""

from nskeys.model.audit import Action
from nskeys.ports import SecretProvider, StoreInfo
from nskeys.services.installation import Installation, sign_off, unlocked
from nskeys.services.remembering import RememberedPassphrase, asked_before


class ProtectionService:
    """Shows and changes the protector."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> StoreInfo:
        """The protector in force, without unlocking anything."""
        self._installation.require()
        return self._installation.key_store.info()

    def change(self, protector: str, secrets: SecretProvider, new_secrets: SecretProvider) -> StoreInfo:
        """A new store generation under a new KEK and another protector (or another passphrase).

        Killed anywhere, the old generation or the new one works. Copies of the old one on other disks
        still open the old way."""
        installation = self._installation
        installation.require()
        chosen = installation.protectors(protector)
        chosen.require()
        before = installation.key_store.info().protector
        cmdb_id, seen = installation.cmdb.cmdb_id(), installation.fingerprint()
        # Asked once here; `rewrap` under the lock then gets what was typed, and no person waits.
        with (
            RememberedPassphrase(secrets) as known,
            unlocked(installation, known) as keys,
            asked_before(chosen, new_secrets) as wrap,
            installation.changing("changing the protector"),
        ):
            # Somebody may have changed it while the new passphrase was thought of.
            installation.unchanged("protector", seen)
            event = installation.event(
                Action.PROTECTOR_CHANGED, installation.home.path, before=before, after=chosen.name
            )
            # The audit line is committed only if the switch of generations succeeded.
            with installation.cmdb.changing(event) as change:
                sign_off(change, cmdb_id, keys.server_key())
                installation.key_store.rewrap(chosen, known, wrap)
        return installation.key_store.info()
