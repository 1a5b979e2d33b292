"""A home that loses power at every moment of a change: its checkpoint, its key store and the CMDB agree.

The CMDB is in memory and loses nothing that it committed, as one with `synchronous=EXTRA` does.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.model.secret import SecretBytes
from nskeys.services.settling import home_of, mismatches, next_of
from nskeys.store.home import HomeFolder
from nskeys.store.home_files import CheckpointFolder, EventFile, RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.power import Disk, Luck
from tests.fakes.servers import NOBODY, protector_named, run_as

pytestmark = pytest.mark.slow


def on_disk(server: MemoryServer, home: Path) -> Services:
    """The machine, with what a change writes in a home on a disk."""
    folder = HomeFolder(home)
    return Services(
        replace(
            server.installation,
            key_store=DiskKeyStore(folder.store, folder.server_pub, protector_named),
            registry=RegistryFile(folder.registry),
            identity_files=RecoveryFolder(folder.recovery),
            checkpoint=CheckpointFolder(folder.checkpoint, folder.next_checkpoint),
            events=EventFile(folder.events),
        )
    )


def add(services: Services, name: str) -> None:
    with SecretBytes.from_text("its secret") as secret:
        services.credentials.add(run_as(name), secret, NOBODY)


def take_an_event(services: Services) -> None:
    services.destinations.add("/somewhere")
    add(services, "two")


ACTS: dict[str, Callable[[Services], object]] = {
    "add": lambda services: add(services, "two"),
    "protect anew": lambda services: services.protection.change(
        "file", NOBODY, NOBODY, without_backup=True
    ),
    "make a key that waits": lambda services: services.rotation.execute(services.rotation.plan(), NOBODY),
    "take an event": lambda services: take_an_event(services),
}


@pytest.mark.parametrize("luck", Luck)
@pytest.mark.parametrize("name", ACTS)
def test_after_a_power_cut_the_change_is_made_or_not_and_the_next_one_goes_on(
    name: str, luck: Luck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, home = MemorySite(), tmp_path / "home"
    site.destinations.make("/somewhere")
    server = site.server()
    home.mkdir(mode=0o700)
    services = on_disk(server, home)
    services.set_up.execute("file", NOBODY, server.settings())
    add(services, "one")
    lines = server.cmdb.state.audit[-1].number
    left: list[tuple[Path, State]] = []

    def cut(disk: Disk) -> None:
        left.append((tmp_path / f"cut-{len(left)}", server.cmdb.state.copy()))
        disk.leave(left[-1][0], luck)

    disk = Disk(home, cut)
    with disk.watched(monkeypatch):
        ACTS[name](services)
    cut(disk)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nothing is cut any more
    assert len(left) > 8
    for folder, state in left:
        server.cmdb.state = state
        again = on_disk(server, folder)
        add(again, "after")
        installation = again.installation
        with installation.cmdb.reading() as view:
            assert mismatches(installation, view, home_of(installation)) == (), folder
        assert next_of(installation) is None
        assert again.audit.verify().intact
        assert again.verify.execute(NOBODY).failures == ()
    assert left[0][1].audit[-1].number == lines
    assert left[-1][1].audit[-1].number > lines
