"""A share typed into its dialog: completed, checked at once, hidden on request, and given as a secret."""

from typing import Any

import pytest
from textual.pilot import Pilot

from nskeys.crypto.slip39 import new_split_secret, parse, split
from nskeys.errors import ShareRefused
from nskeys.model.custodians import NOTHING_YET, Share, ShareProgress
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import ShareProblem
from nskeys_tui.dialogs.share import AskShare
from nskeys_tui.widgets.frame import Rule
from nskeys_tui.widgets.inputs import WordInput
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, Stage, until

SIZES = [HOME_SIZE, SMALL_SIZE]
SHARES = split(new_split_secret(), 5, 3)
OTHERS = split(new_split_secret(), 5, 3, other_than=[SHARES[0].label.set_name])


def request(gathered: ShareProgress = NOTHING_YET, refused: ShareRefused | None = None) -> ShareRequest:
    return ShareRequest(Purpose.SHARE, "ns01.zip", gathered=gathered, refused=refused)


def words_of(share: Share) -> list[str]:
    return share.words.text().split()


def shown(stage: Stage) -> str:
    return " ".join(" ".join(line.strip(" │") for line in stage.lines()).split())


async def type_words(stage: Stage, pilot: Pilot[Any], words: list[str]) -> None:
    """Each word and a blank, faster than a person."""
    line = stage.app.screen.query_one(WordInput)
    for word in words:
        line.insert_text_at_cursor(f"{word} ")
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("letters", [4, 8])
async def test_twenty_words_or_four_letters_of_each(size: tuple[int, int], letters: int) -> None:
    stage = Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await type_words(stage, pilot, [word[:letters] for word in words_of(SHARES[1])])
        assert all(word in shown(stage) for word in words_of(SHARES[1]))
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
    given = stage.answers[0]
    assert isinstance(given, SecretBytes)
    assert given.same_as(SHARES[1].words)


@pytest.mark.parametrize("size", SIZES)
async def test_everything_is_on_the_screen_while_one_types(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    gathered = ShareProgress("acquire surprise", 3, 5, (4, 1))
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request(gathered, ShareRefused(ShareProblem.GIVEN, share=4))))
        await pilot.press(*"aca")
        page = shown(stage)
        for said in (
            "Sheet 3 of 3",
            "Share 4 was given already.",
            '"acquire surprise": 2 of 3 given (1 and 4), 1 more needed.',
            "let nobody watch",
            "Word 1 of 20",
            "= academic",
            "> 1 ....",
            "20 ....",
            "Hide",
        ):
            assert said in page


async def test_a_word_that_is_none_is_said_with_the_nearest() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await pilot.press(*"acadamic", "space")
        assert "That word is not in the list. Did you mean academic" in shown(stage)
        await pilot.press("backspace")
        assert "not in the list" not in shown(stage)


async def test_a_sheet_from_another_set_is_said_after_two_words() -> None:
    stage = Stage(Rule())
    gathered = NOTHING_YET.with_share(SHARES[0].label)
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request(gathered)))
        await type_words(stage, pilot, words_of(OTHERS[1])[:2])
        assert "! This sheet is from another set" in shown(stage)


async def test_a_sheet_that_was_given_is_said_after_four_words() -> None:
    stage = Stage(Rule())
    gathered = NOTHING_YET.with_share(SHARES[3].label)
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request(gathered)))
        await type_words(stage, pilot, words_of(SHARES[3])[:4])
        assert "! Share 4 was given already." in shown(stage)


@pytest.mark.parametrize("size", SIZES)
async def test_a_misread_word_is_corrected_in_its_place(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    words = words_of(SHARES[0])
    wrong = [*words]
    wrong[17] = "acid" if words[17] != "acid" else "academic"
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await type_words(stage, pilot, wrong)
        assert "checksum does not match" in shown(stage)
        await pilot.press("enter")
        assert stage.answers == []
        await pilot.press("up", "up", *words[17], "enter", "enter")
        await until(pilot, lambda: bool(stage.answers))
    assert parse(stage.answers[0]).label.number == 1


async def test_a_pasted_or_scanned_line_is_a_sheet() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await pilot.press(*SHARES[2].words.text().upper().replace(" ", "\t").split("\t")[0], "space")
        for word in words_of(SHARES[2])[1:]:
            await pilot.press(*word.upper(), "space")
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
    assert stage.answers[0].same_as(SHARES[2].words)


async def test_a_scanner_types_faster_than_messages_come() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        dialog = AskShare(request())
        await stage.ask(pilot, dialog)
        line = dialog.query_one(WordInput)
        words = words_of(SHARES[2])
        for letter in " ".join(words[:11]):
            line.insert_text_at_cursor(letter)
        await pilot.pause()
        for letter in " " + " ".join(words[11:]):
            line.insert_text_at_cursor(letter)
            await pilot.pause(0)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: bool(stage.answers))
    assert stage.answers[0].same_as(SHARES[2].words)


async def test_backspace_in_an_empty_line_takes_the_last_word_out() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await type_words(stage, pilot, ["academic", "acid"])
        await pilot.press("backspace")
        assert "> 2 ...." in shown(stage)
        assert "1 academic" in shown(stage)


@pytest.mark.parametrize("size", SIZES)
async def test_the_next_sheet_takes_the_place_of_one_that_was_given_already(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    gathered = NOTHING_YET.with_share(SHARES[3].label)
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request(gathered)))
        await type_words(stage, pilot, words_of(SHARES[3]))
        assert "! Share 4 was given already." in shown(stage)
        await type_words(stage, pilot, words_of(SHARES[2]))
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))
    assert stage.answers[0].same_as(SHARES[2].words)


@pytest.mark.parametrize("size", SIZES)
async def test_a_sheet_that_is_not_right_is_emptied_by_a_key(size: tuple[int, int]) -> None:
    stage = Stage(Rule(), size=size)
    words = words_of(SHARES[0])
    words[17] = "acid" if words[17] != "acid" else "academic"
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        assert "^U Empty" not in shown(stage)
        await type_words(stage, pilot, words)
        assert "checksum does not match" in shown(stage)
        assert "Ctrl+U empties the sheet." in shown(stage)
        assert "^U Empty" in shown(stage)
        await pilot.press(*"wisd", "ctrl+u")
        assert words[0] in shown(stage), "first the letters in the line go"
        await pilot.press("ctrl+u")
        assert "> 1 ...." in shown(stage)
        assert "20 ...." in shown(stage)
        await type_words(stage, pilot, words_of(SHARES[0]))
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage.answers))


async def test_sheets_that_were_given_are_not_left_without_a_question() -> None:
    stage = Stage(Rule())
    gathered = NOTHING_YET.with_share(SHARES[3].label).with_share(SHARES[0].label)
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request(gathered)))
        await pilot.press("escape")
        await until(pilot, lambda: "Shares 1 and 4 were given" in shown(stage))
        await pilot.press("enter")
        await until(pilot, lambda: "Word 1 of 20" in shown(stage))
        assert stage.answers == []
        await pilot.press("escape", "down", "enter")
        await until(pilot, lambda: stage.answers == [None])


async def test_the_words_can_be_hidden() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, AskShare(request()))
        await type_words(stage, pilot, ["acquire", "surprise"])
        await pilot.press(*"wisd", "ctrl+r")
        page = shown(stage)
        assert "acquire" not in page
        assert "wisd" not in page
        assert "= a word in the list" in page
        assert "1 ****" in page
        await pilot.press("ctrl+r")
        assert "acquire" in shown(stage)


async def test_nothing_is_copied_out_of_the_line_and_esc_leaves_nothing() -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        dialog = AskShare(request())
        await stage.ask(pilot, dialog)
        await pilot.press(*"wisdom", "shift+home", "ctrl+c")
        assert stage.app.clipboard == ""
        line = dialog.query_one(WordInput)
        await pilot.press("escape")
        await until(pilot, lambda: stage.answers == [None])
        assert line.value == ""
