"""What the app writes on a walk through its screens, beside what Textual would write for the same."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from textual.screen import Screen

from nskeys_tui.app import Opening
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.startup import Connected, arrive, connected
from nskeys_tui.screens.startup_error import StartupErrorScreen
from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Cost, Ratio
from tests.end_to_end.same_cells_tour import ComparingApp

_SIZE = (80, 24)
_PART = 0.2
_WALK = ("down", "down", "pagedown", "pageup", "end", "home", "question_mark", "escape", "ctrl+p", "escape")
_REST_S = 0.15


def tour(folder: Path, credentials: int) -> list[Ratio]:
    """Bytes of every screen behind the menu and of the first one, and how many cells differ: none may."""
    home = folder / "home"
    make_home(home, credentials, scrypt_log_n=4).close()
    walk = _Walk(str(home))
    walk.app.run(headless=True, size=_SIZE, mouse=False)
    textuals, ours = Cost(float(walk.app.textuals.received)), Cost(float(walk.app.ours.received))
    different = Cost(float(len(walk.app.different)))
    return [
        Ratio(
            f"a walk through {len(SCREENS) + 1} screens (floor: Textual's own)", textuals, ours, "B", _PART
        ),
        Ratio("  cells that differ from Textual's own", Cost(1.0), different, "", 0.0),
    ]


class _Walk:
    def __init__(self, home: str) -> None:
        self._session: Session | None = None
        self.app = ComparingApp(Opening(partial(connected, home), self._arrive, StartupErrorScreen), _SIZE)

    def _arrive(self, found: Connected) -> Screen[Any]:
        self._session, screen = arrive(self.app, found)
        self.app.call_later(self.app.run_worker, self._lead())
        return screen

    async def _lead(self) -> None:
        assert self._session is not None
        await asyncio.sleep(3 * _REST_S)
        await self._press(*_WALK)
        for name in SCREENS:
            await self.app.push_screen(open_screen(name, self._session))
            await asyncio.sleep(2 * _REST_S)
            await self._press("down", "down")
            self.app.pop_screen()
            await asyncio.sleep(_REST_S)
        self._session.close()
        self.app.exit()

    async def _press(self, *keys: str) -> None:
        for key in keys:
            await self.app._press_keys([key])
            await asyncio.sleep(_REST_S)
