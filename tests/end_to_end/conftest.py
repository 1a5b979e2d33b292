"""What the bad days begin with."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.world import World, quick_folder


@pytest.fixture(scope="session")
def _made_once() -> Iterator[Path]:
    """A folder with a server as it was set up once, in `base`. Addresses are absolute, so it is copied to
    the one place where it was made."""
    with quick_folder() as folder:
        world = World(folder / "world")
        world.begin()
        world.set_up("file")
        world.back_up()
        world.root.rename(folder / "base")
        yield folder


@pytest.fixture
def server(_made_once: Path) -> Iterator[World]:
    """An installation with SECRETS, and one backup of it in the vault."""
    root = _made_once / "world"
    shutil.copytree(_made_once / "base", root)
    yield World(root)
    shutil.rmtree(root)


@pytest.fixture
def machine() -> Iterator[World]:
    """An empty machine and an empty vault."""
    with quick_folder() as folder:
        world = World(folder / "world")
        world.begin()
        yield world
