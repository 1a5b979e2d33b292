"""Keys for tests."""

from collections.abc import Sequence
from datetime import datetime

from nskeys.crypto.keys import new_material, thumbprint
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.keys import KeyInfo, KeyState, Kid, StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, NewKey, Protector, SecretProvider, StoreInfo
from tests.fakes.fixed import AFTERNOON


def new_key(state: KeyState = KeyState.ACTIVE, created: datetime = AFTERNOON) -> NewKey:
    """A key that nothing sealed with yet."""
    material = new_material()
    return NewKey(KeyInfo(thumbprint(material), created, state, created), material)


def a_key(kid: Kid, state: KeyState = KeyState.ACTIVE, created: datetime = AFTERNOON) -> KeyInfo:
    """A key that only the CMDB knows."""
    return KeyInfo(kid, created, state, created)


CMDB = "c0" * 16


def stored(*keys: NewKey) -> tuple[StoredKey, ...]:
    """These keys as a key store lists them."""
    return tuple(StoredKey(key.info.kid, key.info.created) for key in keys)


def establish(
    store: KeyStore,
    protector: Protector,
    secrets: SecretProvider,
    keys: Sequence[NewKey],
    seed: SecretBytes,
    copy_keys: Sequence[HeldCopyKey] = (),
) -> StoreInfo:
    """Make a generation with these keys the one that counts."""
    made = store.prepare(CMDB, protector, secrets, keys, seed, copy_keys)
    store.publish(made.store_id)
    return made


def wrap_anew(store: KeyStore, protector: Protector, unwrap: SecretProvider, wrap: SecretProvider) -> None:
    """Put every key under another protector."""
    with store.unlock(unwrap) as opened:
        keys = [
            NewKey(KeyInfo(key.kid, key.created, KeyState.ACTIVE, key.created), opened.key(key.kid))
            for key in store.keys()
        ]
        cmdb_id = store.info().cmdb_id
        copy_keys = [opened.copy_key(key.kid) for key in store.copy_keys()]
        made = store.prepare(cmdb_id, protector, wrap, keys, opened.server_key(), copy_keys)
        store.publish(made.store_id)
    store.sweep()
