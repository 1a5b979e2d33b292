"""Making a generation of the key store: written whole, then reopened from the disk and compared."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nskeys.crypto.keys import new_material, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import wrap_key
from nskeys.errors import KeyStoreDamaged
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import NewKey, Protector, Purpose, SecretProvider, SecretRequest, Wrapped
from nskeys.reasons import Problem
from nskeys.store.keystore.copy_keys import CopyKeyFiles, wrap_copy_key
from nskeys.store.keystore.files import KeyRecord, ServerRecord, StoreRecord
from nskeys.store.keystore.generation import Generation
from nskeys.store.keystore.unlocked import open_key, open_server_key, wrap_new_key


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation holds."""

    keys: Sequence[NewKey]
    copy_keys: Sequence[HeldCopyKey]
    server_key: SecretBytes


def build(
    generation: Generation, cmdb_id: str, protector: Protector, secrets: SecretProvider, contents: Contents
) -> str:
    """Write a generation under a new store id and a new KEK, then open all of it again through its
    protector and compare; return the store id. A failure leaves a folder that nothing reads."""
    store_id = os.urandom(16).hex()
    with new_material() as kek, _Remembering(secrets) as asked:
        parameters = protector.wrap(kek, store_id, asked).parameters
        generation.write_whole(
            StoreRecord(store_id, cmdb_id, protector.name, parameters),
            _wrapped_server(kek, store_id, contents.server_key),
            [wrap_new_key(kek, store_id, key) for key in contents.keys],
            [wrap_copy_key(kek, store_id, held) for held in contents.copy_keys],
        )
        _reopen(generation, protector, asked, contents)
    return store_id


def _wrapped_server(kek: SecretBytes, store_id: str, seed: SecretBytes) -> ServerRecord:
    public = public_of(seed)
    return ServerRecord(public, wrap_key(kek, store_id, server_thumbprint(public), seed))


def _reopen(
    generation: Generation, protector: Protector, secrets: SecretProvider, contents: Contents
) -> None:
    store = generation.store_record()
    records = generation.key_records()
    expected = {key.info.kid: key.material for key in contents.keys}
    with protector.unwrap(Wrapped(store.parameters), store.store_id, secrets) as kek:
        same = records.keys() == expected.keys() and all(
            _holds(generation, kek, store.store_id, record, expected) for record in records.values()
        )
        with open_server_key(generation, kek, store.store_id, generation.server_record()) as seed:
            same = same and seed.same_as(contents.server_key)
        same = same and _copy_keys_open(generation, kek, store.store_id, contents.copy_keys)
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
        return material.same_as(expected[record.key.kid])


def _copy_keys_open(
    generation: Generation, kek: SecretBytes, store_id: str, expected: Sequence[HeldCopyKey]
) -> bool:
    kept = CopyKeyFiles(generation.folder)
    for held in expected:
        with kept.open(kek, store_id, held.key.kid).secret as secret:
            if not secret.same_as(held.secret):
                return False
    return kept.kids() == {held.key.kid for held in expected}


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
