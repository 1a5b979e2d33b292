"""A PostgreSQL server is killed in the middle of COMMIT: the change was made or not, and that is told."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nskeys.errors import CmdbUnreachable
from nskeys.services.settling import home_of, mismatches, next_of
from nskeys.store.cmdb.postgres import PostgresEngine
from tests.fakes.postgres_servers import PostgresServer, postgres_server, servers_folder
from tests.fakes.real_site import RealServer, RealSite

pytestmark = pytest.mark.real


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    pytest.importorskip("psycopg")
    with servers_folder() as folder, postgres_server(folder) as server:
        yield server


def killed_at_the_next_commit(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch, *, sent: bool, after: float
) -> None:
    """The next COMMIT of a change is sent or not, and so many seconds later the server is gone."""
    commit = PostgresEngine._commit
    armed = [True]

    def kill_and_commit(engine: PostgresEngine, driver: Any, changing: bool) -> None:
        # A look that nobody may disturb commits too, and has written nothing.
        writes = driver.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone() == (True,)
        if changing and writes and armed[0]:
            armed[0] = False
            if sent:
                driver.pgconn.send_query(b"COMMIT")
                driver.pgconn.flush()
            time.sleep(after)
            server.kill()
        commit(engine, driver, changing)

    monkeypatch.setattr(PostgresEngine, "_commit", kill_and_commit)


@pytest.mark.parametrize(("sent", "after"), [(False, 0.0), (True, 0.0), (True, 0.3)])
def test_a_server_that_is_killed_at_the_commit_leaves_it_unknown_and_the_next_change_finds_out(
    postgres: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sent: bool,
    after: float,
) -> None:
    server = RealSite(tmp_path).server(postgres.url)
    server.set_up()
    server.add("one", "its secret")
    with monkeypatch.context() as patch:
        killed_at_the_next_commit(postgres, patch, sent=sent, after=after)
        with pytest.raises(CmdbUnreachable) as told:
            server.services.protection.change("file", _nobody, _nobody, without_backup=True)
    assert told.value.problem == "outcome_unknown"
    laid = next_of(server.installation)
    assert laid is not None, "nothing is removed while nobody can tell"
    postgres.start_again()
    made = _stored(server) == laid.signed.text
    if not sent:
        assert not made
    if after:
        assert made
    server.restarted().add("two", "another")
    assert server.secrets() == {"run-as/one": "its secret", "run-as/two": "another"}
    installation = server.installation
    assert (installation.key_store.info().store_id == laid.checkpoint.store_id) is made
    assert sum('"protector-changed"' in line for line in server.audit()) == made
    with installation.cmdb.reading() as view:
        assert mismatches(installation, view, home_of(installation)) == ()
    assert server.services.audit.verify().whole
    server.services.close()


def _nobody(request: object, retry: int) -> Any:
    raise AssertionError("nobody is asked")


def _stored(server: RealServer) -> str | None:
    with server.installation.cmdb.reading() as view:
        stored = view.checkpoint()
    return None if stored is None else stored.text
