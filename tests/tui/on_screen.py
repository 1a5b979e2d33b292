"""One screen of the app on a server of real files, in a world with a vault that lies elsewhere."""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from textual.pilot import Pilot
from textual.screen import Screen

from nskeys.bootstrap import Services
from nskeys.ports import Purpose
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.splash import SplashScreen
from nskeys_tui.screens.startup_error import StartupErrorScreen
from tests.fakes.fixed import Answers, FixedClock
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import PASSPHRASE
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, at_rest, text, until

SIZES = [HOME_SIZE, SMALL_SIZE]
_FRAMED = re.compile(r"│(.*)│")
S = TypeVar("S", bound=Screen[None])


_KEPT = tempfile.TemporaryDirectory(prefix="nskeys-homes-")


@dataclass(frozen=True)
class _Made:
    """A home to copy, and the folder that it was made in."""

    home: Path
    place: Path


_MADE: dict[tuple[str, ...], _Made] = {}


def server_in(folder: Path, *names: str, protector: str = "file") -> RealServer:
    """A server that is set up, with credentials of these names. Its vault lies elsewhere. It is made once
    in this process and copied: nothing that is signed names its place, only `config.toml` does."""
    site, made = RealSite(folder), _MADE.get((protector, *names))
    if made is not None:
        home = folder / "machine1"
        shutil.copytree(made.home, home)
        config = home / "config.toml"
        config.write_text(config.read_text("utf-8").replace(str(made.place), str(folder)), "utf-8")
        return site.server()
    server = site.server()
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE], Purpose.PASSPHRASE: [PASSPHRASE]})
    server.set_up(protector, answers)
    for name in names:
        server.add(name)
    server.installation.cmdb.close()
    kept = Path(_KEPT.name) / str(len(_MADE))
    shutil.copytree(server.folder.path, kept)
    _MADE[protector, *names] = _Made(kept, folder)
    return server


class OnScreen:
    """`async with OnScreen(server, Screen).play() as pilot:`; `make` gets the session and what it needs."""

    def __init__(
        self,
        server: RealServer,
        make: Callable[[Session], Screen[None]],
        size: tuple[int, int] = HOME_SIZE,
    ) -> None:
        self.server = server
        self._make, self._size = make, size
        self.app = NskeysApp(Opening(lambda: server.services, self._arrive, StartupErrorScreen))

    def _arrive(self, services: Services) -> Screen[None]:
        self.session = Session(self.app, services)
        return self._make(self.session)

    def play(self) -> Any:
        """The app, running without a terminal."""
        return self.app.run_test(size=self._size, notifications=True)

    @property
    def lines(self) -> list[str]:
        """What the screen shows."""
        return [text(strip) for strip in self.app.screen._compositor.render_strips()]

    @property
    def words(self) -> str:
        """The same without frames and line breaks, for sentences that go over several lines; of a dialog
        only what stands in its frame, and the keys."""
        lines = self.lines
        if self.app.screen.is_modal:
            lines = [inside[1] for line in lines if (inside := _FRAMED.search(line))] + lines[-1:]
        return re.sub(r"[\s│╭╮╰╯─▁▂▃▄▅▆▇]+", " ", " ".join(lines))

    @property
    def path_text(self) -> str:
        """The same without any space: paths are broken anywhere."""
        return self.words.replace(" ", "")

    async def wait(self, pilot: Pilot[Any], *wanted: str) -> None:
        """Until all of these are seen."""
        try:
            await until(pilot, lambda: all(word in self.words for word in wanted))
        except AssertionError:
            shown = "\n".join(self.lines)
            raise AssertionError(f"waited for {wanted}; the screen was:\n{shown}") from None
        await pilot.pause()
        await at_rest(pilot)

    async def press(self, pilot: Pilot[Any], *keys: str, until: tuple[str, ...] | str = ()) -> None:
        """Press keys, then wait for what they bring."""
        await pilot.press(*keys)
        await self.wait(pilot, *((until,) if isinstance(until, str) else until))

    async def type(self, pilot: Pilot[Any], typed: str) -> None:
        """Put text into the field that has the focus, as a paste does."""
        await until(pilot, lambda: hasattr(self.app.focused, "insert_text_at_cursor"))
        field: Any = self.app.focused
        field.insert_text_at_cursor(typed)
        await pilot.pause()

    async def left(self, pilot: Pilot[Any]) -> None:
        """Until the screen was left."""
        await until(pilot, lambda: isinstance(self.app.screen, SplashScreen))

    async def gone(self, pilot: Pilot[Any], unwanted: str) -> None:
        """Until this is seen no more."""
        await until(pilot, lambda: unwanted not in self.words)

    @property
    def clock(self) -> FixedClock:
        """Time, which stands still."""
        return self.server.clock
