"""Key derivation agrees with published vectors, and a cost that was read is bounded before it is paid."""

import subprocess
import sys

import pytest

from nskeys.crypto.kdf import Argon2Bounds, Argon2Cost, argon2id, hkdf_sha256, scrypt
from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes


def test_scrypt_is_that_of_rfc_7914() -> None:
    key = scrypt(SecretBytes(b"pleaseletmein"), b"SodiumChloride", 14, length=64)
    assert key.reveal().hex() == (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )


def test_hkdf_is_that_of_rfc_5869() -> None:
    key = hkdf_sha256(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert key.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_argon2id_is_that_of_the_reference_implementation() -> None:
    key = argon2id(SecretBytes(b"password"), b"somesalt", Argon2Cost(65_536, 2, 1))
    assert key.reveal().hex() == "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"


def test_the_default_cost_is_256_mebibytes() -> None:
    assert Argon2Cost() == Argon2Cost(memory_kib=256 * 1024, iterations=3, lanes=4)
    Argon2Cost().check()


@pytest.mark.parametrize(
    "cost",
    [
        Argon2Cost(memory_kib=1_048_577),
        Argon2Cost(memory_kib=7, lanes=1),
        Argon2Cost(memory_kib=31, lanes=4),
        Argon2Cost(iterations=0),
        Argon2Cost(iterations=17),
        Argon2Cost(lanes=0),
        Argon2Cost(lanes=17),
        Argon2Cost(memory_kib=-1),
        Argon2Cost(memory_kib=10**30),
    ],
    ids=str,
)
def test_a_cost_that_no_key_store_states_is_refused(cost: Argon2Cost) -> None:
    with pytest.raises(KeyStoreDamaged) as raised:
        cost.check()
    assert raised.value.problem == "kdf_cost"


def test_bounds_are_the_callers_to_choose() -> None:
    strict = Argon2Bounds(memory_kib=(65_536, 262_144), iterations=(3, 3), lanes=(4, 4))
    Argon2Cost().check(strict)
    with pytest.raises(KeyStoreDamaged):
        Argon2Cost(memory_kib=1_024).check(strict)


_STARVED = """
import resource
from nskeys.crypto.kdf import Argon2Cost, argon2id, scrypt
from nskeys.errors import NotEnoughMemory
from nskeys.model.secret import SecretBytes
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
for derive in (
    lambda: scrypt(SecretBytes(b"x"), b"salt", 20),
    lambda: argon2id(SecretBytes(b"x"), b"salt" * 4, Argon2Cost(memory_kib=1 << 20)),
):
    try:
        derive()
    except NotEnoughMemory as error:
        print(error.needed_mib)
"""


def test_a_machine_without_the_memory_is_told_how_much_is_needed() -> None:
    starved = subprocess.run([sys.executable, "-c", _STARVED], capture_output=True, text=True, check=False)
    assert starved.stdout.split() == ["1024", "1024"], starved.stderr
