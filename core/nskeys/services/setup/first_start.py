"""The first start: what is there, and a new installation.

A first key is never made while the CMDB holds credentials of unknown keys, unless the administrator
names their exact number and lets them go.
"""

from collections.abc import Callable
from dataclasses import replace

from nskeys.archive.limits import check_server
from nskeys.crypto.keys import new_material, new_server_seed, thumbprint
from nskeys.errors import (
    AlreadySetUp,
    CredentialsWithoutKeys,
    KeyStoreDamaged,
    LossCountWrong,
    ProtectorUnavailable,
)
from nskeys.model.audit import Action
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.model.plans import FirstSight, HomeState, SetUpReport
from nskeys.model.recovery import NO_RECOVERY
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, SecretProvider, Settings
from nskeys.services.installation import Installation
from nskeys.services.keys.protector import binding
from nskeys.services.passwords.providers import prefetch_secret, weak_passphrase
from nskeys.services.recovery.identities import set_recovery
from nskeys.services.register.former_server import former_server
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.register.taking_over import succession, take_over
from nskeys.services.transaction import Extras, finish_begun, first_changes, unsigned_changes

_DOING = "setting up"


class SetUpService:
    """Looks at a home, and makes an installation in it."""

    def __init__(self, installation: Installation, random_id: Callable[[], str]) -> None:
        """Take `random_id`, which returns 32 hex digits: the id of a CMDB that is created."""
        self._installation = installation
        self._random_id = random_id

    def look(self) -> FirstSight:
        """Return what is in the home. Creates and unlocks nothing."""
        installation = self._installation
        ready = installation.key_store.exists()
        cmdb = installation.cmdb
        if not cmdb.exists():
            state = HomeState.READY if ready else HomeState.EMPTY
            return FirstSight(state, installation.home.path, cmdb.address(), None, 0, ())
        with cmdb.reading() as view:
            credentials = sum(use.credentials for use in view.counts())
            remembered = verified_copies(view, installation.server_public())
        state = HomeState.DATABASE_ONLY if credentials or remembered else HomeState.EMPTY
        return FirstSight(
            state=HomeState.READY if ready else state,
            home=installation.home.path,
            cmdb=cmdb.address(),
            cmdb_id=cmdb.cmdb_id(),
            credentials=credentials,
            remembered=remembered,
            server="" if ready else former_server(installation).name,
        )

    def look_closely(self) -> FirstSight:
        """Look as `look` does, and whether the keys here open on this machine. Only a TPM is asked; where
        it is there and does not open them now, they count as this machine's."""
        status = self.look()
        try:
            bound = binding(self._installation.key_store)
        except (KeyStoreDamaged, ProtectorUnavailable):
            return status  # reported by the operation that uses the keys
        if bound.unreached:
            return replace(status, state=HomeState.UNREACHED, unreached=bound.unreached)
        return replace(status, state=HomeState.ELSEWHERE) if bound.elsewhere else status

    def use_cmdb(self, address: str) -> None:
        """Record, before there are keys, that this home's CMDB is the one at `address`, so that the next
        start finds it. Raises AlreadySetUp where there are keys, which belong to their CMDB."""
        installation = self._installation
        installation.home.prepare()
        with unsigned_changes(installation, "choosing a CMDB"):
            if installation.key_store.exists():
                raise AlreadySetUp(installation.home.path)
            installation.settings.write(replace(installation.settings.read(), cmdb=address))

    def execute(
        self,
        protector: str,
        secrets: SecretProvider,
        settings: Settings,
        accept_loss: int | None = None,
    ) -> SetUpReport:
        """Make a new installation: its CMDB (or the one that is there), its first key, its server key."""
        installation = self._installation
        check_server(settings.server_name)
        chosen = installation.protectors(protector)
        chosen.require()
        installation.home.prepare()
        finish_begun(installation, _DOING)
        if installation.key_store.exists():
            raise AlreadySetUp(installation.home.path)
        self._check_loss(installation.waiting(), accept_loss)
        first, server_key = self._first_key(), new_server_seed()
        with (
            first.material,
            server_key,
            prefetch_secret(chosen, secrets, least=installation.least_score) as known,
            first_changes(installation, server_key, _DOING) as changes,
        ):
            if installation.key_store.exists():
                raise AlreadySetUp(installation.home.path)
            lost = installation.waiting()
            self._check_loss(lost, accept_loss)
            installation.settings.write(settings)
            if not installation.cmdb.exists():
                installation.cmdb.create(self._random_id())
            cmdb_id = installation.cmdb.cmdb_id()
            event = installation.event(
                Action.LOSS_ACCEPTED if lost else Action.SET_UP,
                settings.server_name,
                protector=chosen.name,
                lost=lost,
                key=first.info.kid,
            )
            store = installation.key_store.prepare(cmdb_id, chosen, known, [first], server_key)
            with changes.signed(event, Extras(store_id=store.store_id)) as change:
                change.set_keys([first.info])
                if lost or change.checkpoint() is not None:
                    # A restore without a backup: nobody vouches for what another server left here.
                    take_over(installation, change, server_key, succession(installation, None))
                    change.count_anew()
                # The CMDB may come from another server, whose identities are not this one's.
                set_recovery(change, NO_RECOVERY, server_key)
            weak = weak_passphrase(known)
        return SetUpReport(
            server=settings.server_name,
            cmdb=installation.cmdb.address(),
            cmdb_id=cmdb_id,
            home=installation.home.path,
            protector=chosen.name,
            kid=first.info.kid,
            weak=weak,
        )

    @staticmethod
    def _check_loss(credentials: int, accepted: int | None) -> None:
        if accepted is not None and accepted != credentials:
            raise LossCountWrong(accepted, credentials)
        if credentials and accepted is None:
            raise CredentialsWithoutKeys(credentials)

    def _first_key(self) -> NewKey:
        material: SecretBytes = new_material()
        now = self._installation.clock.now()
        return NewKey(KeyInfo(thumbprint(material), now, KeyState.ACTIVE, now), material)
