"""Homes that are made once for a session and laid down anew, in the same place, for each test that asks.

The place stays, since register rows and declared destinations name it and the server key signed them.
"""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.fakes.real_site import RealServer, RealSite


class KeptHomes:
    """Folders with all that a test wants to begin with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._moments: dict[str, datetime] = {}

    def folder(self, name: str, build: Callable[[Path], None]) -> Path:
        """The folder of this name as `build` left it, however the test before left it."""
        live, kept = self._folder / name, self._folder / f"{name}.kept"
        if kept.exists():
            shutil.rmtree(live)
            shutil.copytree(kept, live, symlinks=True)
        else:
            live.mkdir()
            build(live)
            shutil.copytree(live, kept, symlinks=True)
        return live

    def server(self, name: str, build: Callable[[Path], RealServer]) -> RealServer:
        """The same for a server of a site in that folder, at the moment at which it was left."""

        def built(folder: Path) -> None:
            server = build(folder)
            self._moments[name] = server.clock.moment
            server.services.close()

        site = RealSite(self.folder(name, built))
        site.clock.moment = self._moments[name]
        return site.server()
