"""What every key store keeps to once its disk is in another machine: nothing opens, nobody is asked, and
only then may other keys take its place."""

from pathlib import Path

import pytest

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import KeyStoreDamaged, KeyStoreElsewhere, SecretUnavailable
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, NewKey, Protector, Purpose
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.keys import CMDB, establish, new_key, stored
from tests.fakes.memory_keystore import MemoryKeyStore
from tests.fakes.memory_protector import MachineProtector

NOBODY = NobodyToAsk()
PLAIN = protector("file")
ASKING = protector("passphrase", Argon2Cost(8, 1, 1))


@pytest.fixture
def machine() -> MachineProtector:
    return MachineProtector()


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path, machine: MachineProtector) -> KeyStore:
    def named(name: str) -> Protector:
        return machine if name == machine.name else protector(name)

    if request.param == "disk":
        return DiskKeyStore(tmp_path / "store", tmp_path / "server.pub", named)
    return MemoryKeyStore()


@pytest.fixture
def key() -> NewKey:
    return new_key()


@pytest.fixture
def seed() -> SecretBytes:
    return new_server_seed()


@pytest.fixture
def moved(store: KeyStore, machine: MachineProtector, key: NewKey, seed: SecretBytes) -> KeyStore:
    """Its disk is in another machine now."""
    establish(store, machine, NOBODY, [key], seed)
    assert not store.elsewhere()
    machine.machine = "new hardware"
    return store


def test_it_says_that_it_is_bound_to_another_machine(moved: KeyStore, key: NewKey) -> None:
    assert moved.elsewhere()
    assert moved.exists()
    assert moved.keys() == stored(key)
    with pytest.raises(KeyStoreElsewhere), moved.unlock(NOBODY):
        raise AssertionError("it opened")


def test_where_there_is_none_nothing_is_elsewhere(store: KeyStore) -> None:
    assert not store.elsewhere()


def test_what_a_person_opens_is_nowhere_else(store: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    answers = Answers({Purpose.NEW_PASSPHRASE: ["correct horse"]})
    establish(store, ASKING, answers, [key], seed)
    assert not store.elsewhere()


def test_other_keys_take_its_place(moved: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    other = new_key()
    before = moved.info()
    establish(moved, PLAIN, NOBODY, [key, other], seed)
    after = moved.info()
    assert (after.generation, after.protector, after.cmdb_id) == (2, "file", CMDB)
    assert after.store_id != before.store_id
    assert not moved.elsewhere()
    assert set(moved.keys()) == set(stored(key, other))
    assert moved.server_public() == public_of(seed)
    with moved.unlock(NOBODY) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)


def test_another_servers_key_may_come_with_them(moved: KeyStore, key: NewKey) -> None:
    stranger = new_server_seed()
    establish(moved, PLAIN, NOBODY, [key], stranger)
    assert moved.server_public() == public_of(stranger)


def test_what_fails_leaves_it_as_it_was(moved: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    before = moved.info()
    forged = NewKey(new_key().info, new_key().material)
    with pytest.raises(KeyStoreDamaged):
        establish(moved, PLAIN, NOBODY, [forged], seed)
    with pytest.raises(SecretUnavailable):
        establish(moved, ASKING, Answers(), [key], seed)
    assert moved.info() == before
    assert moved.elsewhere()
