"""Server names and hints cannot carry what a terminal would obey."""

import pytest

from nskeys.archive.limits import check_hint, check_server
from nskeys.errors import FieldInvalid, HintRefused

UNSAFE = [
    "\x00",
    "\t",
    "\n",
    "\r",
    "\x1b[2J",
    "\x7f",
    "\x9b2J",
    "\u200e",
    "\u202e",
    "\u2028",
    "\u2066",
    "\ufeff",
]


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
def test_control_and_direction_characters_are_refused(character: str) -> None:
    with pytest.raises(HintRefused) as hint:
        check_hint(f"the{character}door")
    assert hint.value.reason == "control_characters"
    with pytest.raises(FieldInvalid) as server:
        check_server(f"ns{character}01")
    assert (server.value.field, server.value.problem) == ("server", "control_characters")


@pytest.mark.parametrize("hint", ["", "Blaue Tür", "می\u200cخواهم", "日本語", "[/bold] {x} %s", "x" * 200])
def test_what_people_write_is_accepted(hint: str) -> None:
    check_hint(hint)


def test_lengths_are_bounded() -> None:
    with pytest.raises(HintRefused) as hint:
        check_hint("x" * 201)
    assert hint.value.reason == "too_long"
    check_server("x" * 255)
    for server, problem in (("x" * 256, "too_long"), ("", "empty")):
        with pytest.raises(FieldInvalid) as raised:
            check_server(server)
        assert raised.value.problem == problem


def test_text_in_another_normal_form_is_refused() -> None:
    with pytest.raises(HintRefused) as hint:
        check_hint("Blaue Tu\u0308r")
    assert hint.value.reason == "not_nfc"
    with pytest.raises(FieldInvalid) as server:
        check_server("ns-zu\u0308rich")
    assert server.value.problem == "not_nfc"
    check_hint("Blaue T\u00fcr")
