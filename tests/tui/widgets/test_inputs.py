"""Lines to type into: hostile text stays text, and a password never comes out again."""

import pytest
from textual.events import Paste
from textual.widgets import Input

from nskeys.model.secret import SecretBytes
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.inputs import PasswordInput, TextInput, shown_in_place
from nskeys_tui.widgets.room import Room
from tests.tui.stage import SMALL_SIZE, Stage, until

HOSTILE = "a\x1b]52;c;eA==\x07b\x9b31m\u202ec\td"


def test_what_a_terminal_obeys_is_shown_as_a_sign_one_for_one() -> None:
    assert shown_in_place(HOSTILE) == "a▯]52;c;eA==▯b▯31m▯c▯d"
    assert shown_in_place("Zürich 日本 e\u0301") == "Zürich 日本 e\u0301"


async def test_hostile_text_in_a_field_never_reaches_the_terminal() -> None:
    field = TextInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.value = HOSTILE
        await pilot.pause()
        painted = "\n".join(stage.lines())
        assert not set(painted) & set("\x1b\x07\x9b\u202e\t")
        assert field.value == HOSTILE


async def test_the_cursor_stands_where_the_sign_stands() -> None:
    field = TextInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.value = "a\tb"
        field.focus()
        await pilot.press("end", "left", "x")
        assert field.value == "a\txb"


@pytest.mark.parametrize("moved", ["end", "home", "left"])
async def test_ctrl_u_leaves_nothing_of_a_password_that_nobody_sees(moved: str) -> None:
    field = PasswordInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.focus()
        await pilot.press(*"tr0ub4dor", moved, "ctrl+u", *"new")
        assert field.value == "new"


async def test_what_was_generated_is_gone_on_with_at_its_end() -> None:
    field = PasswordInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.focus()
        await pilot.press(*"short")
        with SecretBytes(b"generated password") as secret:
            field.fill(secret)
        await pilot.press("1")
        assert field.value == "generated password1"


@pytest.mark.parametrize("select", ["shift+home", "ctrl+shift+a", "ctrl+a,shift+end"])
async def test_a_password_cannot_be_selected_copied_or_cut(select: str) -> None:
    field = PasswordInput()
    stage = Stage(field, TextInput(id="other"))
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.focus()
        await pilot.press(*"tr0ub4dor", *select.split(","), "ctrl+c", "ctrl+x", "super+c")
        assert field.selected_text == ""
        assert field.selection.is_empty
        assert pilot.app.clipboard == ""
        with field.secret() as secret:
            assert secret.reveal() == b"tr0ub4dor"
        assert "tr0ub4dor" not in "\n".join(stage.lines())


async def test_a_password_can_be_pasted_and_its_line_end_is_not_a_part_of_it() -> None:
    field = PasswordInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.focus()
        pilot.app.screen.post_message(Paste("correct horse\n"))
        await until(pilot, lambda: bool(field.value))
        assert field.value == "correct horse"


async def test_a_password_typed_on_two_keyboards_is_one() -> None:
    field = PasswordInput()
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.value = "u\u0308ber"
        with field.secret() as secret:
            assert secret.text() == "\u00fcber"


async def test_a_field_says_what_is_wrong_where_its_help_stood() -> None:
    field = FormField("Name", help="any name, used once per kind")
    stage = Stage(field, size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[:2] == ["Name", "              any name, used once per kind"]
        field.problem = "A name is missing."
        await pilot.pause()
        assert stage.lines()[1] == "              ! A name is missing."
        field.problem = ""
        await pilot.pause()
        assert stage.lines()[1].endswith("any name, used once per kind")


async def test_a_field_leaves_enter_to_its_screen_and_tells_what_is_typed() -> None:
    field = FormField("Name")
    stage = Stage(field)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.focus()
        await pilot.press("n", "s", "enter")
        assert field.value == "ns"
        assert [message.value for message in stage.heard(Input.Changed)] == ["n", "ns"]
        assert not stage.heard(Input.Submitted)


CHOICES = (
    Choice("new", "New installation"),
    Choice("restore", "Restore", "from a backup"),
    Choice("on", "Go on"),
)


async def test_a_choice_is_reached_by_arrows_and_by_its_first_letter() -> None:
    choices = ChoiceList(CHOICES)
    stage = Stage(choices)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        choices.focus()
        await pilot.press("down", "enter", "g", "enter", "down", "enter", "n", "enter")
        chosen = [message.key for message in stage.heard(ChoiceList.Chosen)]
        assert chosen == ["restore", "on", "on", "new"]
        assert stage.lines()[:3] == [
            "▸ New installation",
            "  Restore",
            "  from a backup",
        ]


LONG_PATH = "/mnt/vault/backups-of-the-notification-servers/of-this-year/ns01-5ac19e2b-20261122T140200Z.zip"


async def test_a_long_choice_is_broken_into_lines_and_never_cut() -> None:
    choices = ChoiceList([Choice("file", LONG_PATH, f"from {LONG_PATH}"), Choice("other", "Another file")])
    stage = Stage(choices, size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        shown = [line.strip("▸ ") for line in stage.lines()]
        assert "".join(shown[:2]) == LONG_PATH
        assert "".join(shown[2:4]) == f"from {LONG_PATH}"
        assert shown[4] == "Another file"


async def test_a_list_longer_than_its_place_scrolls_with_the_cursor() -> None:
    choices = ChoiceList([Choice(str(n), f"{n}{LONG_PATH}") for n in range(20)])
    stage = Stage(Room(choices), size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        choices.focus()
        await pilot.press("end")
        await until(pilot, lambda: any("▸ 19/mnt" in line for line in stage.lines()))
        assert any(".zip" in line for line in stage.lines()[-2:])


async def test_what_is_wrong_with_a_field_is_said_in_full() -> None:
    field = FormField("Hint")
    stage = Stage(field, size=(40, 18))
    async with stage.play() as pilot:
        await stage.settled(pilot)
        field.problem = "The hint contains the password, and anybody can read it."
        await until(pilot, lambda: any("read it." in line for line in stage.lines()))
