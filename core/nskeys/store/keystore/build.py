"""Making a generation of the key store: written whole, then reopened from the disk and compared."""

import os
from collections.abc import Mapping, Sequence

from nskeys.crypto.keys import new_material, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import wrap_key
from nskeys.errors import KeyStoreDamaged
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, Protector, Purpose, SecretProvider, SecretRequest, Wrapped
from nskeys.reasons import Problem
from nskeys.store.keystore.files import KeyRecord, ServerRecord, StoreRecord
from nskeys.store.keystore.generation import Generation
from nskeys.store.keystore.unlocked import open_key, open_server_key, wrap_new_key


def build(
    generation: Generation,
    cmdb_id: str,
    protector: Protector,
    secrets: SecretProvider,
    keys: Sequence[NewKey],
    server_key: SecretBytes,
) -> None:
    """Write a generation under a new store id and a new KEK, then open all of it again through its
    protector and compare. A failure leaves a folder that nothing reads."""
    store_id = os.urandom(16).hex()
    with new_material() as kek, _Remembering(secrets) as asked:
        parameters = protector.wrap(kek, store_id, asked).parameters
        generation.write_whole(
            StoreRecord(store_id, cmdb_id, protector.name, parameters),
            _wrapped_server(kek, store_id, server_key),
            {key.info.kid: wrap_new_key(kek, store_id, key) for key in keys},
        )
        _reopen(generation, protector, asked, keys, server_key)


def _wrapped_server(kek: SecretBytes, store_id: str, seed: SecretBytes) -> ServerRecord:
    name = server_thumbprint(public_of(seed))
    return ServerRecord(name, wrap_key(kek, store_id, name, seed))


def _reopen(
    generation: Generation,
    protector: Protector,
    secrets: SecretProvider,
    keys: Sequence[NewKey],
    server_key: SecretBytes,
) -> None:
    store = generation.store_record()
    records = generation.key_records()
    expected = {key.info.kid: key.material for key in keys}
    with protector.unwrap(Wrapped(store.parameters), store.store_id, secrets) as kek:
        same = records.keys() == expected.keys() and all(
            _holds(generation, kek, store.store_id, record, expected) for record in records.values()
        )
        with open_server_key(generation, kek, store.store_id, generation.server_record()) as seed:
            same = same and seed.same_as(server_key)
    if not same:
        raise KeyStoreDamaged(str(generation.folder), Problem.NOT_CANONICAL)


def _holds(
    generation: Generation,
    kek: SecretBytes,
    store_id: str,
    record: KeyRecord,
    expected: Mapping[Kid, SecretBytes],
) -> bool:
    with open_key(generation, kek, store_id, record) as material:
        return material.same_as(expected[record.info.kid])


class _Remembering:
    """Asks for a new passphrase or a token's PIN once, and reuses the answer when the new store is
    reopened."""

    def __init__(self, secrets: SecretProvider) -> None:
        self._secrets = secrets
        self._given: SecretBytes | None = None

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        if request.purpose in (Purpose.PASSPHRASE, Purpose.PIN) and self._given is not None:
            if not retry:
                return SecretBytes(self._given.reveal())
            if request.purpose is Purpose.PASSPHRASE:  # the right one does not open what it just closed
                raise KeyStoreDamaged("protector.json", Problem.DOES_NOT_OPEN)
        answer = self._secrets(request, retry)
        if request.purpose in (Purpose.NEW_PASSPHRASE, Purpose.PIN):
            self._forget()
            self._given = SecretBytes(answer.reveal())
        return answer

    def __enter__(self) -> "_Remembering":
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _forget(self) -> None:
        if self._given is not None:
            self._given.wipe()
            self._given = None
