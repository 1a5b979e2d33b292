"""Whoever can make triggers and views in the database could change what is read or written through them:
such a database is not used, and what is strange in it is named."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.errors import CmdbAltered, CmdbUnreachable
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from tests.fakes.cmdbs import CMDB_ID, add, total
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.postgres import postgres_url

SQLITE = {
    "CREATE TRIGGER t AFTER INSERT ON register BEGIN DELETE FROM credentials; END": "trigger t on register",
    "CREATE VIEW v AS SELECT * FROM credentials": "view v",
    "CREATE TABLE moved AS SELECT * FROM listing; DROP TABLE listing; "
    "CREATE VIEW listing AS SELECT * FROM moved": "view listing",
    "CREATE VIRTUAL TABLE words USING fts5(word)": "virtual table words",
}
POSTGRES = {
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN DELETE FROM credentials; RETURN NEW; END';"
    "CREATE TRIGGER t AFTER INSERT ON register EXECUTE FUNCTION f()": "trigger t on register",
    "CREATE RULE r AS ON INSERT TO audit DO ALSO DELETE FROM credentials": "rule r on audit",
    "CREATE POLICY p ON credentials USING (name <> 'one')": "policy p on credentials",
    "CREATE VIEW v AS SELECT * FROM credentials": "view v",
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM credentials": "materialized view m",
    "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
    "CREATE FOREIGN TABLE far (x int) SERVER s": "foreign table far",
    "CREATE TABLE more () INHERITS (credentials)": "child table more on credentials",
    "DROP TABLE drills; CREATE TABLE drills (number int, body text, signature bytea) PARTITION BY RANGE "
    "(number)": "partitioned table drills",
}


def refused(cmdb: SqlCmdb) -> tuple[str, ...]:
    """What every way in names."""
    named = set()
    for act in (cmdb.exists, cmdb.cmdb_id, lambda: cmdb.create(CMDB_ID), lambda: total(cmdb)):
        with pytest.raises(CmdbAltered) as caught:
            act()
        named.add(caught.value.objects)
    with pytest.raises(CmdbAltered), cmdb.changing(an_event()):
        pytest.fail("nothing is written to such a database")
    [objects] = named
    return objects


@pytest.mark.parametrize(("statements", "name"), SQLITE.items(), ids=SQLITE.values())
def test_what_a_file_has_besides_tables_is_named_and_nothing_is_done(
    cmdb: SqlCmdb, other: sqlite3.Connection, statements: str, name: str
) -> None:
    other.executescript(statements)
    assert name in refused(cmdb)
    assert other.execute("SELECT count(*) FROM credentials").fetchone() == (1,)


def test_no_cmdb_is_made_beside_a_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(
            "CREATE TABLE inventory (x); "
            "CREATE TRIGGER t AFTER INSERT ON inventory BEGIN DELETE FROM inventory; END"
        )
    with pytest.raises(CmdbAltered):
        SqlCmdb(url_of(path), FixedClock()).create(CMDB_ID)


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture
def on_server(url: str) -> Iterator[SqlCmdb]:
    with closing(SqlCmdb(url, FixedClock())) as cmdb:
        cmdb.create(CMDB_ID)
        add(cmdb, a_credential("one"))
        yield cmdb


def run(url: str, statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize(("statements", "name"), POSTGRES.items(), ids=POSTGRES.values())
def test_what_a_schema_has_besides_tables_is_named_and_nothing_is_done(
    on_server: SqlCmdb, url: str, statements: str, name: str
) -> None:
    run(url, statements)
    assert any(name == named or named.endswith(f".{name}") for named in refused(on_server))
    if "WRAPPER" in statements:
        run(url, "DROP FOREIGN DATA WRAPPER w CASCADE")


def test_a_table_of_the_session_does_not_stand_before_ours(on_server: SqlCmdb, url: str) -> None:
    """A pooler gives sessions on, and what their last user made in them with it."""
    with on_server.reading() as view:
        driver = view._connection.driver  # type: ignore[attr-defined]  # the one that was opened for it
    driver.execute("CREATE TEMPORARY TABLE credentials (id text)")
    assert total(on_server) == 1


def test_row_security_is_an_error_and_never_fewer_rows(on_server: SqlCmdb, url: str) -> None:
    run(url, "DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    schema = url.rpartition("%3D")[2]
    run(
        url,
        f"GRANT USAGE ON SCHEMA {schema} TO clerk; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO clerk",
    )
    run(url, "ALTER TABLE credentials ENABLE ROW LEVEL SECURITY")
    with closing(SqlCmdb(url.replace("postgres@", "clerk@"), FixedClock())) as clerk:
        assert clerk.cmdb_id() == CMDB_ID
        with pytest.raises(CmdbUnreachable) as caught, clerk.reading() as view:
            view.sealed()
    assert caught.value.problem == "role_forbidden"
    run(url, "DROP OWNED BY clerk")
