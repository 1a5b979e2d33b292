"""A standby without the last changes shows what it has, and no mismatch: it was not compared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nskeys.errors import CmdbUnreachable
from nskeys.model.findings import FindingKind, Severity
from nskeys.services.checkpoint.looking import compare
from nskeys.services.status.findings import findings_of
from nskeys.wording.checkpoint import comparison_lines, digest_lines
from nskeys.wording.findings import finding_sentence
from tests.fakes.command_line import Machine
from tests.fakes.postgres_servers import (
    PostgresServer,
    postgres_server,
    servers_folder,
    standby_of,
    wait_until,
)
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY

SENTENCE = (
    "The database is that of a standby without the last 2 changes: it was not compared with the checkpoint."
)


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary, and a standby that gets every change."""
    pytest.importorskip("psycopg")
    with (
        servers_folder() as folder,
        postgres_server(folder) as primary,
        standby_of(primary, synchronous=True) as standby,
    ):
        yield primary, standby


def lives_on(site: RealSite, servers: tuple[PostgresServer, PostgresServer]) -> RealServer:
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
    server = site.server(f"postgresql://postgres@{hosts}/postgres")
    server.set_up()
    server.add("one")
    server.back_up()
    return server


def test_one_that_lags_is_not_compared_and_one_that_has_caught_up_fits(
    tmp_path: Path, servers: tuple[PostgresServer, PostgresServer]
) -> None:
    primary, standby = servers
    server = lives_on(RealSite(tmp_path), servers)
    there = "SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()"
    wait_until(lambda: standby.run(there) == [(True,)])
    standby.run("SELECT pg_wal_replay_pause()")
    server.add("two")
    server.add("three")
    database = server.services.database
    planned = database.plan(server.vault)
    primary.kill()

    overview = server.services.recoverability.overview()
    assert (overview.mismatches, overview.differences, overview.lags) == ((), (), 2)
    [told] = [one for one in findings_of(overview) if one.kind is FindingKind.NOT_COMPARED]
    assert told.severity is Severity.WARNING
    assert finding_sentence(told, overview.taken) == SENTENCE
    assert overview.recoverability.totals.total == 1
    compared = compare(server.installation)
    assert (comparison_lines(compared), digest_lines(compared), compared.fits) == ((SENTENCE,), (), False)
    assert server.services.audit.verify().contradicted_by == ()
    lying = sorted(Path(server.vault).iterdir())
    check = server.services.check
    changes: list[Callable[[], object]] = [
        lambda: server.add("four"),
        lambda: check.execute(NOBODY),
        lambda: database.plan(server.vault),
        lambda: database.execute(planned, NOBODY),
    ]
    for change in changes:
        with pytest.raises(CmdbUnreachable):
            change()
    assert sorted(Path(server.vault).iterdir()) == lying, "nothing calls its rows a copy of the CMDB"

    standby.run("SELECT pg_wal_replay_resume()")
    wait_until(lambda: standby.run(there) == [(True,)])
    assert compare(server.installation).fits
    assert server.services.recoverability.overview().lags == 0
    standby.run("ALTER SYSTEM RESET synchronous_standby_names")
    standby.promote()
    server.add("four")
    assert compare(server.installation).fits
    server.services.close()


def test_the_trail_of_one_that_lags_is_not_called_whole(
    tmp_path: Path, servers: tuple[PostgresServer, PostgresServer], capsys: pytest.CaptureFixture[str]
) -> None:
    primary, standby = servers
    machine = Machine(tmp_path, capsys)
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
    url = f"postgresql://postgres@{hosts}/postgres"
    machine.does("init", "--server-name", "ns01", "--protector", "file", "--cmdb", url)
    machine.back_up("--to", machine.vault())
    made = machine.does("audit", "--verify")["compared_with"]
    there = "SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()"
    wait_until(lambda: standby.run(there) == [(True,)])
    standby.run("SELECT pg_wal_replay_pause()")
    machine.add("run-as", "deploy", "*", "svc", "one")
    machine.back_up()
    primary.kill()
    told = machine.run("audit", "--verify", "--json")
    assert (told.code, told.json["whole"], told.json["compared_with"]) == (1, None, made)
    assert told.json["lags"] == 4
    said = machine.run("audit", "--verify")
    assert (said.code, "whole" in said.err) == (1, False)
    assert "a standby without the last 4 changes" in said.err

    standby.run("SELECT pg_wal_replay_resume()")
    wait_until(lambda: standby.run(there) == [(True,)])
    told = machine.run("audit", "--verify", "--json")
    assert (told.code, told.json["whole"], told.json["lags"]) == (0, True, 0)
    assert len(told.json["compared_with"]) > len(made)


def test_an_older_database_that_is_no_standby_is_a_mismatch(
    tmp_path: Path, servers: tuple[PostgresServer, PostgresServer]
) -> None:
    primary, standby = servers
    server = lives_on(RealSite(tmp_path), servers)
    there = "SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()"
    wait_until(lambda: standby.run(there) == [(True,)])
    primary.run("ALTER SYSTEM RESET synchronous_standby_names")
    primary.run("SELECT pg_reload_conf()")
    standby.promote()
    server.add("two")
    primary.kill()
    assert [one.what for one in server.services.recoverability.overview().mismatches] == ["went_back"]
    server.services.close()


@pytest.mark.parametrize(
    ("edit", "mismatches", "lags"),
    [
        ("", [], 1),
        ("DELETE FROM register", ["went_back"], 0),
        ("UPDATE keys SET state_since = state_since + 1", ["went_back"], 0),
        ("UPDATE meta SET value = '1' WHERE name = 'number'", ["went_back"], 0),
    ],
)
def test_an_earlier_state_that_was_put_back_and_edited_is_no_standby_that_lags(
    edit: str,
    mismatches: list[str],
    lags: int,
    tmp_path: Path,
    servers: tuple[PostgresServer, PostgresServer],
) -> None:
    primary, standby = servers
    server = lives_on(RealSite(tmp_path), servers)
    listed = primary.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = [str(name) for (name,) in listed]
    primary.run("CREATE SCHEMA earlier")
    for table in tables:
        primary.run(f"CREATE TABLE earlier.{table} AS TABLE {table}")
    server.add("two")
    tables.sort(key=_order)
    rows = [f"INSERT INTO {table} SELECT * FROM earlier.{table}" for table in tables]
    primary.run("; ".join([f"TRUNCATE {', '.join(tables)} CASCADE", *rows, *([edit] if edit else [])]))
    end = primary.run("SELECT pg_current_wal_lsn()")[0][0]
    wait_until(lambda: standby.run(f"SELECT pg_last_wal_replay_lsn() >= '{end}'") == [(True,)])
    primary.kill()
    compared = compare(server.installation)
    assert ([one.what for one in compared.mismatches], compared.lags) == (mismatches, lags)
    server.services.close()


def _order(table: str) -> int:
    """Where a table stands whose rows refer to those of the ones before it."""
    return {"keys": 0, "credentials": 1, "listing": 2}.get(table, 3)
