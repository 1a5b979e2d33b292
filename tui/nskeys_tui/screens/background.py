"""Work in threads beside a screen: the overview before and after checking every copy, and reads that may
hang."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from textual.screen import Screen

from nskeys.errors import NskeysError
from nskeys.services.status.overview import Overview, RecoverabilityService
from nskeys.threads import in_a_thread

T = TypeVar("T")

_SHOW_AFTER_S = 0.4
"""Seconds that what was seen before may stay while copies are looked at."""


@dataclass(frozen=True, slots=True)
class LoadedOverview:
    """An overview; `looked` says whether every copy was checked for it."""

    overview: Overview
    looked: bool


class OverviewLoader:
    """Loads the overviews of one run of the app."""

    def __init__(self, service: Callable[[], RecoverabilityService]) -> None:
        self._service = service
        self._under_way: Future[Overview] | None = None
        self.latest: LoadedOverview | None = None
        """The last overview."""
        self.given: Overview | None = None
        """What the first page shows by the register already."""

    async def seen_by(self, screen: Screen[Any]) -> AsyncIterator[LoadedOverview]:
        """Yield what `fresh` does, as long as the screen is shown."""
        try:
            async for status in self.fresh():
                if not screen.display:
                    return
                yield status
        except NskeysError:
            if screen.display:
                raise

    async def fresh(self) -> AsyncIterator[LoadedOverview]:
        """Yield the overview by the register, then the same with every copy checked; only the second where
        it comes soon enough and something is shown already. Raises the service's errors."""
        first = self.latest is None
        given, self.given = self.given, None
        if given is None:
            given = await in_background(partial(self._service().overview, look=False))
        quick = LoadedOverview(given, looked=False)
        if first:
            yield self._seen(quick)
        look = asyncio.ensure_future(self._look())
        try:
            if not first and not (await asyncio.wait({look}, timeout=_SHOW_AFTER_S))[0]:
                yield self._seen(quick)
            yield self._seen(LoadedOverview(await look, looked=True))
        finally:
            look.cancel()

    async def _look(self) -> Overview:
        while (under_way := self._under_way) is not None and not under_way.done():
            # It began before whatever is the reason to look again, so what it finds does not count here.
            with suppress(NskeysError):
                await asyncio.shield(asyncio.wrap_future(under_way))
        self._under_way = in_a_thread(partial(self._service().overview, look=True))
        return await asyncio.shield(asyncio.wrap_future(self._under_way))

    def _seen(self, status: LoadedOverview) -> LoadedOverview:
        self.latest = status
        return status


async def in_background(call: Callable[[], T]) -> T:
    """Await a call in a daemon thread, which does not delay leaving the program."""
    return await asyncio.wrap_future(in_a_thread(call))


async def run_in_background(call: Callable[[], T]) -> T | NskeysError:
    """Return its value, or the error that ended it. It does not delay leaving the program."""
    try:
        return await in_background(call)
    except NskeysError as error:
        return error
