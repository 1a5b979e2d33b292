"""Making copy keys: at a rotation, at each change of who can open backups, and with every key backup under
a password, so that whoever opened an older backup does not open the copies that are made from then on."""

from nskeys.archive.copy_key_jwk import new_copy_key
from nskeys.model.copy_keys import CopyKey
from nskeys.ports import OpenKeyStore
from nskeys.services.installation import Installation


def make_copy_key(installation: Installation, keys: OpenKeyStore) -> CopyKey:
    """Make a copy key and return it; needs the lock. Killed after it, there is one key more, which the next
    key backup holds."""
    held = new_copy_key(installation.clock.now().replace(microsecond=0))
    try:
        keys.add_copy_keys([held])
    finally:
        held.secret.wipe()
    return held.key


def ensure_copy_key(installation: Installation, keys: OpenKeyStore) -> None:
    """Make the first copy key where there is none; needs the lock."""
    if not installation.key_store.copy_keys():
        make_copy_key(installation, keys)
