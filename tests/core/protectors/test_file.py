"""The protector that protects nothing, and says so."""

import pytest

from nskeys.crypto.keys import new_material
from nskeys.errors import KeyStoreDamaged
from nskeys.model.signed_json import Json, to_base64url
from nskeys.ports import Wrapped
from nskeys.protectors.file import FileProtector
from tests.fakes.fixed import NobodyToAsk

STORE = "5a" * 16


def test_the_key_lies_in_the_clear() -> None:
    kek = new_material()
    wrapped = FileProtector().wrap(kek, STORE, NobodyToAsk())
    assert wrapped.parameters == {"kek": to_base64url(kek.reveal())}


@pytest.mark.parametrize(
    "parameters",
    [
        {"kek": to_base64url(bytes(31))},
        {"kek": to_base64url(bytes(32)) + "="},
        {"kek": 7},
        {"kek": to_base64url(bytes(32)), "more": 1},
        {},
    ],
)
def test_what_is_no_key_is_damage(parameters: dict[str, Json]) -> None:
    with pytest.raises(KeyStoreDamaged) as damaged:
        FileProtector().unwrap(Wrapped(parameters), STORE, NobodyToAsk())
    assert damaged.value.problem == "parameters"
