"""A process that is killed before any of its calls loses nothing, and running it again finishes the job."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from nskeys.errors import AlreadySetUp, NotSetUp
from nskeys.model.database_copy import is_part_name
from nskeys.model.keys import KeyState, RotationStage
from nskeys.model.register import CopyStatus
from nskeys.model.retention import Retention
from tests.fakes.dying import Life, every_death
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY

pytestmark = pytest.mark.slow

SECRETS = {f"run-as/deploy-{number}": f"secret {number}" for number in range(3)}


def with_credentials(site: MemorySite | None = None) -> MemoryServer:
    """A server that holds SECRETS."""
    server = (site or MemorySite()).server()
    server.set_up()
    for reference, secret in SECRETS.items():
        server.add(reference.removeprefix("run-as/"), secret)
    return server


class Walk:
    """An operation that dies at each of its calls, on a fresh server each time."""

    def __init__(
        self,
        prepare: Callable[[], MemoryServer],
        act: Callable[[MemoryServer], object],
        intact: Callable[[MemoryServer], None],
        done: Callable[[MemoryServer], None],
    ) -> None:
        self._prepare = prepare
        self._act = act
        self._intact = intact
        self._done = done
        self._server = prepare()

    def run(self) -> list[str]:
        """Every call that the operation makes when it is left alone."""
        return every_death(self._begin, self._survive)

    def _begin(self, life: Life) -> None:
        self._server = self._prepare()
        self._act(self._server.with_life(life))
        self._done(self._server.restarted())

    def _survive(self, life: Life) -> None:
        self._server.restarted()
        self._intact(self._server)
        self._act(self._server)
        self._done(self._server)


def nothing_lost(server: MemoryServer) -> None:
    """Every secret opens, and nothing is claimed that is not so."""
    assert server.secrets() == SECRETS
    for copy in server.services.register.copies():
        assert copy.status is CopyStatus.GOOD
    assert server.services.audit.verify().broken_at is None


def test_a_set_up() -> None:
    def intact(server: MemoryServer) -> None:
        if not server.key_store.exists():
            with pytest.raises(NotSetUp):
                server.installation.require()

    def done(server: MemoryServer) -> None:
        server.installation.require()
        assert len(server.keys()) == 1
        assert server.services.audit.verify().whole
        server.add("the first")

    def act(server: MemoryServer) -> None:
        with suppress(AlreadySetUp):  # committed before the death: whoever comes next finishes it
            server.set_up()

    assert len(Walk(lambda: MemorySite().server(), act, intact, done).run()) > 10


def test_a_backup() -> None:
    def done(server: MemoryServer) -> None:
        nothing_lost(server)
        assert server.counts() == (3, 0, 0)
        assert server.registry.values.backup_path == server.vault
        assert server.services.backup.due() == ()
        assert server.services.audit.verify().whole

    calls = Walk(with_credentials, lambda server: server.back_up(), nothing_lost, done).run()
    assert calls.index("destinations.at.publish") < calls.index("registry.write")


def test_a_recovery_identity() -> None:
    def intact(server: MemoryServer) -> None:
        nothing_lost(server)
        server.services.recovery.show()

    def done(server: MemoryServer) -> None:
        nothing_lost(server)
        (made,) = server.services.recovery.show().identities
        assert server.back_up_to().copy.backup.recipients == (made.recipient,)
        assert server.services.audit.verify().whole

    def act(server: MemoryServer) -> None:
        if not server.services.recovery.show():
            server.make_identity()

    calls = Walk(with_credentials, act, intact, done).run()
    assert calls.index("identity_files.write") < calls.index("cmdb.changing.set_recovery")


def test_a_backup_to_a_recovery_identity_and_its_restore() -> None:
    site = MemorySite()
    server = with_credentials(site)
    server.make_identity()
    server.drill_by(server.back_up_to().copy.address)
    address = server.back_up_to().copy.address

    def done(fresh: MemoryServer) -> None:
        nothing_lost(fresh)
        assert fresh.services.recovery.show() == server.services.recovery.show()
        assert fresh.back_up_to().copy.by_a_person

    calls = Walk(
        lambda: site.with_database_of(server),
        lambda fresh: fresh.restore_by(address),
        lambda fresh: None,
        done,
    ).run()
    assert calls.index("identity_files.write") < calls.index("key_store.publish")


def test_a_prune() -> None:
    retention = Retention(1, 0)

    def prepare() -> MemoryServer:
        server = with_credentials()
        for _ in range(3):
            server.back_up()
        return server

    def act(server: MemoryServer) -> None:
        server.services.pruning.execute(server.services.pruning.plan(retention), NOBODY)

    def intact(server: MemoryServer) -> None:
        """What counts is there, and what is said to be gone is gone or does not count."""
        files = server.destinations.places["/vault"].files
        for copy in server.services.register.register().copies:
            assert not copy.counts or copy.backup.archive_name in files
        assert server.secrets() == SECRETS
        assert server.counts() == (3, 0, 0)

    def done(server: MemoryServer) -> None:
        intact(server)
        files = server.destinations.places["/vault"].files
        assert len([name for name in files if not is_part_name(name)]) == 1
        assert [copy.retired is None for copy in server.services.register.copies()] == [True, False, False]
        assert server.services.audit.verify().whole

    calls = Walk(prepare, act, intact, done).run()
    assert calls.count("destinations.source.remove") == 2


def test_a_restore_on_new_hardware() -> None:
    site = MemorySite()
    lost = with_credentials(site)
    address = lost.back_up().copy.address

    def intact(server: MemoryServer) -> None:
        assert site.destinations.places["/vault"].files
        if server.key_store.exists():
            nothing_lost(server)

    def done(server: MemoryServer) -> None:
        nothing_lost(server)
        assert server.states() == lost.states()
        assert server.counts() == (0, 3, 0)  # until the next copy of rows that were counted anew
        assert server.registry.values.backup_path == server.vault
        assert server.services.backup.due() == ()
        assert server.services.audit.verify().whole
        before = server.everything()
        server.restore(address)
        assert server.everything() == before

    calls = Walk(
        lambda: site.with_database_of(lost), lambda server: server.restore(address), intact, done
    ).run()
    assert calls.index("key_store.prepare") < calls.index("key_store.publish")


def test_a_restore_of_older_keys_onto_a_server_that_has_keys() -> None:
    site = MemorySite()
    lost = with_credentials(site)
    address = lost.back_up().copy.address

    def prepare() -> MemoryServer:
        server = site.with_database_of(lost)
        server.services.set_up.execute("file", NOBODY, server.settings(), 3)
        return server

    def intact(server: MemoryServer) -> None:
        assert server.key_store.exists()
        assert server.states()[server.active()] is KeyState.ACTIVE

    def done(server: MemoryServer) -> None:
        nothing_lost(server)
        assert sorted(server.states().values()) == ["active", "deactivated"]
        assert any('"restored"' in line for line in server.audit())

    def act(server: MemoryServer) -> None:
        server.restore(address)

    Walk(prepare, act, intact, done).run()


def test_the_first_step_of_a_rotation() -> None:
    def prepare() -> MemoryServer:
        server = with_credentials()
        server.back_up()
        return server

    def done(server: MemoryServer) -> None:
        nothing_lost(server)
        assert sorted(server.states().values()) == ["active", "pre-active"]
        rotation = server.services.recoverability.overview().rotation
        assert rotation is not None
        assert rotation.stage is RotationStage.WAITING
        assert server.services.backup.due()

    Walk(prepare, lambda server: server.rotate(), nothing_lost, done).run()


def rotated(server: MemoryServer) -> None:
    """The rotation is over: one key seals everything, and everything opens."""
    nothing_lost(server)
    assert sorted(server.states().values()) == ["active", "deactivated"]
    overview = server.services.recoverability.overview()
    assert overview.rotation is None
    assert overview.put_back == ()
    assert {key.kid for key in overview.recoverability.keys if key.credentials} == {server.active()}


def test_a_rotation_once_its_key_is_backed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nskeys.services.keys.rotation.BATCH", 1)

    def prepare() -> MemoryServer:
        server = with_credentials()
        server.rotate()
        server.back_up()
        return server

    def act(server: MemoryServer) -> None:
        if server.services.recoverability.overview().rotation is not None:
            server.rotate()

    def done(server: MemoryServer) -> None:
        rotated(server)
        assert server.counts() == (3, 0, 0)

    calls = Walk(prepare, act, nothing_lost, done).run()
    assert calls.count("cmdb.changing.reseal") == 3


def test_a_rotation_without_a_backup_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nskeys.services.keys.rotation.BATCH", 2)

    def act(server: MemoryServer) -> None:
        waiting = server.services.recoverability.overview().rotation is not None
        if waiting or len(server.keys()) == 1 or KeyState.PRE_ACTIVE in server.states().values():
            server.rotate(without_backup=True)

    Walk(with_credentials, act, nothing_lost, rotated).run()
