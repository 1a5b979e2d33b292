"""From a home to the first screen: which one it is depends on what is there."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.app import App
from textual.screen import Screen

from nskeys.bootstrap import Services, connect
from nskeys.model.operations import FirstSight, HomeState
from nskeys_tui.screens.session import Session


@dataclass(frozen=True, slots=True)
class Connected:
    """The services of a home, and what is in it."""

    services: Services
    sight: FirstSight

    @property
    def ready(self) -> bool:
        """Whether there are keys."""
        return self.sight.state is HomeState.READY


def connected(home: str | None) -> Connected:
    """In a thread, after the first paint: connect, look, and import what the next screen needs."""
    services = connect(home)
    found = Connected(services, services.set_up.look())
    import_module(f"nskeys_tui.screens.{'overview' if found.ready else 'first_start'}")
    return found


def arrive(app: App[Any], found: Connected) -> tuple[Session, Screen[None]]:
    """The session of this run, and its first screen."""
    session = Session(app, found.services)
    if found.ready:
        from nskeys_tui.screens.overview import Overview

        return session, Overview(session)
    from nskeys_tui.screens.first_start import FirstStart

    return session, FirstStart(session, found.sight)
