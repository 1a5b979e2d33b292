"""What every protector keeps to."""

from collections.abc import Callable

import pytest

from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import new_material
from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json
from nskeys.ports import Protector, Purpose, Wrapped
from nskeys.protectors.catalogue import protector
from tests.fakes.fixed import Answers
from tests.fakes.memory_protector import MachineProtector
from tests.fakes.token import PIN

STORE = "5a" * 16
MAKERS: dict[str, Callable[[pytest.FixtureRequest], Protector]] = {
    "file": lambda request: protector("file"),
    "passphrase": lambda request: protector("passphrase", Argon2Cost(8, 1, 1)),
    "tpm2": lambda request: protector(request.getfixturevalue("board").uri),
    "pkcs11": lambda request: protector(request.getfixturevalue("tokens").uri()),
    "machine": lambda request: MachineProtector(),
}


@pytest.fixture(params=MAKERS)
def any_protector(request: pytest.FixtureRequest) -> Protector:
    return MAKERS[request.param](request)


@pytest.fixture
def person() -> Answers:
    return Answers(
        {
            Purpose.NEW_PASSPHRASE: ["correct horse"],
            Purpose.PASSPHRASE: ["correct horse"],
            Purpose.PIN: [PIN, PIN],
        }
    )


def test_what_it_wraps_it_unwraps(any_protector: Protector, person: Answers) -> None:
    kek = new_material()
    wrapped = any_protector.wrap(kek, STORE, person)
    with any_protector.unwrap(wrapped, STORE, person) as again:
        assert again.same_as(kek)
    assert len(kek) == 32


def test_where_it_wraps_it_can_be_used(any_protector: Protector) -> None:
    any_protector.require()


def test_it_asks_a_person_only_if_it_says_so(any_protector: Protector, person: Answers) -> None:
    any_protector.unwrap(any_protector.wrap(new_material(), STORE, person), STORE, person)
    assert bool(person.asked) == any_protector.asks
    assert (any_protector.wants is not None) == any_protector.asks
    assert not any(person.given)


def test_its_parameters_can_be_written_down(any_protector: Protector, person: Answers) -> None:
    parameters = any_protector.wrap(new_material(), STORE, person).parameters
    assert canonical_json(parameters)


def test_two_wraps_of_one_key_can_be_told_from_two_stores(
    any_protector: Protector, person: Answers
) -> None:
    """A KEK belongs to one store; wrapping it says which, wherever the protector can bind at all."""
    if any_protector.name == "file":
        return  # binds to nothing, and is called so
    wrapped = any_protector.wrap(new_material(), STORE, person)
    with pytest.raises(Exception, match=r"KeyStoreDamaged|SecretUnavailable"):
        any_protector.unwrap(wrapped, "a5" * 16, person)


def test_a_key_of_another_size_is_refused(any_protector: Protector, person: Answers) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        any_protector.wrap(SecretBytes(b"short"), STORE, person)


def test_parameters_of_something_else_are_damage(any_protector: Protector, person: Answers) -> None:
    with pytest.raises(KeyStoreDamaged):
        any_protector.unwrap(Wrapped({}), STORE, person)


def test_a_password_of_something_else_does_not_open_it(any_protector: Protector, person: Answers) -> None:
    wrapped = any_protector.wrap(new_material(), STORE, person)
    assert not any_protector.opens_with(wrapped, STORE, SecretBytes.from_text("other"))
