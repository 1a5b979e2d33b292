"""The key store while its KEK is unwrapped."""

from collections.abc import Callable, Sequence

from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import unwrap_key, wrap_key
from nskeys.errors import KeyStoreDamaged, NoSuchKey, PlanOutdated
from nskeys.model.keys import KeyInfo, Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey
from nskeys.reasons import Operation, Problem
from nskeys.store.keystore.files import KeyRecord, ServerRecord
from nskeys.store.keystore.generation import Generation


def wrap_new_key(kek: SecretBytes, store_id: str, key: NewKey) -> KeyRecord:
    """Return a key's record. Raises KeyStoreDamaged (`wrong_key`) where the material does not fit its
    id."""
    if thumbprint(key.material) != key.info.kid:
        raise KeyStoreDamaged(key.info.kid, Problem.WRONG_KEY)
    return KeyRecord(key.info, wrap_key(kek, store_id, key.info.kid, key.material))


def open_key(generation: Generation, kek: SecretBytes, store_id: str, record: KeyRecord) -> SecretBytes:
    """Return a key after its thumbprint was recomputed and compared. Raises KeyStoreDamaged
    (`does_not_open`, `wrong_key`)."""
    kid = record.info.kid
    path = str(generation.key_json(kid))
    material = _unwrapped(path, kek, store_id, kid, record.wrapped)
    if thumbprint(material) != kid:
        material.wipe()
        raise KeyStoreDamaged(path, Problem.WRONG_KEY)
    return material


def open_server_key(
    generation: Generation, kek: SecretBytes, store_id: str, record: ServerRecord
) -> SecretBytes:
    """Return the server key, likewise."""
    path = str(generation.server_json)
    seed = _unwrapped(path, kek, store_id, record.thumbprint, record.wrapped)
    if server_thumbprint(public_of(seed)) != record.thumbprint:
        seed.wipe()
        raise KeyStoreDamaged(path, Problem.WRONG_KEY)
    return seed


class OpenGeneration:
    """ports.OpenKeyStore on one generation, whose files were read when it was opened: after a re-wrap it
    still reads the old generation, but cannot change it."""

    def __init__(
        self,
        generation: Generation,
        store_id: str,
        kek: SecretBytes,
        records: dict[Kid, KeyRecord],
        server: ServerRecord,
        is_current: Callable[[], bool],
    ) -> None:
        self._generation = generation
        self._store_id = store_id
        self._kek: SecretBytes | None = kek
        self._records = records
        self._server = server
        self._is_current = is_current
        self._given: list[SecretBytes] = []

    def key(self, kid: Kid) -> SecretBytes:
        kek = self._open()
        if kid not in self._records:
            raise NoSuchKey(kid)
        return self._give(open_key(self._generation, kek, self._store_id, self._records[kid]))

    def server_key(self) -> SecretBytes:
        """Return the Ed25519 seed (32 bytes). Raises KeyStoreDamaged. Wiped at close."""
        return self._give(open_server_key(self._generation, self._open(), self._store_id, self._server))

    def change(self, add: Sequence[NewKey] = (), states: Sequence[KeyInfo] = ()) -> None:
        """Add keys and change states, all or nothing, durably when this returns. Needs the lock.

        Adding a key that is here already changes nothing. Of `states` only the state and its date are used.
        Raises NoSuchKey, KeyStoreDamaged, PlanOutdated where the store was re-wrapped since it was opened,
        CannotCreate.
        """
        kek = self._open()
        if not self._is_current():
            raise PlanOutdated(Operation.KEY_STORE)
        before = self._generation.key_records()
        after = dict(before)
        for key in add:
            after.setdefault(key.info.kid, wrap_new_key(kek, self._store_id, key))
            # Both thumbprints were compared with one id, so what is here is the very key that is added.
            open_key(self._generation, kek, self._store_id, after[key.info.kid]).wipe()
        for info in states:
            if info.kid not in after:
                raise NoSuchKey(info.kid)
            old = after[info.kid]
            after[info.kid] = KeyRecord(old.info.in_state(info.state, info.state_since), old.wrapped)
        changed = {kid: record for kid, record in after.items() if before.get(kid) != record}
        if changed:
            self._generation.change(changed)
        self._records = after

    def close(self) -> None:
        for secret in self._given:
            secret.wipe()
        self._given.clear()
        if self._kek is not None:
            self._kek.wipe()
            self._kek = None

    def _give(self, secret: SecretBytes) -> SecretBytes:
        self._given.append(secret)
        return secret

    def _open(self) -> SecretBytes:
        if self._kek is None:
            raise ValueError("the key store is closed")
        return self._kek


def _unwrapped(path: str, kek: SecretBytes, store_id: str, label: str, blob: bytes) -> SecretBytes:
    try:
        return unwrap_key(kek, store_id, label, blob)
    except KeyStoreDamaged as error:
        raise KeyStoreDamaged(path, error.problem) from None
