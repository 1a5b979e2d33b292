"""What is longer than the screen is read by the same keys everywhere, and says that there is more."""

import functools
from typing import Any

import pytest
from textual.geometry import Size
from textual.pilot import Pilot

from nskeys_tui.dialogs.help import Help
from nskeys_tui.dialogs.questions import ConfirmDialog, FactsDialog
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.frame import Rule
from nskeys_tui.widgets.room import Room
from tests.tui.app_on import AppOn
from tests.tui.example import Example, build
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, Stage, until

LOW = (60, 11)
"""A window in which everything is longer than the screen."""


@functools.cache
def example() -> Example:
    """A server with everything."""
    return build()


async def reads(pilot: Pilot[Any]) -> None:
    """Read what is shown, up and down, by every key."""
    screen = pilot.app.screen
    await until(pilot, lambda: any(room.max_scroll_y for room in screen.query(Room)))
    room = next(room for room in screen.query(Room) if room.max_scroll_y)
    last, page = room.max_scroll_y, room.size.height - 1
    for key, line in (
        *(("j", 1), ("k", 0), ("down", 1), ("up", 0), ("G", last), ("g", 0), ("end", last), ("home", 0)),
        *(("pagedown", min(page, last)), ("pageup", 0)),
    ):
        await pilot.press(key)
        await until(pilot, lambda line=line: room.scroll_y == line)  # type: ignore[misc]


@pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
async def test_help_is_read_to_its_end_and_says_that_there_is_more(size: tuple[int, int]) -> None:
    app = AppOn(example().services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "question_mark", shows="PgDn More")
        assert "Go to the next part of the screen" not in app.text
        await reads(pilot)
        await app.press(pilot, "G", shows="Go to the next part of the screen", hides="PgDn More")
        await app.press(pilot, "g", shows="PgDn More")


@pytest.mark.parametrize("keys", [("enter",), ("y", "enter"), ("m", "l", "enter"), ("m", "c")])
async def test_every_text_is_read_by_the_same_keys(keys: tuple[str, ...]) -> None:
    app = AppOn(example().services, LOW)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        for key in keys:
            before = pilot.app.screen
            await pilot.press(key)
            await until(pilot, lambda before=before: pilot.app.screen is not before)  # type: ignore[misc]
            await pilot.pause(0.2)
        await reads(pilot)


async def test_facts_in_a_dialog_are_read_by_the_same_keys() -> None:
    stage = Stage(Rule(), size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.ask(pilot, FactsDialog("Drill", [(str(number), "fact") for number in range(40)]))
        await reads(pilot)


async def test_words_above_a_list_are_read_where_the_list_ends() -> None:
    stage = Stage(Rule(), size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.ask(pilot, ConfirmDialog("Remove", *(f"Paragraph {number}." for number in range(20))))
        answers, room = pilot.app.screen.query_one(ChoiceList), pilot.app.screen.query_one(Room)
        await until(pilot, lambda: room.scroll_y > 0)
        bottom = room.scroll_y
        await pilot.press("up")
        assert (answers.cursor, room.scroll_y) == (0, bottom - 1)
        await pilot.press("pageup", "g")
        assert (answers.cursor, room.scroll_y) == (0, 0)
        await pilot.press("pagedown")
        assert answers.cursor == 0
        await pilot.press("down")
        assert (answers.cursor, room.scroll_y) == (1, room.max_scroll_y)


async def test_a_list_that_is_longer_than_the_screen_is_paged_with_its_cursor() -> None:
    choices = ChoiceList([Choice(str(number), f"Choice {number}") for number in range(60)])
    stage = Stage(Room(choices), size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        choices.focus()
        await pilot.press("pagedown", "pagedown")
        seen = "\n".join(stage.lines())
        assert choices.cursor == 34
        assert "▸ Choice 34" in seen
        await pilot.press("pageup")
        assert choices.cursor == 17


async def test_help_names_no_key_that_means_something_else() -> None:
    app = AppOn(example().services)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "slash", shows="a part of a name")
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        await app.wait(pilot, "Arrows  Move")
        assert "j k g G" not in app.text


async def test_scrolling_that_ends_after_the_screen_was_left_is_no_bug() -> None:
    app = AppOn(example().services, SMALL_SIZE)
    async with app.play() as pilot:
        await app.wait(pilot, "12 of 14")
        await app.press(pilot, "question_mark", shows="PgDn More")
        room = app.app.screen.query_one(Room)
        await app.press(pilot, "escape", hides="PgDn More")
        assert not room.is_attached
        room.scroll_y = 1
        room.virtual_size = Size(60, 40)
