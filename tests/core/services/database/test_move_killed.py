"""A move that is killed before any of its calls leaves one CMDB, whole; running it again finishes it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nskeys.errors import CmdbUnreachable, MoveRefused
from nskeys.model.audit import members_of
from nskeys.reasons import MoveProblem, Problem
from nskeys.services.checkpoint.looking import compare
from nskeys.store.cmdb.postgres import PostgresEngine
from tests.core.services.database.moving import WANTED, filled, lived, move
from tests.fakes.dying import Killed, Life, every_death
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.postgres import postgres_url
from tests.fakes.postgres_servers import PostgresServer, postgres_server, servers_folder, standby_of
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY


def moves(server: Any) -> int:
    """How many moves its audit trail tells."""
    told = [members_of(line)["action"] for line in server.audit()]
    return told.count("database-moved")


def finish_it(server: MemoryServer | RealServer, there: str, moved_before: int = 0) -> None:
    """What a person finds after the blow, and the same command once more."""
    assert server.secrets() == WANTED, "there is one CMDB, and it is whole"
    before, refusal = moves(server), None
    try:
        assert move(server, there).not_put_aside is None
    except MoveRefused as refused:
        refusal = refused.problem
    if refusal is not None:  # nothing was left to do
        assert (refusal, before) == (MoveProblem.HERE, moved_before + 1)
    assert server.installation.cmdb.url() == server.installation.settings.read().cmdb == there
    assert (moves(server), server.secrets()) == (moved_before + 1, WANTED)
    assert compare(server.installation).fits
    assert server.services.audit.verify().whole
    assert server.installation.checkpoint.read_next() is None
    server.add("later", "added afterwards")


def walk(begin: Any, there: str) -> list[str]:
    """One server after the other, killed one call later each; the calls of the one that lived."""
    servers: list[Any] = []

    def act(life: Life) -> None:
        servers.append(begin())
        move(servers[-1].with_life(life), there)
        finish_it(servers[-1].restarted(), there)

    def survive(_: Life) -> None:
        finish_it(servers[-1].restarted(), there)

    return every_death(act, survive)


@pytest.mark.slow
def test_killed_at_any_call() -> None:
    calls = walk(lambda: filled(MemorySite().server()), "/elsewhere/cmdb.sqlite3")
    for part in ("filling ends", "settings.write", "cmdb.use", "checkpoint.settle", "put_aside"):
        assert any(part in call for call in calls), part


STEPS = (
    "checkpoint.lay_down",
    "cmdb.at.filling ends",
    "settings.write",
    "cmdb.use",
    "checkpoint.settle",
    "cmdb.at.put_aside",
)


class Until(Life):
    """A life that ends at the first call of this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def step(self, call: str) -> None:
        if call == self._name and not self._last:
            self._last = len(self.calls) + 1
        super().step(call)


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty database; what the dead had open there is closed, as the system does."""
    opened: list[PostgresEngine] = []
    begin = PostgresEngine.__init__

    def remembered(engine: PostgresEngine, *given: Any) -> None:
        opened.append(engine)
        begin(engine, *given)

    monkeypatch.setattr(PostgresEngine, "__init__", remembered)
    with postgres_url() as url:
        yield url
        for engine in opened:
            engine.close()


@pytest.mark.real
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_on_a_real_server_both_ways(
    step: str, back: bool, postgres: str, tmp_path: Path
) -> None:
    server = lived(RealSite(tmp_path).server())
    there = postgres
    if back:
        move(server, postgres)
        there = server.installation.cmdb.at(f"{server.folder.path}/back.sqlite3").url()
    plan = server.services.database_move.plan(there)
    life = Until(step)
    with pytest.raises(Killed):
        server.with_life(life).services.database_move.execute(plan, NOBODY)
    assert step in life.calls
    finish_it(server.restarted(), there, moved_before=int(back))
    server.services.close()


@contextmanager
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that can be killed."""
    pytest.importorskip("psycopg")
    with servers_folder() as folder, postgres_server(folder) as server:
        yield server


@pytest.mark.real
@pytest.mark.parametrize("sent", [False, True])
def test_a_server_that_dies_at_the_commit_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    """Whether it has the rows is not known then, but the old database is the CMDB all the same."""
    with own_server() as postgres:
        server = lived(RealSite(tmp_path).server())
        plan = server.services.database_move.plan(postgres.url)
        commit = PostgresEngine._commit

        def kill_and_commit(engine: PostgresEngine, driver: Any, changing: bool) -> None:
            if changing:
                if sent:
                    driver.pgconn.send_query(b"COMMIT")
                    driver.pgconn.flush()
                postgres.kill()
            commit(engine, driver, changing)

        with monkeypatch.context() as patch:
            patch.setattr(PostgresEngine, "_commit", kill_and_commit)
            with pytest.raises(CmdbUnreachable) as told:
                server.services.database_move.execute(plan, NOBODY)
        assert told.value.problem is Problem.CONNECTION_LOST
        assert server.secrets() == WANTED
        server.add("four")
        server.services.credentials.remove(server.services.credentials.show("run-as/four"), NOBODY)
        postgres.start_again()
        finish_it(server, postgres.url)
        server.services.close()


@pytest.mark.real
def test_a_standby_is_no_target_and_of_several_hosts_the_primary_is(tmp_path: Path) -> None:
    with own_server() as primary, ExitStack() as stack:
        standby = stack.enter_context(standby_of(primary))
        server = lived(RealSite(tmp_path).server())
        with pytest.raises(CmdbUnreachable) as refused:
            server.services.database_move.plan(standby.url)
        assert refused.value.problem is Problem.STANDBY
        assert moves(server) == 0
        both = f"postgresql://postgres@127.0.0.1:{standby.port},127.0.0.1:{primary.port}/postgres"
        move(server, both)
        assert (server.secrets(), moves(server)) == (WANTED, 1)
        assert primary.run("SELECT count(*) FROM credentials") == [(len(WANTED),)]
        server.services.close()
