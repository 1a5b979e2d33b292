"""What binds the keys to this machine or to a person: shown, and changed."""

from dataclasses import dataclass
from functools import partial

from nskeys.archive.opening import open_backup
from nskeys.errors import KeyStoreUnreached, NoProvenBackup, NskeysError, PasswordRefused
from nskeys.model.audit import Action
from nskeys.model.backup import Inspected
from nskeys.model.keys import KeyInfo, KeyState, Leftover, StoredKey
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import BackupCopy, Protection
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, NewKey, OpenKeyStore, Purpose, SecretProvider, StoreInfo
from nskeys.reasons import Operation, PasswordProblem, ProtectorProblem
from nskeys.services.installation import Installation
from nskeys.services.passwords.providers import prefetch_secret, weak_passphrase
from nskeys.services.register.service import RegisterService
from nskeys.services.status.overview import RecoverabilityService
from nskeys.services.transaction import Extras, changes_with, keys_fingerprint, require_settled

_OPENS_WITH = {Purpose.NEW_PASSPHRASE: Purpose.PASSPHRASE, Purpose.PIN: Purpose.PIN}
"""What opens, by what a new wrapping asks for."""


_DOING = "changing the protector"


class ProtectionService:
    """Shows and changes the protector."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> StoreInfo:
        """Return the protector in force, without unlocking anything."""
        self._installation.require()
        return self._installation.key_store.info()

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return files of an earlier key store that a change could not remove. Unlocks nothing."""
        self._installation.require()
        return self._installation.key_store.leftovers()

    def asks(self) -> Purpose | None:
        """Return what a person is asked for before the keys open; None where nothing is asked. Unlocks
        nothing."""
        chosen = self._installation.protectors(self.show().protector)
        return _OPENS_WITH.get(chosen.wants) if chosen.asks and chosen.wants else None

    def unlock(self, secrets: SecretProvider) -> None:
        """Open the keys once and close them again. Raises WrongPassword, Cancelled, ProtectorUnavailable,
        KeyStoreDamaged."""
        self._installation.require()
        with self._installation.key_store.unlock(secrets):
            pass

    def require_usable(self, protector: str) -> None:
        """Raise ProtectorUnavailable unless this machine can bind keys with it."""
        self._installation.protectors(protector).require()

    def backup_before(self) -> BackupCopy | None:
        """Return the backup that a change can rely on, every copy looked at now; None where no copy
        elsewhere that counts holds every key here."""
        return holding_every_key(RecoverabilityService(self._installation).assess())

    def change(
        self,
        protector: str,
        secrets: SecretProvider,
        new_secrets: SecretProvider,
        without_backup: bool = False,
    ) -> StoreInfo:
        """Write a new generation of the key store under a new KEK and another protector (or another
        passphrase). Killed at any point, the old generation or the new one works.

        Copies of the old generation on other disks still open the old way, and so does the old one here
        while `leftovers` names it. Raises NoProvenBackup where there is no `backup_before` unless
        `without_backup`, ProtectorUnavailable, PasswordRefused.
        """
        installation = self._installation
        installation.require()
        chosen = installation.protectors(protector)
        chosen.require()
        if not without_backup and self.backup_before() is None:
            raise NoProvenBackup
        before = installation.key_store.info().protector
        seen = keys_fingerprint(installation)
        refuse = partial(refuse_backup_password, installation)
        require_settled(installation, _DOING)
        # Asked before the lock is taken, so it is not held while a person types.
        with (
            installation.key_store.unlock(secrets) as keys,
            prefetch_secret(chosen, new_secrets, refuse, installation.least_score) as wrap,
            changes_with(installation, keys, _DOING) as changes,
        ):
            # Somebody may have changed it while the new passphrase was typed.
            changes.require_unchanged(Operation.PROTECTOR, seen)
            event = installation.event(
                Action.PROTECTOR_CHANGED, installation.home.path, before=before, after=chosen.name
            )
            store = installation.key_store
            here = [as_it_is(key, keys) for key in store.keys()]
            copy_keys = [keys.copy_key(key.kid) for key in store.copy_keys()]
            cmdb_id = store.info().cmdb_id
            made = store.prepare(cmdb_id, chosen, wrap, here, changes.server_key, copy_keys)
            # What cannot be removed afterwards is a leftover: `leftovers` tells of it.
            changes.tell(event, Extras(store_id=made.store_id))
            weak = weak_passphrase(wrap)
        return installation.key_store.info()._replace(weak=weak)


def as_it_is(key: StoredKey, keys: OpenKeyStore) -> NewKey:
    """Return a key to be wrapped anew. Its state is the CMDB's, so the one that is given here is not
    stored."""
    return NewKey(KeyInfo(key.kid, key.created, KeyState.DEACTIVATED, key.created), keys.key(key.kid))


def holding_every_key(answer: Recoverability) -> BackupCopy | None:
    """Return the best proven of the copies that count and hold every key here; None without one."""
    here = [key for key in answer.keys if key.here]
    for copy in here[0].good_copies if here else ():
        if all(copy in key.good_copies for key in here):
            return copy
    return None


@dataclass(frozen=True, slots=True)
class Binding:
    """How a key store that asks nobody is bound."""

    elsewhere: bool
    """It is bound to another machine."""
    unreached: ProtectorProblem | None = None
    """The reason's token where the TPM that it is bound to cannot be asked: it is away for now, or this is
    another machine."""

    @property
    def replaceable(self) -> bool:
        """Whether a restore may replace the keys here with those of a backup; where it is `unreached`, only
        a person can decide that."""
        return self.elsewhere or bool(self.unreached)


def binding(key_store: KeyStore) -> Binding:
    """Try to open the key store. Raises KeyStoreDamaged; ProtectorUnavailable where it does not open now
    and nothing shows that it belongs to another machine."""
    try:
        return Binding(key_store.elsewhere())
    except KeyStoreUnreached as error:
        return Binding(elsewhere=False, unreached=error.reason)


def refuse_backup_password(installation: Installation, passphrase: SecretBytes) -> None:
    """Raise PasswordRefused (`opens_backup`) where the passphrase opens the newest backup that can be
    reached. Only that one is tried, since each try takes a second and 256 MiB. Where it cannot be tried,
    the passphrase is accepted."""
    try:
        newest = RegisterService(installation).read("latest")[0]
    except NskeysError:
        return
    refuse_password_of(newest, passphrase)


def refuse_password_of(backup: Inspected, passphrase: SecretBytes) -> None:
    """Raise PasswordRefused (`opens_backup`) where the passphrase opens this backup."""
    if backup.protection is not Protection.PASSWORD:
        return
    try:
        open_backup(backup, passphrase).wipe()
    except NskeysError:
        return
    raise PasswordRefused(PasswordProblem.OPENS_BACKUP)
