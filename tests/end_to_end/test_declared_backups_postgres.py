"""Somebody else's backup of a PostgreSQL CMDB: pg_dump, a role that may SELECT and nothing else, a standby
and a subscriber, which are no backups."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.test_postgres_servers import Commands, set_up
from tests.fakes.postgres_servers import (
    PostgresServer,
    postgres_server,
    servers_folder,
    standby_of,
    wait_until,
)

_PASSWORD = "four plain wooden words 4711"
_TEXT = "pg_dump to vault02"


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    pytest.importorskip("psycopg")
    (tmp_path / "password").write_text(_PASSWORD, encoding="utf-8")
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "vault").mkdir()
    return Commands(tmp_path)


@contextmanager
def declared(commands: Commands, rows: int = 30) -> Iterator[PostgresServer]:
    """A server whose keys are elsewhere, and whose rows somebody else backs up, as was declared."""
    with servers_folder() as folder, postgres_server(folder) as server:
        set_up(commands, server.url, rows)
        vault = str(commands.folder / "vault")
        commands.run("backup", "--keys-only", "--to", vault, *commands.password())
        commands.run("database", "declare", _TEXT)
        yield server


def ends(commands: Commands, code: int, *words: str) -> str:
    """What a command says that ends with this code."""
    with commands.start(*words) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == code, said
    return " ".join(said.split())


def reader(server: PostgresServer, database: str, role: str = "reader") -> str:
    """The URL of a role that may read the tables there, and nothing else."""
    server.run(f"CREATE ROLE {role} LOGIN")
    server.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}", database)
    return server.url_of(database, role)


def test_a_restored_dump_counts_for_a_reader_that_may_only_select(commands: Commands) -> None:
    with declared(commands) as server:
        server.restore(server.dump(), "restored")
        assert "0 of 30 credentials" in ends(commands, 1, "status")
        said = ends(commands, 0, "database", "check", reader(server, "restored"))
        assert "30 credentials: each of them opened" in said
        status = json.loads(commands.run("status", "--json"))
        assert status["credentials"]["recoverable"] == 30
        assert status["database_copy"]["destination"] == _TEXT
        # A role that may not read a table is told so, and what stands goes on standing.
        server.run("REVOKE SELECT ON drills FROM reader", "restored")
        said = ends(commands, 69, "database", "check", server.url_of("restored", "reader"))
        assert "does not let this role do that" in said
        server.run("GRANT SELECT ON drills TO reader", "restored")
        server.run("CREATE VIEW more AS SELECT * FROM credentials", "restored")
        said = ends(commands, 65, "database", "check", server.url_of("restored", "reader"))
        assert "it has what nskeys did not make: view more" in said
        assert "30 of 30" in ends(commands, 0, "status")


def test_the_database_itself_is_no_backup_by_any_address(commands: Commands) -> None:
    with declared(commands) as server:
        for url in (server.url, f"postgresql://postgres@localhost:{server.port}/postgres?sslmode=prefer"):
            said = ends(commands, 65, "database", "check", url)
            assert "which this check made only just now: it is the CMDB itself, or follows it" in said
        assert "0 of 30 credentials" in ends(commands, 1, "status")


def test_a_standby_is_no_backup_and_counts_once_it_went_its_own_way(commands: Commands) -> None:
    with declared(commands) as server, standby_of(server) as standby:
        said = ends(commands, 65, "database", "check", standby.url)
        assert "its server is in recovery" in said
        assert "0 of 30 credentials" in ends(commands, 1, "status")
        standby.promote()
        assert "each of them opened" in ends(commands, 0, "database", "check", standby.url)
        assert "30 of 30" in ends(commands, 0, "status")


def test_a_subscriber_is_no_backup(commands: Commands) -> None:
    with declared(commands) as server:
        commands.run("status", most=1)
        server.stop()
        server.start("wal_level=logical")
        server.restore(server.dump("--schema-only"), "follower")
        server.run("CREATE PUBLICATION p FOR ALL TABLES")
        server.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
        source = f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres"
        server.run(
            f"CREATE SUBSCRIPTION s CONNECTION '{source}' PUBLICATION p WITH (create_slot = false)",
            "follower",
        )
        wait_until(lambda: server.run("SELECT count(*) FROM checkpoint", "follower") == [(1,)])
        wait_until(lambda: server.run("SELECT count(*) FROM credentials", "follower") == [(30,)])
        said = ends(commands, 65, "database", "check", reader(server, "follower"))
        assert "its tables follow another database by a subscription" in said
        assert "0 of 30 credentials" in ends(commands, 1, "status")


def test_a_statement_that_takes_too_long_there_is_told_and_proves_nothing(commands: Commands) -> None:
    with declared(commands, 4_000) as server:
        server.restore(server.dump(), "restored")
        url = reader(server, "restored")
        # The rows cannot be read while somebody changes the table's columns.
        import psycopg

        with psycopg.connect(server.url_of("restored")) as other:
            other.execute("LOCK TABLE credentials IN ACCESS EXCLUSIVE MODE")
            server.run("ALTER ROLE reader SET statement_timeout = '300ms'")
            said = ends(commands, 69, "database", "check", url)
        assert "statement_timeout" in said
        assert "0 of" in ends(commands, 1, "status")
        server.run("ALTER ROLE reader RESET statement_timeout")
        assert "each of them opened" in ends(commands, 0, "database", "check", url)
