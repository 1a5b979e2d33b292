"""What every key store keeps to: the one on disk, and the one that the services' tests use."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    AlreadySetUp,
    CannotCreate,
    KeyStoreDamaged,
    NoSuchKey,
    NotSetUp,
    SecretUnavailable,
)
from nskeys.model.keys import KeyState, Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, NewKey, Purpose, StoreInfo
from nskeys.protectors.catalogue import protector
from nskeys.reasons import Problem
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import AFTERNOON, Answers, NobodyToAsk
from tests.fakes.keys import new_key
from tests.fakes.memory_keystore import MemoryKeyStore

CMDB = "c0" * 16
LATER = AFTERNOON + timedelta(days=1)
QUICK = Argon2Cost(memory_kib=8, iterations=1, lanes=1)
NO_KID = Kid("0" * 64)

PLAIN = protector("file")
ASKING = protector("passphrase", QUICK)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    if request.param == "disk":
        return DiskKeyStore(tmp_path / "store", tmp_path / "server.pub", protector)
    return MemoryKeyStore()


@pytest.fixture
def key() -> NewKey:
    return new_key()


@pytest.fixture
def seed() -> SecretBytes:
    return new_server_seed()


@pytest.fixture
def full(store: KeyStore, key: NewKey, seed: SecretBytes) -> KeyStore:
    store.create(CMDB, PLAIN, NobodyToAsk(), [key], seed)
    return store


def passphrase(text: str, *tries: str) -> Answers:
    return Answers({Purpose.NEW_PASSPHRASE: [text], Purpose.PASSPHRASE: tries})


def test_before_it_is_created_there_is_nothing(store: KeyStore) -> None:
    store.sweep()
    assert not store.exists()
    assert store.server_public() is None
    assert not store.opens_with(SecretBytes.from_text("anything"))
    asking: list[Callable[[], object]] = [
        store.info,
        store.keys,
        lambda: store.unlock(NobodyToAsk()).__enter__(),
    ]
    for ask in asking:
        with pytest.raises(NotSetUp):
            ask()


def test_a_created_store_says_what_it_is_without_being_unlocked(
    full: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    assert full.exists()
    info = full.info()
    assert (info.generation, info.cmdb_id, info.protector) == (1, CMDB, "file")
    assert len(bytes.fromhex(info.store_id)) == 16
    assert full.keys() == (key.info,)
    assert full.server_public() == public_of(seed)


def test_an_unlocked_store_gives_its_keys(full: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)
        with pytest.raises(NoSuchKey):
            opened.key(NO_KID)


def test_a_second_creation_is_refused_and_changes_nothing(full: KeyStore, key: NewKey) -> None:
    before = full.info()
    with pytest.raises(AlreadySetUp):
        full.create(CMDB, PLAIN, NobodyToAsk(), [new_key()], new_server_seed())
    assert full.info() == before
    assert full.keys() == (key.info,)


def test_a_store_without_keys_can_be_created(store: KeyStore, seed: SecretBytes) -> None:
    store.create(CMDB, PLAIN, NobodyToAsk(), [], seed)
    assert store.exists()
    assert store.keys() == ()


def test_a_key_under_another_keys_id_is_not_taken(store: KeyStore, seed: SecretBytes) -> None:
    forged = NewKey(new_key().info, new_key().material)
    with pytest.raises(KeyStoreDamaged):
        store.create(CMDB, PLAIN, NobodyToAsk(), [forged], seed)
    assert not store.exists()


def test_somebody_who_gives_up_at_the_passphrase_leaves_no_store(
    store: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    with pytest.raises(SecretUnavailable):
        store.create(CMDB, ASKING, Answers(), [key], seed)
    assert not store.exists()
    store.create(CMDB, PLAIN, NobodyToAsk(), [key], seed)
    assert store.keys() == (key.info,)


def test_keys_are_listed_oldest_first(store: KeyStore, seed: SecretBytes) -> None:
    keys = [new_key(created=AFTERNOON + timedelta(hours=hours)) for hours in (5, -3, 1)]
    store.create(CMDB, PLAIN, NobodyToAsk(), keys, seed)
    assert [info.created for info in store.keys()] == sorted(key.info.created for key in keys)


def test_a_change_adds_keys_and_changes_states_at_once(full: KeyStore, key: NewKey) -> None:
    fresh = new_key(created=LATER)
    retired = key.info.in_state(KeyState.DEACTIVATED, LATER)
    with full.unlock(NobodyToAsk()) as opened:
        opened.change(add=[fresh], states=[retired])
        assert opened.key(fresh.info.kid).same_as(fresh.material)
    assert full.keys() == (retired, fresh.info)
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.key(fresh.info.kid).same_as(fresh.material)


def test_a_change_may_set_the_state_of_a_key_that_it_adds(full: KeyStore) -> None:
    fresh = new_key(created=LATER)
    retired = fresh.info.in_state(KeyState.DEACTIVATED, LATER)
    with full.unlock(NobodyToAsk()) as opened:
        opened.change(add=[fresh], states=[retired])
    assert retired in full.keys()


def test_a_change_that_names_an_unknown_key_changes_nothing(full: KeyStore, key: NewKey) -> None:
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(NoSuchKey):
        opened.change(
            add=[new_key()], states=[key.info.in_state(KeyState.COMPROMISED, LATER), new_key().info]
        )
    assert full.keys() == (key.info,)


def test_a_change_with_a_key_under_another_keys_id_changes_nothing(full: KeyStore, key: NewKey) -> None:
    forged = NewKey(new_key().info, new_key().material)
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.change(add=[new_key(), forged])
    assert full.keys() == (key.info,)


def test_a_key_that_is_here_cannot_be_overwritten(full: KeyStore, key: NewKey) -> None:
    other = NewKey(key.info, new_key().material)
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.change(add=[other])
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_adding_a_key_that_is_here_keeps_it_as_it_is(full: KeyStore, key: NewKey) -> None:
    retired = key.info.in_state(KeyState.DEACTIVATED, LATER)
    with full.unlock(NobodyToAsk()) as opened:
        opened.change(states=[retired])
        opened.change(add=[key])
        opened.change()
    assert full.keys() == (retired,)


def test_closing_wipes_every_key_that_was_given_out(full: KeyStore, key: NewKey) -> None:
    with full.unlock(NobodyToAsk()) as opened:
        given = [opened.key(key.info.kid), opened.server_key()]
        assert [len(secret) for secret in given] == [32, 32]
    assert [len(secret) for secret in given] == [0, 0]
    opened.close()
    for use in (lambda: opened.key(key.info.kid), opened.server_key, opened.change):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_new_passphrase_keeps_the_keys_and_changes_everything_else(
    full: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    before = full.info()
    full.rewrap(ASKING, NobodyToAsk(), passphrase("correct horse"))
    after = full.info()
    assert (after.generation, after.cmdb_id, after.protector) == (2, CMDB, "passphrase")
    assert after.store_id != before.store_id
    assert full.keys() == (key.info,)
    assert full.server_public() == public_of(seed)
    person = passphrase("", "battery staple", "correct horse")
    with full.unlock(person) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)
    assert [retry for _, retry in person.asked] == [0, 1]
    assert not any(person.given)


def test_a_person_is_asked_for_a_new_passphrase_once(full: KeyStore) -> None:
    person = passphrase("correct horse")
    full.rewrap(ASKING, NobodyToAsk(), person)
    assert [request.purpose for request, _ in person.asked] == [Purpose.NEW_PASSPHRASE]
    assert not any(person.given)


def test_a_store_can_be_wrapped_anew_again_and_again(full: KeyStore, key: NewKey) -> None:
    full.rewrap(ASKING, NobodyToAsk(), passphrase("one"))
    full.rewrap(ASKING, passphrase("", "one"), passphrase("two"))
    full.rewrap(PLAIN, passphrase("", "two"), NobodyToAsk())
    assert (full.info().generation, full.info().protector) == (4, "file")
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_somebody_who_gives_up_changing_the_protector_keeps_the_old_one(
    full: KeyStore, key: NewKey
) -> None:
    before = full.info()
    with pytest.raises(SecretUnavailable):
        full.rewrap(ASKING, NobodyToAsk(), Answers())
    assert full.info() == before
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_what_has_to_happen_before_the_switch_finds_the_old_store_and_can_stop_it(
    full: KeyStore, key: NewKey
) -> None:
    before, found = full.info(), list[StoreInfo]()

    def refuse() -> None:
        found.append(full.info())
        raise CannotCreate("cmdb.sqlite3", Problem.NO_SPACE)

    with pytest.raises(CannotCreate):
        full.rewrap(ASKING, NobodyToAsk(), passphrase("new"), refuse)
    assert (full.info(), found) == (before, [before])
    full.sweep()
    full.rewrap(ASKING, NobodyToAsk(), passphrase("new"), lambda: found.append(full.info()))
    assert found == [before, before]
    with full.unlock(passphrase("", "new")) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_a_wrong_passphrase_opens_nothing_until_nobody_has_another(full: KeyStore) -> None:
    full.rewrap(ASKING, NobodyToAsk(), passphrase("right"))
    person = passphrase("", "wrong", "also wrong")
    with pytest.raises(SecretUnavailable), full.unlock(person):
        raise AssertionError("it opened")
    assert [retry for _, retry in person.asked] == [0, 1, 2]


def test_it_tells_whether_a_backups_password_would_open_it(full: KeyStore) -> None:
    assert not full.opens_with(SecretBytes.from_text("right"))
    full.rewrap(ASKING, NobodyToAsk(), passphrase("right"))
    candidate = SecretBytes.from_text("right")
    assert full.opens_with(candidate)
    assert candidate.text() == "right"
    assert not full.opens_with(SecretBytes.from_text("wrong"))
    assert not full.opens_with(SecretBytes(b""))
