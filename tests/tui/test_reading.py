"""Text that is longer than its screen is read with the keys that move in a list."""

import pytest

from nskeys_tui.dialogs.help import Help
from nskeys_tui.dialogs.questions import FactsDialog
from nskeys_tui.widgets.frame import Rule
from tests.tui.stage import Stage, until

PAIRS = tuple((f"{number}", f"line {number}") for number in range(1, 41))


@pytest.mark.parametrize(("down", "up"), [("G", "g"), ("end", "home"), ("pagedown", "pageup")])
@pytest.mark.parametrize("dialog", [Help(PAIRS), FactsDialog("Facts", PAIRS)], ids=["help", "facts"])
async def test_a_dialog_is_scrolled_by_pages_and_to_its_ends(
    dialog: Help | FactsDialog, down: str, up: str
) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(
            pilot, type(dialog)(PAIRS) if isinstance(dialog, Help) else FactsDialog("Facts", PAIRS)
        )
        await until(pilot, lambda: "line 1 " in "\n".join(stage.lines()))
        await pilot.press(down)
        await until(pilot, lambda: "line 1 " not in "\n".join(stage.lines()))
        await pilot.press(up)
        await until(pilot, lambda: "line 1 " in "\n".join(stage.lines()))


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up")])
async def test_a_dialog_is_scrolled_by_lines(down: str, up: str) -> None:
    stage = Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, Help(PAIRS))
        await until(pilot, lambda: "line 1 " in "\n".join(stage.lines()))
        await pilot.press(down)
        await until(pilot, lambda: "line 1 " not in "\n".join(stage.lines()))
        assert "line 2 " in "\n".join(stage.lines())
        await pilot.press(up)
        await until(pilot, lambda: "line 1 " in "\n".join(stage.lines()))
