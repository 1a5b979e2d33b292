"""The key store while its KEK is unwrapped."""

from collections.abc import Callable, Sequence

from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import unwrap_key, wrap_key
from nskeys.errors import KeyStoreDamaged, NoSuchKey, PlanOutdated
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.keys import Kid, StoredKey
from nskeys.model.secret import SecretBytes
from nskeys.model.times import to_rfc3339
from nskeys.ports import NewKey
from nskeys.reasons import Operation, Problem
from nskeys.store.keystore.copy_keys import CopyKeyFiles, wrap_copy_key
from nskeys.store.keystore.files import KeyRecord, ServerRecord
from nskeys.store.keystore.generation import Generation


def wrap_new_key(kek: SecretBytes, store_id: str, key: NewKey) -> KeyRecord:
    """Return a key's record. Raises KeyStoreDamaged (`wrong_key`) where the material does not fit its
    id."""
    if thumbprint(key.material) != key.info.kid:
        raise KeyStoreDamaged(key.info.kid, Problem.WRONG_KEY)
    stored = StoredKey(key.info.kid, key.info.created)
    wrapped = wrap_key(kek, store_id, stored.kid, key.material, to_rfc3339(stored.created))
    return KeyRecord(stored, wrapped)


def open_key(generation: Generation, kek: SecretBytes, store_id: str, record: KeyRecord) -> SecretBytes:
    """Return a key after its thumbprint was recomputed and compared. Raises KeyStoreDamaged
    (`does_not_open`, `wrong_key`)."""
    kid = record.key.kid
    path = str(generation.key_json(kid))
    created = to_rfc3339(record.key.created)
    material = _unwrapped(path, kek, store_id, kid, record.wrapped, created)
    if thumbprint(material) != kid:
        material.wipe()
        raise KeyStoreDamaged(path, Problem.WRONG_KEY)
    return material


def open_server_key(
    generation: Generation, kek: SecretBytes, store_id: str, record: ServerRecord
) -> SecretBytes:
    """Return the server key, likewise."""
    path = str(generation.server_json)
    seed = _unwrapped(path, kek, store_id, server_thumbprint(record.public), record.wrapped)
    if public_of(seed) != record.public:
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

    @property
    def store_id(self) -> str:
        return self._store_id

    def key(self, kid: Kid) -> SecretBytes:
        kek = self._open()
        if kid not in self._records:
            self._generation.require_absent(kid)
            raise NoSuchKey(kid)
        return self._give(open_key(self._generation, kek, self._store_id, self._records[kid]))

    def server_key(self) -> SecretBytes:
        """Return the Ed25519 seed (32 bytes). Raises KeyStoreDamaged. Wiped at close."""
        return self._give(open_server_key(self._generation, self._open(), self._store_id, self._server))

    def add(self, keys: Sequence[NewKey]) -> None:
        """Write the files of new keys, durably when this returns, and open each again. Needs the lock; a
        key that is here already stays as it is. Nothing names them before a change of the CMDB does.
        Raises KeyStoreDamaged; PlanOutdated where the store was re-wrapped since it was opened;
        CannotCreate."""
        kek = self._open()
        if not self._is_current():
            raise PlanOutdated(Operation.KEY_STORE)
        before = self._generation.key_records()
        made = {key.info.kid: wrap_new_key(kek, self._store_id, key) for key in keys}
        for record in {**made, **{kid: before[kid] for kid in made if kid in before}}.values():
            # Both thumbprints were compared with one id, so what is here is the very key that is added.
            open_key(self._generation, kek, self._store_id, record).wipe()
        for kid, record in made.items():
            if kid not in before:
                self._generation.add(record)
        self._records = self._generation.key_records()

    def copy_key(self, kid: str) -> HeldCopyKey:
        kept = CopyKeyFiles(self._generation.folder)
        if kid not in kept.kids():
            raise NoSuchKey(kid)
        held = kept.open(self._open(), self._store_id, kid)
        return HeldCopyKey(held.key, self._give(held.secret))

    def add_copy_keys(self, keys: Sequence[HeldCopyKey]) -> None:
        kek, kept = self._open(), CopyKeyFiles(self._generation.folder)
        if not self._is_current():
            raise PlanOutdated(Operation.KEY_STORE)
        for held in keys:
            if held.key.kid not in kept.kids():
                kept.add(wrap_copy_key(kek, self._store_id, held))
            kept.open(kek, self._store_id, held.key.kid).secret.wipe()

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


def _unwrapped(
    path: str, kek: SecretBytes, store_id: str, label: str, blob: bytes, created: str = ""
) -> SecretBytes:
    try:
        return unwrap_key(kek, store_id, label, blob, created)
    except KeyStoreDamaged as error:
        raise KeyStoreDamaged(path, error.problem) from None
