"""What Textual calls its updates, and what happens with one that is not known."""

import inspect

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor, InlineUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from nskeys_tui.app import NskeysApp
from nskeys_tui.terminal.grid import Grid
from nskeys_tui.terminal.updates import lines_of
from tests.tui.demo import opening

PRIVATE = ("_display", "_batch_count", "_running", "_closed", "_driver", "_sync_available")


async def test_the_private_parts_of_textual_that_are_used_are_there() -> None:
    app = NskeysApp(opening(3))
    async with app.run_test():
        for name in PRIVATE:
            assert hasattr(app, name), name
        assert hasattr(app.console, "_color_system")
    assert list(inspect.signature(App._display).parameters) == ["self", "screen", "renderable"]
    assert "app._display(self, update)" in inspect.getsource(Screen._compositor_refresh)
    assert {"strips", "region"} <= vars(LayoutUpdate([], Region())).keys()
    assert {"chops", "spans", "chop_ends"} <= vars(ChopsUpdate([], [], [])).keys()
    for kind in (LayoutUpdate, ChopsUpdate):
        assert kind.__name__ in inspect.getsource(Compositor)
    for asked in PRIVATE[1:-1]:
        assert f"self.{asked}" in inspect.getsource(App._display), asked
    assert "self._sync_available" in inspect.getsource(App._begin_update)


def test_a_partial_update_names_the_cells_that_textual_would_write() -> None:
    """As many chops, cut off and left out in the same places."""
    strips = [Strip([Segment("abcd", Style(bold=True))]), Strip([Segment("中文")]), Strip([Segment("xyz")])]
    chops: list[dict[int, Strip | None]] = [{0: strips[0], 4: strips[1], 8: None, 9: strips[2]}]
    update = ChopsUpdate(chops, [(0, 2, 10)], [[4, 8, 9, 12]])
    grid = Grid(12, 1)
    lines = lines_of(update, grid, ColorSystem.STANDARD)
    assert lines is not None
    assert [cell and cell[0] for cell in lines[0].cells] == [
        *"abcd",
        "中",
        "",
        "文",
        "",
        None,
        "x",
        None,
        None,
    ]
    assert lines[0].spans == [(0, 4), (4, 8), (9, 10)]
    console = Console(color_system="standard", force_terminal=True)
    assert "x" in update.render_segments(console)
    assert "y" not in update.render_segments(console)


def test_an_update_of_another_kind_and_one_with_more_than_text_are_left_to_textual() -> None:
    grid = Grid(4, 1)
    assert lines_of(InlineUpdate([]), grid, ColorSystem.STANDARD) is None
    for segment in (Segment("a", Style(link="x")), Segment("a", None, [(1, 1)])):  # type: ignore[list-item]
        update = LayoutUpdate([[Strip([segment])]], Region(0, 0, 4, 1))
        assert lines_of(update, grid, ColorSystem.STANDARD) is None


async def test_after_such_an_update_no_cell_is_taken_for_granted() -> None:
    app = NskeysApp(opening(3))
    async with app.run_test(size=(4, 1)) as pilot:
        await pilot.pause()
        whole = LayoutUpdate([[Strip([Segment("abcd")])]], Region(0, 0, 4, 1))
        first = app.changes(whole)
        assert first is not None
        assert first.endswith("abcd\x1b[H")
        assert app.changes(whole) == ""
        assert app.changes(InlineUpdate([])) is None
        assert app.changes(whole) == first
