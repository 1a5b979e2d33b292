"""Wrapping: a key comes back under its own name, in its own store, and nowhere else."""

import pytest

from nskeys.crypto.keys import new_material, new_server_seed, server_thumbprint, thumbprint
from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import WRAPPED_SIZE, unwrap_kek, unwrap_key, wrap_kek, wrap_key
from nskeys.errors import KeyStoreDamaged, WrongPassword
from nskeys.model.secret import SecretBytes

STORE, OTHER_STORE = "d0" * 16, "d1" * 16
KEK = SecretBytes(b"k" * 32)
KEY = SecretBytes(b"m" * 32)
KID = thumbprint(KEY)
WRAPPED = wrap_key(KEK, STORE, KID, KEY)


def test_a_wrapped_key_comes_back() -> None:
    assert len(WRAPPED) == WRAPPED_SIZE == 61
    assert unwrap_key(KEK, STORE, KID, WRAPPED).same_as(KEY)


def test_the_server_key_is_wrapped_the_same_way_under_its_own_thumbprint() -> None:
    seed = new_server_seed()
    name = server_thumbprint(public_of(seed))
    assert unwrap_key(KEK, STORE, name, wrap_key(KEK, STORE, name, seed)).same_as(seed)


def test_a_key_does_not_pass_for_another_one_nor_for_another_stores() -> None:
    for store, kid in ((STORE, "ab" * 32), (OTHER_STORE, KID)):
        with pytest.raises(KeyStoreDamaged) as raised:
            unwrap_key(KEK, store, kid, WRAPPED)
        assert (raised.value.path, raised.value.problem) == (kid, "does_not_open")


def test_every_flipped_bit_of_a_wrapped_key_is_refused() -> None:
    for bit in range(8 * len(WRAPPED)):
        damaged = bytearray(WRAPPED)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(KeyStoreDamaged):
            unwrap_key(KEK, STORE, KID, bytes(damaged))


@pytest.mark.parametrize("size", [0, 1, 28, 60, 62])
def test_a_wrapped_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(KeyStoreDamaged):
        unwrap_key(KEK, STORE, KID, WRAPPED[:size].ljust(size, b"\x00"))


def test_another_kek_does_not_open_it() -> None:
    with new_material() as other, pytest.raises(KeyStoreDamaged):
        unwrap_key(other, STORE, KID, WRAPPED)


def test_a_kek_comes_back_under_the_key_that_wrapped_it() -> None:
    derived = SecretBytes(b"d" * 32)
    blob = wrap_kek(derived, STORE, KEK)
    assert unwrap_kek(derived, STORE, blob).same_as(KEK)
    for store, key in ((OTHER_STORE, derived), (STORE, KEY)):
        with pytest.raises(WrongPassword) as raised:
            unwrap_kek(key, store, blob)
        assert raised.value.what == "key store"


def test_a_wrapped_kek_is_no_wrapped_key() -> None:
    blob = wrap_kek(KEK, STORE, KEY)
    with pytest.raises(KeyStoreDamaged):
        unwrap_key(KEK, STORE, KID, blob)


@pytest.mark.parametrize(("store", "kid"), [("d0", KID), (STORE, "ab"), (STORE, "zz" * 32)])
def test_an_id_of_the_wrong_size_is_a_mistake_of_the_caller(store: str, kid: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        wrap_key(KEK, store, kid, KEY)


def test_only_keys_of_32_bytes_are_wrapped() -> None:
    with pytest.raises(ValueError, match="32"):
        wrap_key(KEK, STORE, KID, SecretBytes(b"short"))


def test_new_keys_are_32_random_bytes() -> None:
    drawn = [make() for make in (new_material, new_server_seed) for _ in range(50)]
    assert {len(key) for key in drawn} == {32}
    assert len({key.reveal() for key in drawn}) == len(drawn)
