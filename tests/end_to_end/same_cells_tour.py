"""The hostile tour, painted twice: as Textual paints it, and by changed cells alone.

    python same_cells_tour.py HOME BACKUP EXPORT WIDTH HEIGHT

Each goes to a terminal emulator of its own, and after every update both have to show the same; every
screen is also seen on a light terminal, without colours, and in plain ASCII. Prints, as JSON, the screens
that were seen, the bytes of either, and the first differences.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyte
from rich.console import RenderableType
from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.filter import NoColor
from textual.screen import Screen
from textual.widget import Widget

import nskeys_tui
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.theme import DARK, LIGHT
from tests.core.wording.samples import error_classes
from tests.end_to_end.hostile_tour import Stop, Tour

_DIM, _BLINKS = 2, 5
_MANY = 20
_TRIES = 300
_ERRORS, _EVERY = len(error_classes()), 8


class Emulator:
    """A terminal of which every cell can be read. pyte knows no dim text; here it blinks."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = _Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self._stream.feed("\x1b[?7l")
        self.received = 0

    def show(self, text: str) -> None:
        self.received += len(text.encode())
        self._stream.feed(text)

    def written(self) -> set[int]:
        """Return the lines that were written on since this was asked last."""
        lines = set(self._screen.dirty)
        self._screen.dirty.clear()
        return lines

    def cells(self, lines: Iterable[int] | None = None) -> Iterator[tuple[object, ...]]:
        """Yield what is seen in each cell of these lines (None: of all): of a blank one, not the colour
        that its sign would have."""
        for y in range(self._screen.lines) if lines is None else lines:
            line = self._screen.buffer[y]
            for x in range(self._screen.columns):
                cell = line[x]
                plain = cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough)
                yield (y, x, " ", cell.bg) if plain else (y, x, *cell)

    @property
    def cursor(self) -> tuple[int, int]:
        return self._screen.cursor.x, self._screen.cursor.y


class _Screen(pyte.Screen):
    def select_graphic_rendition(self, *attrs: int, **kwargs: Any) -> None:
        super().select_graphic_rendition(*(_BLINKS if a == _DIM else a for a in attrs), **kwargs)


class ComparingApp(NskeysApp):
    """Paints on two emulators instead of a terminal."""

    CSS_PATH = str(Path(nskeys_tui.__file__).with_name("app.tcss"))

    def __init__(self, opening: Opening[Any], size: tuple[int, int]) -> None:
        super().__init__(opening)
        self.textuals, self.ours = Emulator(*size), Emulator(*size)
        self.updates = 0
        self.different: list[str] = []

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and self._running:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            textuals = renderable.render_segments(self.console) + Control.move_to(*cursor).segment.text
            ours = self.changes(renderable)
            assert ours is not None, f"an update that is left to Textual: {renderable}"
            self.textuals.show(textuals)
            self.ours.show(ours)
            self.updates += 1
            self._compare()
        super()._display(screen, renderable)

    def light(self) -> None:
        self.set_theme(LIGHT)

    def dark(self) -> None:
        self.set_theme(DARK)

    def without_colours(self, *, on: bool) -> None:
        """As under `NO_COLOR`."""
        self.no_color = on
        self._filters = [each for each in self._filters if not isinstance(each, NoColor)]
        self._filters += [NoColor()] * on
        self._repaint_all()

    def in_ascii(self, *, on: bool) -> None:
        """As under `NSKEYS_ASCII`."""
        self._ascii.enabled = on
        self._repaint_all()

    def _repaint_all(self) -> None:
        for widget in self.screen.walk_children(Widget):
            widget.refresh()
            widget._styles_cache.clear()

    def _compare(self) -> None:
        if len(self.different) < _MANY:
            where = type(self.screen).__name__
            lines = sorted(self.textuals.written() | self.ours.written())
            pairs = zip(self.textuals.cells(lines), self.ours.cells(lines), strict=True)
            self.different += [f"{where} {a} {b}" for a, b in pairs if a != b][:_MANY]
            if self.textuals.cursor != self.ours.cursor:
                self.different.append(f"{where} cursor {self.textuals.cursor} {self.ours.cursor}")


class ComparingTour(Tour):
    """Leads the app that compares."""

    def __init__(self, home: str, backup: str, export: str, size: tuple[int, int]) -> None:
        super().__init__(home, backup, export)
        self.comparing = ComparingApp(Opening(self._connect, self._arrive, StartupErrorScreen), size)
        self.app = self.comparing
        self._looked_at: set[type[Screen[Any]]] = set()

    def _stops(self, session: Session) -> list[Stop]:
        """Of the errors, which are told in one dialog, only some."""
        stops = super()._stops(session)
        return [*stops[:-_ERRORS], *stops[-_ERRORS::_EVERY]]

    async def _look_at(self) -> None:
        app = self.comparing
        if type(app.screen) in self._looked_at:
            return
        self._looked_at.add(type(app.screen))
        await self._seen_as(app.light)
        await self._seen_as(app.dark)
        await self._seen_as(partial(app.without_colours, on=True))
        await self._seen_as(partial(app.without_colours, on=False))
        await self._seen_as(partial(app.in_ascii, on=True))
        await self._seen_as(partial(app.in_ascii, on=False))

    async def _seen_as(self, look: Callable[[], None]) -> None:
        look()
        before = self.comparing.updates
        self.app.screen.refresh(layout=True)
        for _ in range(_TRIES):
            await asyncio.sleep(0.01)
            if self.comparing.updates > before:
                return
        raise AssertionError(f"{self.app.screen} is not painted in another look")


def main(home: str, backup: str, export: str, size: tuple[int, int]) -> int:
    tour = ComparingTour(home, backup, export, size)
    app = tour.comparing
    app.run(headless=True, size=size, mouse=False)
    if app._exception is not None:
        raise app._exception  # whoever runs this sees where it comes from
    told = {
        "seen": sorted(tour.seen),
        "updates": app.updates,
        "textual": app.textuals.received,
        "ours": app.ours.received,
        "different": app.different[:_MANY],
    }
    print(json.dumps(told))
    return app.return_code or 0


if __name__ == "__main__":
    _, _home, _backup, _export, _width, _height = sys.argv
    sys.exit(main(_home, _backup, _export, (int(_width), int(_height))))
