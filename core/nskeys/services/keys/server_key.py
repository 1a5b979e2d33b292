"""The server key: shown, and replaced by a new one on a live server.

The new key signs anew what held under the one before, whose signatures count up to the last change before
it was replaced. The key before signs the statement too, where anybody can see that its owner agreed.
"""

from dataclasses import dataclass, replace

from nskeys.crypto.keys import new_server_seed, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.model.audit import Action
from nskeys.model.checkpoint import Predecessor
from nskeys.model.secret import SecretBytes
from nskeys.model.statements import Statement, StatementKind
from nskeys.ports import Purpose, SecretProvider, SecretRequest
from nskeys.services.installation import Installation
from nskeys.services.keys.protector import as_it_is
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.services.recovery.identities import set_recovery
from nskeys.services.recovery.record import recovery_in
from nskeys.services.register.history import sign_history_again
from nskeys.services.register.predecessors import (
    ServerKeys,
    checkpoint_by,
    server_keys,
    state,
    statements,
    thumbprint_of,
)
from nskeys.services.transaction import Extras, changes_with, require_settled

_DOING = "replacing the server key"


@dataclass(frozen=True, slots=True)
class ServerKeyReport:
    """This server's key and those before it."""

    server_key: str
    """Its thumbprint, as the runbook prints it."""
    predecessors: tuple[Predecessor, ...]
    """The newest first."""
    statements: tuple[Statement, ...]
    """How each came after the one before, the newest first."""


class ServerKeyService:
    """Shows and replaces the server key."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> ServerKeyReport:
        """Return the server key and its history, without unlocking anything. Raises NotSetUp."""
        installation = self._installation
        installation.require()
        keys = server_keys(installation)
        with installation.cmdb.reading() as view:
            told = tuple(statement for _, statement in statements(view, keys.public or b""))
        return _report(keys, told)

    def replace(self, secrets: SecretProvider) -> ServerKeyReport:
        """Make a new server key in a new generation of the key store, under the same protector. Killed at
        any point, the old key or the new one signs, and what it signed holds. Raises ChangeWaits."""
        installation = self._installation
        installation.require()
        require_settled(installation, _DOING)
        store = installation.key_store
        info = store.info()
        chosen = installation.protectors(info.uri or info.device or info.protector)
        with (
            RememberedPassphrase(secrets) as known,
            store.unlock(known) as keys,
            new_server_seed() as seed,
            changes_with(installation, keys, _DOING) as changes,
        ):
            here = [as_it_is(key, keys) for key in store.keys()]
            copy_keys = [keys.copy_key(key.kid) for key in store.copy_keys()]
            made = store.prepare(info.cmdb_id, chosen, _the_same(known), here, seed, copy_keys)
            before = changes.server_key
            public = public_of(before)
            event = installation.event(
                Action.SERVER_KEY_REPLACED, installation.home.path, before=server_thumbprint(public)
            )
            with installation.cmdb.reading() as view:
                checkpoint = checkpoint_by(view, public)
            earlier = () if checkpoint is None else checkpoint.predecessors
            upto = 0 if checkpoint is None else checkpoint.number
            predecessors = (*earlier, Predecessor(server_thumbprint(public), upto))
            extras = Extras(store_id=made.store_id, predecessors=predecessors)
            with changes.succeeded_by(seed).signed(event, extras) as change:
                if checkpoint is not None:
                    sign_history_again(change, public, checkpoint, seed)
                if change.recovery_row() is not None:
                    place = installation.cmdb.address()
                    set_recovery(change, recovery_in(change, public, place), seed)
                statement = Statement(
                    kind=StatementKind.REPLACED,
                    cmdb_id=change.cmdb_id,
                    moment=installation.clock.now(),
                    server_key=thumbprint_of(seed),
                    predecessor=server_thumbprint(public),
                    upto=upto,
                    highest=upto,
                    backup=None,
                )
                state(change, statement, seed, before)
        return self.show()


def _report(keys: ServerKeys, told: tuple[Statement, ...]) -> ServerKeyReport:
    return ServerKeyReport(server_thumbprint(keys.public or b""), keys.predecessors, told)


def _the_same(known: RememberedPassphrase) -> SecretProvider:
    """Return a provider that gives the passphrase in force where a new one is asked for."""

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        if request.purpose is Purpose.NEW_PASSPHRASE and not retry:
            return known(replace(request, purpose=Purpose.PASSPHRASE), 0)
        return known(request, retry)

    return provider
