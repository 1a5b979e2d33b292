"""The CMDB on a PostgreSQL server: what only a server can do or refuse."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nskeys.errors import CmdbBusy, CmdbDamaged, CmdbUnreachable, ConfigurationInvalid, NotSetUp
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.credentials import UnreadableCredential
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import PostgresAddress
from nskeys.store.cmdb.postgres import PostgresEngine
from tests.fakes.cmdbs import CMDB_ID, add, read_everything, stream_raw, total
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.postgres import postgres_url


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture
def empty(url: str) -> Iterator[SqlCmdb]:
    """A place on the server with nothing in it."""
    with closing(SqlCmdb(url, FixedClock(), busy_timeout=0.2)) as cmdb:
        yield cmdb


@pytest.fixture
def cmdb(empty: SqlCmdb) -> SqlCmdb:
    """A CMDB with one credential."""
    empty.create(CMDB_ID)
    with empty.changing(an_event()) as change:
        change.add([a_credential("one")])
    return empty


def run(url: str, statement: str) -> None:
    """Let another program run a statement in the same place."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_a_missing_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "nskeys.store.cmdb.postgres", raising=False)
    with pytest.raises(ConfigurationInvalid) as refused:
        SqlCmdb("postgresql://db01/nskeys", FixedClock()).exists()
    assert (refused.value.problem, refused.value.detail) == ("not_installed", "psycopg")


@pytest.mark.parametrize("rest", ["[db01/nskeys", "db01:port/nskeys", "db01/nskeys?sslmod=require"])
def test_a_url_that_is_none_is_said(rest: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((ConfigurationInvalid, CmdbUnreachable)):
        SqlCmdb(f"postgresql://{rest}", FixedClock()).exists()


def test_a_server_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(CmdbUnreachable) as refused:
        SqlCmdb(f"postgresql://nskeys@/nskeys?host={tmp_path}", FixedClock()).exists()
    assert refused.value.problem == "no_connection"
    assert len(refused.value.detail) <= 300


def test_a_database_that_is_not_there_is_unreachable(url: str) -> None:
    with pytest.raises(CmdbUnreachable) as refused:
        SqlCmdb(url.replace("/postgres?", "/nowhere?"), FixedClock()).exists()
    assert refused.value.problem == "no_connection"
    assert "nowhere" in refused.value.detail


def test_a_connection_that_was_cut_is_made_again(cmdb: SqlCmdb, url: str) -> None:
    run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert total(cmdb) == 1


def test_a_connection_that_is_cut_in_a_change_leaves_nothing_of_it(cmdb: SqlCmdb, url: str) -> None:
    def change_and_lose_the_line() -> None:
        with cmdb.changing(an_event()) as change:
            change.add([a_credential("two")])
            run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            change.names()

    with pytest.raises(CmdbUnreachable) as refused:
        change_and_lose_the_line()
    assert refused.value.problem == "shut_down"
    assert total(cmdb) == 1


def test_another_programs_tables_are_left_alone(empty: SqlCmdb, url: str) -> None:
    run(url, "CREATE TABLE credentials (who text)")
    assert not empty.exists()
    with pytest.raises(CmdbUnreachable) as refused:
        empty.create(CMDB_ID)
    assert (refused.value.problem, refused.value.detail) == ("other_tables", "credentials")


def test_a_role_that_may_not_make_tables_is_told_so(empty: SqlCmdb, url: str) -> None:
    run(url, "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    schema = url.rpartition("%3D")[2]
    run(url, f"GRANT USAGE ON SCHEMA {schema} TO reader")
    with (
        closing(SqlCmdb(url.replace("postgres@", "reader@"), FixedClock())) as reader,
        pytest.raises(CmdbUnreachable) as refused,
    ):
        reader.create(CMDB_ID)
    assert refused.value.problem == "role_forbidden"
    run(url, "DROP OWNED BY reader")


def test_a_database_that_cannot_hold_every_character_is_refused(url: str) -> None:
    run(url, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    place = url.replace("/postgres?", "/ascii?").partition("&")[0]
    with closing(SqlCmdb(place, FixedClock())) as cmdb, pytest.raises(CmdbUnreachable) as refused:
        cmdb.create(CMDB_ID)
    assert (refused.value.problem, refused.value.detail) == ("other_encoding", "SQL_ASCII")
    run(url, "DROP DATABASE ascii")


def test_looking_is_read_only_and_one_snapshot(cmdb: SqlCmdb) -> None:
    with cmdb.reading() as view:
        connection = view._connection  # type: ignore[attr-defined]  # the one that was opened for it
        shown = [
            connection.value(f"SHOW {name}") for name in ("transaction_read_only", "transaction_isolation")
        ]
    assert shown == ["on", "repeatable read"]


def test_a_look_goes_on_while_others_change(cmdb: SqlCmdb) -> None:
    with cmdb.reading() as view:
        before = view.sealed()
        with cmdb.changing(an_event()) as change:
            change.add([a_credential("two")])
        assert view.sealed() == before
    assert total(cmdb) == 2


def test_text_that_is_searched_may_hold_what_patterns_and_drivers_use(cmdb: SqlCmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.add([a_credential("100% :name %(x)s ? _")])
    with cmdb.reading() as view:
        for text in ("100%", "%(X)S", "? _", ":NAME"):
            assert view.total(CredentialFilter(text=text)) == 1
        assert view.total(CredentialFilter(text="100_")) == 0


def test_changes_from_many_sides_are_all_kept(cmdb: SqlCmdb, url: str) -> None:
    def work(worker: int) -> None:
        with closing(SqlCmdb(url, FixedClock(), busy_timeout=30)) as mine:
            for n in range(8):
                with mine.changing(an_event()) as change:
                    change.add([a_credential(f"{worker}-{n}", credential_id=f"{worker:016x}{n:016x}")])

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total(cmdb) == 33
    with cmdb.reading() as view:
        assert [entry.number for entry in view.audit_entries()] == list(range(1, 34))


def test_a_table_that_another_program_locked_is_said_to_be_busy(cmdb: SqlCmdb, url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CmdbBusy), cmdb.changing(an_event()):
            pytest.fail("the audit trail cannot be written")


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'root'",
        "number = 9223372036854775807",
        "note = repeat('x', 20000)",
        "id = upper(md5('x'))",
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_stops_no_other(
    cmdb: SqlCmdb, url: str, change: str
) -> None:
    add(cmdb, a_credential("good"))
    run(url, "ALTER TABLE listing DROP CONSTRAINT listing_id_fkey")
    run(url, f"UPDATE credentials SET {change} WHERE name = 'one'")
    told: list[UnreadableCredential] = []
    opened = [row[2] for _, rows in stream_raw(cmdb, told.append) for row in rows]
    with cmdb.reading() as view:
        page = view.page(CredentialFilter(), CredentialOrder(), 5)
        assert "good" in [item.credential.fields.name for item in page]
        view.counts()
        assert "credentials" in {row.table for row in view.unreadable()}
    assert "good" in opened
    assert len(opened) + len(told) == 2


def test_columns_of_another_type_are_named_row_by_row(cmdb: SqlCmdb, url: str) -> None:
    run(url, "ALTER TABLE credentials ALTER COLUMN sealed TYPE text USING 'x'")
    told: list[UnreadableCredential] = []
    assert list(stream_raw(cmdb, told.append)) == []
    assert [row.reference for row in told] == ["run-as/one"]


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE listing CASCADE", "ALTER TABLE credentials RENAME COLUMN note TO remark"],
)
def test_tables_that_are_not_those_of_nskeys_are_damage(cmdb: SqlCmdb, url: str, statement: str) -> None:
    run(url, statement)
    with pytest.raises(CmdbDamaged) as refused:
        read_everything(cmdb)
    assert refused.value.problem == "schema"


def test_an_empty_place_is_not_set_up(empty: SqlCmdb) -> None:
    with pytest.raises(NotSetUp) as refused:
        empty.cmdb_id()
    assert refused.value.home == empty.address()


def test_a_server_that_fell_silent_is_not_waited_for_by_the_systems_own_patience(url: str) -> None:
    """What libpq was told: in a network that is cut a look ends after half a minute."""
    engine = PostgresEngine(PostgresAddress(url.removeprefix("postgresql://")), 1.0)
    with engine.transaction(changing=False) as connection:
        driver: Any = connection.driver
        told = driver.info.get_parameters()
    engine.close()
    assert told["tcp_user_timeout"] == "20000"
    assert int(told["keepalives_idle"]) + 3 * int(told["keepalives_interval"]) <= 20


def test_once_closed_no_connection_is_kept_by_whoever_still_looks(url: str) -> None:
    """As where the app goes on with another database while a thread still reads this one."""
    begun = SqlCmdb(f"{url}&application_name=looks", FixedClock())
    begun.create(CMDB_ID)
    never_begun = SqlCmdb(f"{url}&application_name=looks", FixedClock())
    never_begun.close()
    with begun.reading() as view:
        begun.close()
        assert view.cmdb_id == CMDB_ID
    for cmdb in (begun, never_begun):
        assert cmdb.cmdb_id() == CMDB_ID
    import psycopg

    with psycopg.connect(url) as connection:
        seen = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'looks'"
        until, found = time.monotonic() + 5, None
        while found != (0,) and time.monotonic() < until:  # the server ends a session a moment later
            found = connection.execute(seen).fetchone()
            connection.rollback()
    assert found == (0,)
