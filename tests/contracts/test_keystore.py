"""What every key store keeps to: the one on disk, and the one that the services' tests use."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nskeys.archive.copy_key_jwk import new_copy_key
from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of
from nskeys.errors import (
    KeyStoreDamaged,
    NoSuchKey,
    NotSetUp,
    SecretUnavailable,
)
from nskeys.model.copy_keys import HeldCopyKey
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import KeyStore, NewKey, Purpose
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import AFTERNOON, Answers, NobodyToAsk
from tests.fakes.keys import CMDB, establish, new_key, stored, wrap_anew
from tests.fakes.memory_keystore import MemoryKeyStore

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
    establish(store, PLAIN, NobodyToAsk(), [key], seed)
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
    assert full.keys() == stored(key)
    assert full.server_public() == public_of(seed)


def test_an_unlocked_store_gives_its_keys(full: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)
        with pytest.raises(NoSuchKey):
            opened.key(NO_KID)


def test_what_is_prepared_does_not_count_before_it_is_published(
    full: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    before, other = full.info(), new_key(created=LATER)
    made = full.prepare(CMDB, PLAIN, NobodyToAsk(), [key, other], seed)
    assert (made.generation, made.cmdb_id, made.protector) == (2, CMDB, "file")
    assert (full.info(), full.keys()) == (before, stored(key))
    full.publish(made.store_id)
    assert (full.info(), full.keys()) == (made, stored(key, other))
    full.publish(made.store_id)  # as whoever finishes what a killed process began
    assert full.info() == made


def test_what_was_never_published_is_swept(full: KeyStore, key: NewKey, seed: SecretBytes) -> None:
    before = full.info()
    made = full.prepare(CMDB, PLAIN, NobodyToAsk(), [key], seed)
    full.sweep()
    with pytest.raises(KeyStoreDamaged):
        full.publish(made.store_id)
    assert full.info() == before


def test_a_store_without_keys_can_be_created(store: KeyStore, seed: SecretBytes) -> None:
    establish(store, PLAIN, NobodyToAsk(), [], seed)
    assert store.exists()
    assert store.keys() == ()


def test_a_key_under_another_keys_id_is_not_taken(store: KeyStore, seed: SecretBytes) -> None:
    forged = NewKey(new_key().info, new_key().material)
    with pytest.raises(KeyStoreDamaged):
        establish(store, PLAIN, NobodyToAsk(), [forged], seed)
    assert not store.exists()


def test_somebody_who_gives_up_at_the_passphrase_leaves_no_store(
    store: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    with pytest.raises(SecretUnavailable):
        establish(store, ASKING, Answers(), [key], seed)
    assert not store.exists()
    establish(store, PLAIN, NobodyToAsk(), [key], seed)
    assert store.keys() == stored(key)


def test_keys_are_listed_oldest_first(store: KeyStore, seed: SecretBytes) -> None:
    keys = [new_key(created=AFTERNOON + timedelta(hours=hours)) for hours in (5, -3, 1)]
    establish(store, PLAIN, NobodyToAsk(), keys, seed)
    assert [key.created for key in store.keys()] == sorted(key.info.created for key in keys)


def test_a_key_is_added_beside_the_others(full: KeyStore, key: NewKey) -> None:
    fresh = new_key(created=LATER)
    with full.unlock(NobodyToAsk()) as opened:
        opened.add([fresh])
        assert opened.key(fresh.info.kid).same_as(fresh.material)
    assert full.keys() == stored(key, fresh)
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.key(fresh.info.kid).same_as(fresh.material)


def test_a_key_under_another_keys_id_is_not_added(full: KeyStore, key: NewKey) -> None:
    forged = NewKey(new_key().info, new_key().material)
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.add([new_key(), forged])
    assert full.keys() == stored(key)


def test_a_key_that_is_here_cannot_be_overwritten(full: KeyStore, key: NewKey) -> None:
    other = NewKey(key.info, new_key().material)
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.add([other])
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_adding_a_key_that_is_here_keeps_it_as_it_is(full: KeyStore, key: NewKey) -> None:
    with full.unlock(NobodyToAsk()) as opened:
        opened.add([key])
        opened.add([])
    assert full.keys() == stored(key)


def test_closing_wipes_every_key_that_was_given_out(full: KeyStore, key: NewKey) -> None:
    with full.unlock(NobodyToAsk()) as opened:
        given = [opened.key(key.info.kid), opened.server_key()]
        assert [len(secret) for secret in given] == [32, 32]
    assert [len(secret) for secret in given] == [0, 0]
    opened.close()
    for use in (lambda: opened.key(key.info.kid), opened.server_key, lambda: opened.add([key])):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_a_new_passphrase_keeps_the_keys_and_changes_everything_else(
    full: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    before = full.info()
    wrap_anew(full, ASKING, NobodyToAsk(), passphrase("correct horse"))
    after = full.info()
    assert (after.generation, after.cmdb_id, after.protector) == (2, CMDB, "passphrase")
    assert after.store_id != before.store_id
    assert full.keys() == stored(key)
    assert full.server_public() == public_of(seed)
    person = passphrase("", "battery staple", "correct horse")
    with full.unlock(person) as opened:
        assert opened.key(key.info.kid).same_as(key.material)
        assert opened.server_key().same_as(seed)
    assert [retry for _, retry in person.asked] == [0, 1]
    assert not any(person.given)


def test_a_person_is_asked_for_a_new_passphrase_once(full: KeyStore) -> None:
    person = passphrase("correct horse")
    wrap_anew(full, ASKING, NobodyToAsk(), person)
    assert [request.purpose for request, _ in person.asked] == [Purpose.NEW_PASSPHRASE]
    assert not any(person.given)


def test_a_store_can_be_wrapped_anew_again_and_again(full: KeyStore, key: NewKey) -> None:
    wrap_anew(full, ASKING, NobodyToAsk(), passphrase("one"))
    wrap_anew(full, ASKING, passphrase("", "one"), passphrase("two"))
    wrap_anew(full, PLAIN, passphrase("", "two"), NobodyToAsk())
    assert (full.info().generation, full.info().protector) == (4, "file")
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_somebody_who_gives_up_changing_the_protector_keeps_the_old_one(
    full: KeyStore, key: NewKey
) -> None:
    before = full.info()
    with pytest.raises(SecretUnavailable):
        wrap_anew(full, ASKING, NobodyToAsk(), Answers())
    assert full.info() == before
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.key(key.info.kid).same_as(key.material)


def test_a_wrong_passphrase_opens_nothing_until_nobody_has_another(full: KeyStore) -> None:
    wrap_anew(full, ASKING, NobodyToAsk(), passphrase("right"))
    person = passphrase("", "wrong", "also wrong")
    with pytest.raises(SecretUnavailable), full.unlock(person):
        raise AssertionError("it opened")
    assert [retry for _, retry in person.asked] == [0, 1, 2]


def test_it_tells_whether_a_backups_password_would_open_it(full: KeyStore) -> None:
    assert not full.opens_with(SecretBytes.from_text("right"))
    wrap_anew(full, ASKING, NobodyToAsk(), passphrase("right"))
    candidate = SecretBytes.from_text("right")
    assert full.opens_with(candidate)
    assert candidate.text() == "right"
    assert not full.opens_with(SecretBytes.from_text("wrong"))
    assert not full.opens_with(SecretBytes(b""))


# --- copy keys


def test_a_new_store_has_no_copy_key(full: KeyStore) -> None:
    assert full.copy_keys() == ()


def test_copy_keys_are_listed_by_age_and_opened(full: KeyStore) -> None:
    newer, older = new_copy_key(LATER), new_copy_key(AFTERNOON)
    with full.unlock(NobodyToAsk()) as opened:
        opened.add_copy_keys([newer, older])
        opened.add_copy_keys([newer])  # again changes nothing
    assert full.copy_keys() == (older.key, newer.key)
    with full.unlock(NobodyToAsk()) as opened:
        held = opened.copy_key(older.key.kid)
        assert held.key == older.key
        assert held.secret.same_as(older.secret)
        with pytest.raises(NoSuchKey):
            opened.copy_key(NO_KID)
    assert held.secret.reveal() == b""  # wiped when the store was closed


def test_a_copy_key_that_its_name_does_not_fit_is_refused(full: KeyStore) -> None:
    one, other = new_copy_key(LATER), new_copy_key(LATER)
    with full.unlock(NobodyToAsk()) as opened, pytest.raises(KeyStoreDamaged):
        opened.add_copy_keys([HeldCopyKey(one.key, other.secret)])
    assert full.copy_keys() == ()


def test_copy_keys_go_along_when_the_protector_changes(full: KeyStore) -> None:
    made = new_copy_key(LATER)
    with full.unlock(NobodyToAsk()) as opened:
        opened.add_copy_keys([made])
    wrap_anew(full, PLAIN, NobodyToAsk(), NobodyToAsk())
    assert full.copy_keys() == (made.key,)
    with full.unlock(NobodyToAsk()) as opened:
        assert opened.copy_key(made.key.kid).secret.same_as(made.secret)


def test_a_restored_store_begins_with_the_copy_keys_of_the_backup(
    store: KeyStore, key: NewKey, seed: SecretBytes
) -> None:
    made = new_copy_key(LATER)
    establish(store, PLAIN, NobodyToAsk(), [key], seed, [made])
    assert store.copy_keys() == (made.key,)
