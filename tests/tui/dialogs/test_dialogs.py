"""Questions on top of a screen: what each answer returns."""

import pytest

from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest
from nskeys.wording.passwords import question
from nskeys_tui.dialogs.questions import ConfirmDialog, MessageDialog
from nskeys_tui.dialogs.secret import AskPassword, NewPassword
from nskeys_tui.screens.session import ask_secret
from nskeys_tui.widgets.frame import Rule
from tests.tui.demo import generate, judge
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, Stage, until

SIZES = [HOME_SIZE, SMALL_SIZE]


def new_password() -> NewPassword:
    return NewPassword("New password", "Only this opens it.", assess=judge, generate=generate)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["escape"], None),
        (["down", "enter"], True),
        (["y", "enter"], True),
        (["y", "n", "enter"], False),
    ],
)
async def test_a_question_is_answered_with_no_until_the_person_moves(keys: list[str], answer: bool) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, ConfirmDialog("Remove it?", "Its secret is gone for good."))
        await pilot.press(*keys)
        await until(pilot, lambda: bool(stage.answers))
        assert stage.answers == [answer]


async def test_what_only_adds_something_is_marked_with_yes() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, ConfirmDialog("New copy", "Copy it?", harmless=True))
        await pilot.press("enter")
        await until(pilot, lambda: stage.answers == [True])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_notice_says_what_happened_and_what_to_do(size: tuple[int, int], key: str) -> None:
    stage = Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, MessageDialog("Damaged", "The backup is damaged [/].", "Use another copy."))
        text = "\n".join(stage.lines())
        assert "The backup is damaged [/]." in text
        assert "Use another copy." in text
        await pilot.press(key)
        await until(pilot, lambda: stage.answers == [None])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_what_a_password_means_is_never_cut(size: tuple[int, int], purpose: Purpose) -> None:
    stage = Stage(Rule(), size=size)
    request = SecretRequest(purpose, "ns01.zip", "the one that hangs in the safe of the second building")
    async with stage.play() as pilot:
        await stage.ask(pilot, ask_secret(request, 1))
        shown = " ".join(" ".join(line.strip(" │") for line in stage.lines()).split())
        words = question(request, 1, stop="Esc")
        assert words.help in shown
        assert words.refused in shown
        assert "…" not in shown


async def test_a_password_comes_back_as_a_secret_and_the_field_forgets_it() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        dialog = AskPassword("Password", "Password of the backup", refused="That one does not open it.")
        await stage.ask(pilot, dialog)
        assert any("! That one does not open it." in line for line in stage.lines())
        await pilot.press(*"hunter2", "enter")
        await until(pilot, lambda: bool(stage.answers))
        assert isinstance(stage.answers[0], SecretBytes)
        assert stage.answers[0].reveal() == b"hunter2"


async def test_no_password_is_no_answer() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskPassword("Password", "Password of the backup"))
        await pilot.press("enter")
        assert any("! Type the password" in line for line in stage.lines())
        await pilot.press("escape")
        await until(pilot, lambda: stage.answers == [None])


@pytest.mark.parametrize("size", SIZES)
async def test_a_new_password_is_typed_twice(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, new_password())
        await pilot.press(*"correct horse", "enter", *"battery", "enter")
        assert any("! The two passwords differ." in line for line in stage.lines())
        await pilot.press("ctrl+u", *"correct horse", "enter")
        await until(pilot, lambda: bool(stage.answers))
        assert stage.answers[0].reveal() == b"correct horse"


async def test_the_strength_of_a_new_password_is_shown_while_it_is_typed() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, new_password())
        await pilot.press(*"correct horse")
        await until(pilot, lambda: any("███░ 13 characters" in line for line in stage.lines()))
        await pilot.press("ctrl+u")
        await until(pilot, lambda: not any("characters" in line for line in stage.lines()))


async def test_a_generated_password_must_be_seen_before_it_is_taken() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, new_password())
        await pilot.press("ctrl+g")
        assert "k7mwp" not in "\n".join(stage.lines())
        await pilot.press("enter")
        assert any("! Show it first" in line for line in stage.lines())
        await pilot.press("ctrl+r")
        assert any("k7mwp-x2n5r-qgt4v-hdc8z-wpy3f" in line for line in stage.lines())
        assert pilot.app.clipboard == ""
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
        assert stage.answers[0].reveal() == b"k7mwp-x2n5r-qgt4v-hdc8z-wpy3f"


async def test_a_generated_password_that_is_changed_is_a_typed_one() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, new_password())
        await pilot.press("ctrl+g", "ctrl+r", "x")
        await pilot.pause()
        assert "k7mwp" not in "\n".join(stage.lines())
        await pilot.press("enter")
        assert any("! The two passwords differ." in line for line in stage.lines())


async def test_leaving_a_new_password_returns_none() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, new_password())
        await pilot.press(*"abc", "escape")
        await until(pilot, lambda: stage.answers == [None])


@pytest.mark.parametrize("size", SIZES)
async def test_a_weak_new_password_is_asked_about_once(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    request = SecretRequest(Purpose.NEW_BACKUP_PASSWORD)
    async with stage.play() as pilot:
        await stage.ask(pilot, ask_secret(request, 0))
        await pilot.press(*"password", "tab", *"password", "enter")
        asked = "Very weak: one of the first that a program tries. Enter again uses it all the same."
        await until(pilot, lambda: asked in " ".join(" ".join(stage.lines()).replace("│", " ").split()))
        assert not stage.answers
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
        given = stage.answers[0]
        assert (given.reveal(), given.insisted, given.score) == (b"password", True, 0)


async def test_another_password_is_asked_about_anew_and_a_good_one_is_not() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, ask_secret(SecretRequest(Purpose.NEW_PASSPHRASE), 0))
        await pilot.press(*"password", "tab", *"password", "enter")
        await until(pilot, lambda: any("Enter again uses it" in line for line in stage.lines()))
        await pilot.press("1", "shift+tab", "1")
        assert not any("Enter again uses it" in line for line in stage.lines())
        await pilot.press("enter")
        await until(pilot, lambda: any("Enter again uses it" in line for line in stage.lines()))
        for _ in range(2):
            await pilot.press("ctrl+u", *"seven wooden ducks", "tab")
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
        assert (stage.answers[0].reveal(), stage.answers[0].insisted) == (b"seven wooden ducks", False)
