"""The protector that asks a person."""

import time

import pytest

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_material
from nskeys.errors import KeyStoreDamaged, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, from_base64url, to_base64url
from nskeys.ports import Purpose, SecretRequest, Wrapped
from nskeys.protectors.passphrase import LONGEST, PassphraseProtector
from tests.fakes.fixed import Answers, NobodyToAsk

STORE = "5a" * 16
QUICK = PassphraseProtector(Argon2Cost(memory_kib=8, iterations=1, lanes=1))


def wrap(kek: SecretBytes, passphrase: str) -> Wrapped:
    return QUICK.wrap(kek, STORE, Answers({Purpose.NEW_PASSPHRASE: [passphrase]}))


def unwrap(wrapped: Wrapped, *tries: str) -> SecretBytes:
    return QUICK.unwrap(wrapped, STORE, Answers({Purpose.PASSPHRASE: tries}))


def changed(original: Wrapped, /, **parameters: Json) -> Wrapped:
    return Wrapped({**original.parameters, **parameters})


def test_it_says_what_opening_costs_and_nothing_secret() -> None:
    kek = new_material()
    parameters = wrap(kek, "correct horse").parameters
    assert parameters.keys() == {"kdf", "memory_kib", "iterations", "lanes", "salt", "wrapped"}
    assert parameters["kdf"] == "argon2id"
    assert (parameters["memory_kib"], parameters["iterations"], parameters["lanes"]) == (8, 1, 1)
    assert to_base64url(kek.reveal()) not in str(parameters)


def test_no_two_wraps_are_alike() -> None:
    kek = new_material()
    one, other = wrap(kek, "same").parameters, wrap(kek, "same").parameters
    assert one["salt"] != other["salt"]
    assert one["wrapped"] != other["wrapped"]


def test_it_asks_until_the_passphrase_is_right() -> None:
    kek = new_material()
    wrapped = wrap(kek, "right")
    person = Answers({Purpose.PASSPHRASE: ["wrong", "", "x" * (LONGEST + 1), "right", "unused"]})
    assert QUICK.unwrap(wrapped, STORE, person).same_as(kek)
    assert [retry for _, retry in person.asked] == [0, 1, 2, 3]
    assert not any(person.given)


def test_it_stops_when_nobody_has_another_one() -> None:
    with pytest.raises(SecretUnavailable):
        unwrap(wrap(new_material(), "right"), "wrong")


def test_one_passphrase_typed_on_two_keyboards_is_one() -> None:
    kek = new_material()
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert unwrap(wrap(kek, composed), decomposed).same_as(kek)
    assert unwrap(wrap(kek, decomposed), composed).same_as(kek)
    candidate = SecretBytes(decomposed.encode("utf-8"))
    assert QUICK.opens_with(wrap(kek, composed), STORE, candidate)


def test_a_wrap_for_one_store_does_not_open_in_another() -> None:
    wrapped = wrap(new_material(), "right")
    assert QUICK.opens_with(wrapped, STORE, SecretBytes.from_text("right"))
    assert not QUICK.opens_with(wrapped, "a5" * 16, SecretBytes.from_text("right"))


@pytest.mark.parametrize(
    ("passphrase", "reason"), [(b"", "empty"), (b"x" * (LONGEST + 1), "too_long"), (b"\xff", "not_text")]
)
def test_a_passphrase_that_nobody_could_type_again_is_refused(passphrase: bytes, reason: str) -> None:
    given = SecretBytes(passphrase)

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        return given

    with pytest.raises(PasswordRefused) as refused:
        QUICK.wrap(new_material(), STORE, provider)
    assert refused.value.reason == reason
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert not given


@pytest.mark.parametrize(
    "cost",
    [
        {"memory_kib": 1 << 21},
        {"memory_kib": 0},
        {"memory_kib": -8},
        {"memory_kib": 10**40},
        {"iterations": 0},
        {"iterations": 10_000},
        {"lanes": 0},
        {"lanes": 64, "memory_kib": 1024},
        {"lanes": 4, "memory_kib": 16},
    ],
)
def test_a_hostile_cost_is_refused_before_anything_is_derived(cost: dict[str, Json]) -> None:
    wrapped = changed(wrap(new_material(), "right"), **cost)
    started = time.monotonic()
    with pytest.raises(KeyStoreDamaged) as damaged:
        QUICK.unwrap(wrapped, STORE, NobodyToAsk())
    assert damaged.value.problem == "kdf_cost"
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"kdf": "scrypt"},
        {"kdf": 7},
        {"memory_kib": True},
        {"iterations": "1"},
        {"lanes": None},
        {"salt": to_base64url(bytes(15))},
        {"salt": to_base64url(bytes(16)) + "="},
        {"wrapped": to_base64url(bytes(60))},
        {"wrapped": ["x"]},
        {"extra": 1},
    ],
)
def test_parameters_that_it_did_not_write_are_damage(parameters: dict[str, Json]) -> None:
    with pytest.raises(KeyStoreDamaged):
        QUICK.unwrap(changed(wrap(new_material(), "right"), **parameters), STORE, NobodyToAsk())


def test_every_flipped_bit_of_the_wrapped_key_keeps_it_shut() -> None:
    wrapped = wrap(new_material(), "right")
    whole = from_base64url(str(wrapped.parameters["wrapped"]))
    for bit in range(0, len(whole) * 8, 7):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        damaged = changed(wrapped, wrapped=to_base64url(bytes(flipped)))
        assert not QUICK.opens_with(damaged, STORE, SecretBytes.from_text("right"))


def test_the_default_costs_what_the_design_says() -> None:
    """256 MiB, three passes, four lanes; checked without paying for it."""
    assert Argon2Cost() == Argon2Cost(memory_kib=262_144, iterations=3, lanes=4)
    Argon2Cost().check()


def test_what_is_wrong_is_never_told_with_the_passphrase() -> None:
    with pytest.raises(SecretUnavailable) as gave_up:
        unwrap(wrap(new_material(), "right"), "hunter2")
    error: BaseException | None = gave_up.value
    while error is not None:
        assert "hunter2" not in f"{error!r} {error}"
        assert isinstance(error, SecretUnavailable | WrongPassword)
        error = error.__context__
