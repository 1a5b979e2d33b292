"""The first screen's answer over a server's life: who comes back, from what, since when not."""

import pytest

from nskeys.errors import NotSetUp
from nskeys.model.recoverability import RecoveryState
from nskeys.model.register import CopyStatus, Proof
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NAME, NOBODY, Server, Site


def test_the_first_screen_names_server_cmdb_and_protector(server: Server) -> None:
    overview = server.services.recoverability.overview()
    assert (overview.server, overview.cmdb, overview.protector) == (NAME, "SQLite", "file")
    assert overview.taken == server.clock.now()
    assert overview.recoverability.totals.total == 0


def test_the_whole_life_of_a_server_is_told_right_at_every_step(server: Server, site: Site) -> None:
    first = server.add("one", "secret 1")
    assert server.counts() == (0, 1, 0)
    assert server.services.recoverability.assess().exposed_since == first.updated

    server.clock.advance(hours=1)
    server.back_up(server.local)
    assert server.counts() == (0, 1, 0)

    server.clock.advance(hours=1)
    vault = server.back_up().copy.address
    answer = server.services.recoverability.assess()
    assert server.counts() == (1, 0, 0)
    assert answer.best is not None
    assert (answer.best.address, answer.best.proof) == (vault, Proof.OPENED)

    server.drill(vault)
    best = server.services.recoverability.assess().best
    assert best is not None
    assert best.proof is Proof.CREDENTIALS_OPEN

    server.clock.advance(days=1)
    server.rotate()
    old_backup_with_both = server.back_up().copy.address
    server.rotate()
    server.add("two", "secret 2")
    assert server.counts() == (1, 1, 0), "a rotation loses nothing, and what is new waits for its copy"
    server.copy_database()
    assert server.counts() == (2, 0, 0)

    seen = server.clock.advance(days=1)
    server.services.register.check(NOBODY)
    server.clock.advance(days=1)
    server.lose(old_backup_with_both)
    assert server.counts() == (0, 2, 0)
    assert server.services.recoverability.assess().exposed_since == seen
    server.corrupt(vault)
    assert {copy.status for copy in server.services.register.copies()} == {
        CopyStatus.GOOD,
        CopyStatus.MISSING,
        CopyStatus.CHANGED,
    }

    here = next(copy for copy in server.services.register.copies() if copy.status is CopyStatus.GOOD)
    stick = server.carry(here.address, server.vault)
    fresh = site.with_database_of(server)
    report = fresh.restore(stick)
    assert (report.proof.opened, report.proof.failed) == (0, 2)
    assert fresh.counts() == (0, 0, 2)
    assert [item.credential.reference for item in report.proof.failures] == ["run-as/one", "run-as/two"]


@pytest.mark.parametrize("reference", ["one", "two"])
def test_what_is_re_entered_is_recoverable_after_the_next_backup(
    server: Server, site: Site, reference: str
) -> None:
    address = server.back_up().copy.address
    server.rotate(without_backup=True)
    lost = server.add(reference)
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert fresh.counts() == (0, 0, 1)
    fresh.services.credentials.remove(lost, NOBODY)
    fresh.add(reference, "typed again")
    assert fresh.counts() == (0, 1, 0)
    fresh.copy_database()
    assert fresh.counts() == (1, 0, 0)
    assert fresh.secrets() == {f"run-as/{reference}": "typed again"}


def test_two_at_risk_after_a_rotation_without_a_backup(memory: MemoryServer) -> None:
    for number in range(12):
        memory.add(f"deploy-{number}")
    memory.back_up()
    memory.cmdb.state.rows, kept = {}, memory.cmdb.state.rows
    memory.rotate(without_backup=True)
    memory.cmdb.state.rows = dict(kept)
    since = memory.clock.advance(hours=1)
    memory.add("late-1")
    memory.add("late-2")
    answer = memory.services.recoverability.assess()
    assert memory.counts() == (12, 2, 0)
    assert answer.exposed_since == since
    assert [(key.credentials, key.state) for key in answer.keys] == [
        (2, RecoveryState.AT_RISK),
        (12, RecoveryState.RECOVERABLE),
    ]


def test_exposure_survives_a_restart(server: Server) -> None:
    first = server.add("one")
    server.clock.advance(days=9)
    server.add("two")
    assert server.restarted().services.recoverability.assess().exposed_since == first.updated


def test_nothing_is_unlocked_to_answer(site: Site) -> None:
    server = site.server()
    with pytest.raises(NotSetUp):
        server.services.recoverability.assess()
    server.set_up()
    # Nobody can be asked: the service is given nobody.
    assert server.services.recoverability.assess().totals.total == 0
