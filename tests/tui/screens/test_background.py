"""Overviews for screens: at once from the register, then looked at, never two looks at a time."""

import asyncio
import functools
import threading
from collections.abc import AsyncIterator

import pytest

from nskeys.errors import CmdbBusy
from nskeys.model.destinations import DestinationInfo
from nskeys.services.installation import Installation
from nskeys.services.status.overview import Overview, RecoverabilityService
from nskeys_tui.screens.background import LoadedOverview, OverviewLoader, in_background
from tests.tui.example import build


@functools.cache
def installation() -> Installation:
    """The example's: nothing here changes it."""
    return build().services.installation


class GatedService(RecoverabilityService):
    """A look at copies waits for the gate, as on a mount that does not answer."""

    def __init__(self) -> None:
        super().__init__(installation())
        self.gate = threading.Event()
        self.looking = self.most = self.looks = 0

    def overview(self, look: bool = True, destination: DestinationInfo | None = None) -> Overview:
        """As asked for."""
        if look:
            self.looks += 1
            self.looking += 1
            self.most = max(self.most, self.looking)
            assert self.gate.wait(10)
            self.looking -= 1
        return super().overview(look, destination)


class BusyService(RecoverabilityService):
    """Somebody else holds the CMDB."""

    def overview(self, look: bool = True, destination: DestinationInfo | None = None) -> Overview:
        """Not now."""
        raise CmdbBusy("cmdb.sqlite3")


@pytest.fixture
def service() -> GatedService:
    return GatedService()


@pytest.fixture
async def looks(service: GatedService) -> AsyncIterator[OverviewLoader]:
    yield OverviewLoader(lambda: service)
    service.gate.set()


async def all_of(looks: OverviewLoader) -> list[LoadedOverview]:
    return [status async for status in looks.fresh()]


async def test_the_register_answers_while_a_destination_hangs(
    looks: OverviewLoader, service: GatedService
) -> None:
    statuses = looks.fresh()
    first = await anext(statuses)
    assert not first.looked
    assert first.overview.recoverability.totals.total == 14
    service.gate.set()
    assert (await anext(statuses)).looked
    assert looks.latest is not None
    assert looks.latest.looked


async def test_the_second_time_a_quick_look_is_all_that_is_shown(
    looks: OverviewLoader, service: GatedService
) -> None:
    service.gate.set()
    assert [status.looked for status in await all_of(looks)] == [False, True]
    assert [status.looked for status in await all_of(looks)] == [True]


async def test_the_second_time_a_slow_look_does_not_keep_the_register_back(
    looks: OverviewLoader, service: GatedService
) -> None:
    service.gate.set()
    await all_of(looks)
    service.gate.clear()
    statuses = looks.fresh()
    assert not (await anext(statuses)).looked


async def test_no_second_look_is_begun_while_one_hangs(
    looks: OverviewLoader, service: GatedService
) -> None:
    waiting = [asyncio.ensure_future(all_of(looks)) for _ in range(3)]
    await asyncio.sleep(0.2)
    assert service.looks == 1
    service.gate.set()
    assert all(statuses[-1].looked for statuses in await asyncio.gather(*waiting))
    assert service.most == 1


async def test_a_look_that_nobody_waits_for_any_more_is_not_begun_anew(
    looks: OverviewLoader, service: GatedService
) -> None:
    waiting = asyncio.ensure_future(all_of(looks))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    again = asyncio.ensure_future(all_of(looks))
    await asyncio.sleep(0.1)
    assert service.looks == 1
    service.gate.set()
    assert (await again)[-1].looked
    assert service.looks == 2


async def test_what_goes_wrong_is_told_to_whoever_looks() -> None:
    looks = OverviewLoader(lambda: BusyService(installation()))
    with pytest.raises(CmdbBusy):
        await all_of(looks)


async def test_a_bug_in_the_thread_is_not_swallowed() -> None:
    def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_background(bug)
