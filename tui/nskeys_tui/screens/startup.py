"""Choosing the first screen by what is in the home."""

from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from textual.app import App
from textual.screen import Screen

from nskeys.bootstrap import Services, connect
from nskeys.errors import NskeysError
from nskeys.model.plans import FirstSight, HomeState
from nskeys.ports import Purpose
from nskeys.services.status.overview import Overview
from nskeys.threads import in_a_thread
from nskeys_tui.screens.session import Session

_CHECK_TIMEOUT_S = 1.0
"""Seconds that a TPM has to say whether it knows these keys."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The services of a home, and what is in it."""

    services: Services
    status: FirstSight
    asks: Purpose | None = None
    """The secret to ask for before the keys open."""
    overview: Overview | None = None
    """What the first page shows already."""

    @property
    def ready(self) -> bool:
        """Whether there are keys, and none of another machine."""
        return self.status.state is HomeState.READY


def connected(home: str | None) -> Connected:
    """Connect the services and look at the home. Runs in a thread, after the first paint."""
    return sighted(connect(home))


def shown(services: Services, overview: Overview) -> Connected:
    """Return what the first page was made of: a home that is ready."""
    import_module("nskeys_tui.screens.overview")
    sight = FirstSight(HomeState.READY, services.about.home, services.about.cmdb, None, 0, ())
    return Connected(services, sight, _asks(services), overview)


def sighted(services: Services) -> Connected:
    """Look at the home, and import what the next screen needs."""
    found = Connected(services, services.set_up.look())
    found = replace(found, asks=_asks(services)) if found.ready else found
    closely = in_a_thread(services.set_up.look_closely) if found.ready else None
    import_module(f"nskeys_tui.screens.{'overview' if found.ready else 'first_start'}")
    if closely is not None:
        # A TPM that does not answer holds nobody up: what it keeps is told where it is needed.
        with suppress(TimeoutError):
            found = replace(found, status=closely.result(_CHECK_TIMEOUT_S))
    return found


def _asks(services: Services) -> Purpose | None:
    """Return what to ask for at the start; None where that cannot be told, because the error is shown where
    a key is needed."""
    with suppress(NskeysError):
        return services.protection.asks()
    return None


def arrive(app: App[Any], found: Connected) -> tuple[Session, Screen[None]]:
    """Return the session of this run, and its first screen."""
    session = Session(app, found.services)
    session.looks.given = found.overview
    if found.ready:
        from nskeys_tui.screens.overview import OverviewScreen

        return session, OverviewScreen(session, found.asks)
    from nskeys_tui.screens.first_start import FirstStartScreen

    return session, FirstStartScreen(session, found.status)
