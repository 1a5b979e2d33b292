"""Rows that are packed: the same ones come out, and their secrets can be wiped."""

import gc

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.packed import Packed, PackedSecrets
from nskeys.model.secret import SecretBytes
from tests.fakes.examples import examples

SIZES = (0, 1, 255, 256, 257, 600)


def rows(count: int) -> Packed[tuple[int, str]]:
    packed = Packed(lambda number, text: (number, text))
    for number in range(count):
        packed.append(number, f"row {number} \u5bc6")
    return packed


def secrets(values: list[bytes]) -> PackedSecrets:
    packed = PackedSecrets()
    for value in values:
        packed.append(SecretBytes(value))
    return packed


@pytest.mark.parametrize("count", SIZES)
def test_rows_come_out_as_they_went_in(count: int) -> None:
    packed, wanted = rows(count), [(number, f"row {number} \u5bc6") for number in range(count)]
    assert (len(packed), list(packed), packed[:]) == (count, wanted, wanted)
    assert [packed[number] for number in range(count)] == wanted
    with pytest.raises(IndexError):
        packed[count]


@given(st.lists(st.binary(max_size=9), max_size=600))
@settings(max_examples=examples(25))
def test_secrets_come_out_as_they_went_in(values: list[bytes]) -> None:
    packed = secrets(values)
    assert len(packed) == len(values)
    assert [secret.reveal() for secret in packed] == values
    assert [secret.reveal() for secret in packed[1:300:7]] == values[1:300:7]


def test_a_secret_that_was_taken_is_wiped_and_so_are_all_of_them_at_the_end() -> None:
    given_ = [SecretBytes(b"secret %d" % number) for number in range(300)]
    packed = PackedSecrets()
    for secret in given_:
        packed.append(secret)
    assert {len(secret) for secret in given_[:256]} == {0}
    held = [one for one in gc.get_referents(packed.__dict__) if isinstance(one, list)]
    kept = [one for some in held for one in some if isinstance(one, SecretBytes)]
    assert any(len(one) for one in kept)
    packed.wipe()
    assert (len(packed), {len(one) for one in kept}) == (0, {0})
    packed.wipe()


def test_wiping_writes_zeros_into_the_memory_of_a_secret() -> None:
    secret = SecretBytes(b"quokka" * 40)
    with memoryview(secret._buffer) as seen:
        with pytest.raises(BufferError):  # its memory cannot be given back while it is looked at
            secret.wipe()
        assert bytes(seen) == bytes(240)
