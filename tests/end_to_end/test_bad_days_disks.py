"""Bad days of the home's own disk: full, at any moment, or read-only."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from nskeys.cli.exit_codes import Exit, StatusExit
from tests.end_to_end.bad_days import (
    everything_is_whole,
    nothing_is_readable,
    parts_left,
    refused,
    told_well,
)
from tests.end_to_end.world import World
from tests.fakes.command_line import Ran
from tests.fakes.disks import make_read_only, small_disk

PAGE = 4096
STEPS = tuple(range(0, 56, 2))
"""Pages that are left on the disk. The longest of the commands below takes no more."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    with small_disk(tmp_path / "disk", "2m") as folder:
        yield folder


@contextmanager
def pages_left(disk: Path, pages: int) -> Iterator[None]:
    """Meanwhile only so many pages can be written."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(PAGE))
    with filling.open("r+b") as file:
        file.truncate(max(0, filling.stat().st_size // PAGE - pages) * PAGE)
    yield
    filling.unlink()


def add(world: World) -> Ran:
    fields = ("--kind", "run-as", "--name", "one-more", "--target", "x", "--account", "svc")
    return world.run("credential", "add", *fields, "--secret-file", world.password)


def edit(world: World) -> Ran:
    return world.run("credential", "edit", "run-as/deploy-1", "--note", "the same each time")


def back_up(world: World) -> Ran:
    return world.run("backup", "--password-file", world.password)


def rotate(world: World) -> Ran:
    return world.run("key", "rotate", "--without-backup")


def change_protector(world: World) -> Ran:
    return world.run("protector", "change", "passphrase", "--new-passphrase-file", world.passphrase)


@pytest.mark.parametrize("act", [edit, back_up, rotate, change_protector])
def test_a_disk_that_is_full_at_any_moment(disk: Path, act: Callable[[World], Ran]) -> None:
    world = World(disk / "world")
    world.begin()
    world.set_up("file")
    world.back_up()
    codes = set()
    for pages in STEPS:
        with pages_left(disk, pages):
            ran = act(world)
            told_well(ran)
            codes.add(ran.code)
            if ran.code not in (Exit.DONE, Exit.INCOMPLETE):
                assert ran.code in (Exit.CANNOT_CREATE, Exit.UNREACHABLE)
                refused(ran, ran.code)
                assert "full" in ran.err
            everything_opens(world)
            told_well(world.run("status"))
        everything_is_whole(world)
    assert codes & {Exit.CANNOT_CREATE, Exit.UNREACHABLE}, "it was never full"
    assert codes & {Exit.DONE, Exit.INCOMPLETE}, "it never went well"
    assert act(world).code in (Exit.DONE, Exit.INCOMPLETE)
    assert parts_left(world) == []


def everything_opens(world: World) -> None:
    """Looking needs no space."""
    ran = world.run("verify")
    assert ran.code == Exit.DONE, ran


def test_a_set_up_on_a_full_disk(disk: Path) -> None:
    codes = set()
    for pages in STEPS:
        world = World(disk / "world")
        world.begin()
        with pages_left(disk, pages):
            ran = world.run("init", "--protector", "passphrase")
            told_well(ran)
            codes.add(ran.code)
            assert world.run("status").code in (StatusExit.RECOVERABLE, StatusExit.CANNOT_TELL)
        if ran.code != Exit.DONE:
            refused(ran, ran.code)
            assert "full" in ran.err
            world.does("init", "--protector", "passphrase")
        nothing_is_readable(world)
        world.does("credential", "list")
        add(world)
        assert parts_left(world) == []
        shutil.rmtree(world.root)
    assert codes > {Exit.DONE}


def test_a_disk_that_became_read_only(disk: Path) -> None:
    world = World(disk / "world")
    world.begin()
    world.set_up("file")
    world.back_up()
    make_read_only(disk)
    for act in (add, edit, back_up, rotate, change_protector):
        ran = act(world)
        refused(ran, ran.code)
        assert ran.code in (Exit.CANNOT_CREATE, Exit.UNREACHABLE, Exit.NOT_PERMITTED), ran
        assert "read-only" in ran.err
    for words in ("status", "credential list", "verify", "key list", "register list", "audit --verify"):
        ran = world.run(*words.split())
        assert ran.code == Exit.DONE, ran
        told_well(ran)
