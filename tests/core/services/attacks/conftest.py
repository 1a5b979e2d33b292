"""A look that finds something has nobody to wait for in these tests."""

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from nskeys.services.checkpoint import looking
from tests.fakes.memory_site import MemoryServer, MemorySite


@pytest.fixture(autouse=True)
def _nobody_else_changes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds pass at once while a look waits for a change to end."""
    seconds = count(step=10)
    clock = SimpleNamespace(monotonic=lambda: next(seconds), sleep=lambda _: None)
    monkeypatch.setattr(looking, "time", clock)


@pytest.fixture
def full() -> Iterator[MemoryServer]:
    """A server with three credentials that a drilled backup brings back."""
    server = MemorySite().server()
    server.set_up()
    for name in ("one", "two", "three"):
        server.add(name, f"first {name}")
    server.drill(server.back_up().copy.address)
    yield server
    server.services.close()
