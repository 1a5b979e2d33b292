"""PostgreSQL as people run it: behind PgBouncer, on a standby, with limits, with a primary that dies."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.errors import (
    CmdbBusy,
    CmdbForbids,
    CmdbFull,
    CmdbUnreachable,
    ConfigurationInvalid,
    NskeysError,
)
from nskeys.model.database import DatabaseConnection, DatabaseLogin, LoginSafety
from nskeys.store.cmdb import SqlCmdb
from nskeys.wording.database import connection_word, connection_words
from tests.fakes.certificates import Authority
from tests.fakes.cmdbs import CMDB_ID, add, read_everything, stream_raw, total
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.postgres_servers import (
    PostgresServer,
    pgbouncer,
    postgres_server,
    servers_folder,
    standby_of,
    wait_until,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with servers_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[PostgresServer]:
    pytest.importorskip("psycopg")
    with postgres_server(folder) as server:
        yield server


@pytest.fixture
def database(server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of the server, and a role of its own with nothing but its schema."""
    server.run("DROP SCHEMA public CASCADE")
    server.run("CREATE SCHEMA public")
    yield server.url
    server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )


def opened(url: str, busy_timeout: float = 5.0) -> closing[SqlCmdb]:
    """The CMDB at a URL."""
    return closing(SqlCmdb(url, FixedClock(), busy_timeout=busy_timeout))


def refusal(url: str) -> NskeysError:
    """What a change is refused with."""
    with opened(url, 0.2) as cmdb, pytest.raises(NskeysError) as refused:
        add(cmdb, a_credential("refused"))
    return refused.value


# --- PgBouncer ----------------------------------------------------------------------------------------


def test_behind_pgbouncer_transactions_in_other_sessions_are_no_matter(
    server: PostgresServer, database: str
) -> None:
    with pgbouncer(server) as url, opened(url) as cmdb:
        cmdb.create(CMDB_ID)
        for number in range(12):
            add(cmdb, a_credential(f"n{number}", credential_id=f"{number:032x}"))
            read_everything(cmdb)
        assert total(cmdb) == 12
        assert sum(len(rows) for _, rows in stream_raw(cmdb)) == 12


def test_behind_pgbouncer_changes_from_two_sides_come_one_after_the_other(
    server: PostgresServer, database: str
) -> None:
    with pgbouncer(server) as url:
        with opened(url) as cmdb:
            cmdb.create(CMDB_ID)

        def work(side: int) -> None:
            with opened(url, 30) as mine:
                for number in range(10):
                    add(mine, a_credential(f"{side}-{number}", credential_id=f"{side:016x}{number:016x}"))
                    read_everything(mine)

        sides = [threading.Thread(target=work, args=(side,)) for side in range(2)]
        for side in sides:
            side.start()
        for side in sides:
            side.join()
        with opened(url) as cmdb, cmdb.reading() as view:
            assert [entry.number for entry in view.audit_entries()] == list(range(1, 21))
        # Nothing that was set for a change is left for whoever gets the session next.
        with opened(url) as cmdb, cmdb.reading() as view:
            connection = view._connection  # type: ignore[attr-defined]  # the one that was opened for it
            assert connection.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
            assert connection.value("SHOW lock_timeout") == "0"


# --- a standby, and a primary that dies -----------------------------------------------------------------


def test_a_standby_is_read_and_says_that_it_takes_no_changes(server: PostgresServer, database: str) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
        add(cmdb, a_credential("one"))
    with standby_of(server, synchronous=True) as standby:
        try:
            with opened(standby.url) as copy:
                wait_until(lambda: copy.exists() and total(copy) == 1)
                read_everything(copy)
            refused = refusal(standby.url)
            assert isinstance(refused, CmdbUnreachable)
            assert refused.problem == "standby"
            both = f"postgresql://postgres@127.0.0.1:{standby.port},127.0.0.1:{server.port}/postgres"
            with opened(both) as cmdb:
                add(cmdb, a_credential("two"))
                assert total(cmdb) == 2
        finally:
            server.run("ALTER SYSTEM RESET synchronous_standby_names")
            server.run("SELECT pg_reload_conf()")


def test_a_standby_that_is_promoted_has_all_that_was_done_and_takes_what_comes(folder: Path) -> None:
    with (
        postgres_server(_place(folder, "failover")) as primary,
        standby_of(primary, synchronous=True) as standby,
        opened(f"postgresql://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/postgres") as cmdb,
    ):
        cmdb.create(CMDB_ID)
        add(cmdb, a_credential("one"))

        def change_and_lose_the_primary() -> None:
            with cmdb.changing(an_event()) as change:
                change.add([a_credential("half done")])
                primary.kill()
                change.names()

        with pytest.raises(CmdbUnreachable) as refused:
            change_and_lose_the_primary()
        assert refused.value.problem in ("connection_lost", "shut_down")
        # Without a primary what there is can be read all the same.
        assert total(cmdb) == 1
        standby.promote()
        add(cmdb, a_credential("two"))
        assert total(cmdb) == 2


def test_a_connection_that_is_lost_at_the_commit_leaves_it_unknown_and_is_told_so(
    server: PostgresServer, database: str
) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)

        def lose_the_line_at_the_commit() -> None:
            with cmdb.changing(an_event()) as change:
                change.add([a_credential("one")])
                driver = change._connection.driver  # type: ignore[attr-defined]  # of this transaction
                driver.close()

        with pytest.raises(CmdbUnreachable) as refused:
            lose_the_line_at_the_commit()
        assert refused.value.problem == "outcome_unknown"
        assert total(cmdb) == 0


def _place(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir(mode=0o755)
    return place


# --- limits, rights and other reasons, each told apart from a lock ----------------------------------------


def test_a_role_that_may_not_write_is_told_so(server: PostgresServer, database: str) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
    server.run("DROP ROLE IF EXISTS looker")
    server.run("CREATE ROLE looker LOGIN")
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")
    server.run("GRANT USAGE ON SCHEMA public TO looker")
    try:
        url = database.replace("postgres@", "looker@")
        with opened(url) as cmdb:
            assert total(cmdb) == 0
        refused = refusal(url)
        assert isinstance(refused, CmdbForbids)
        assert refused.problem == "role_forbidden"
    finally:
        server.run("DROP OWNED BY looker")


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("statement_timeout = '50ms'", "statement_timeout"),
        ("default_transaction_read_only = on", "standby"),
    ],
)
def test_what_a_role_is_held_to_is_said(
    server: PostgresServer, database: str, setting: str, problem: str
) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
    server.run("DROP ROLE IF EXISTS held")
    server.run("CREATE ROLE held LOGIN SUPERUSER")
    server.run(f"ALTER ROLE held SET {setting}")
    with opened(database.replace("postgres@", "held@")) as held, opened(database) as other:
        if problem == "standby":
            refused = refusal(database.replace("postgres@", "held@"))
        else:
            with other.changing(an_event()), pytest.raises(NskeysError) as caught:
                add(held, a_credential("waits"))
            refused = caught.value
    assert isinstance(refused, CmdbUnreachable)
    assert not isinstance(refused, CmdbForbids)
    assert refused.problem == problem


def test_a_session_that_was_idle_for_too_long_is_said(server: PostgresServer, database: str) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
    server.run("DROP ROLE IF EXISTS idler")
    server.run("CREATE ROLE idler LOGIN SUPERUSER")
    server.run("ALTER ROLE idler SET idle_in_transaction_session_timeout = '20ms'")
    asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'idler'"

    def idle(cmdb: SqlCmdb) -> None:
        with cmdb.changing(an_event()) as change:
            wait_until(lambda: server.run(asked) == [(0,)])
            change.names()

    with opened(database.replace("postgres@", "idler@")) as cmdb, pytest.raises(CmdbUnreachable) as refused:
        idle(cmdb)
    assert refused.value.problem == "idle_timeout"


def test_another_change_is_a_lock_and_nothing_else(server: PostgresServer, database: str) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
        with cmdb.changing(an_event()):
            assert isinstance(refusal(database), CmdbBusy)


def test_a_server_without_a_free_connection_is_said_to_be_full(
    server: PostgresServer, database: str
) -> None:
    server.run("DROP ROLE IF EXISTS many")
    server.run("CREATE ROLE many LOGIN CONNECTION LIMIT 0")
    with opened(database.replace("postgres@", "many@")) as cmdb, pytest.raises(CmdbFull):
        cmdb.exists()


def test_a_server_that_is_shut_down_is_no_lock(folder: Path) -> None:
    with postgres_server(_place(folder, "ending")) as server, opened(server.url) as cmdb:
        cmdb.create(CMDB_ID)

        def shut_down() -> None:
            with cmdb.changing(an_event()) as change:
                server.stop()
                change.names()

        with pytest.raises(CmdbUnreachable) as refused:
            shut_down()
        assert refused.value.problem in ("shut_down", "connection_lost")
        with pytest.raises(CmdbUnreachable) as gone:
            total(cmdb)
        assert gone.value.problem == "no_connection"


def test_a_change_is_on_the_medium_whatever_the_role_is_set_to(
    server: PostgresServer, database: str
) -> None:
    server.run("DROP ROLE IF EXISTS hasty")
    server.run("CREATE ROLE hasty LOGIN SUPERUSER")
    for setting, used in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        server.run(f"ALTER ROLE hasty SET synchronous_commit = {setting}")
        with opened(database.replace("postgres@", "hasty@")) as cmdb:
            cmdb.create(CMDB_ID)
            with cmdb.changing(an_event()) as change:
                connection = change._connection  # type: ignore[attr-defined]  # the one opened for it
                assert connection.value("SHOW synchronous_commit") == used


# --- addresses --------------------------------------------------------------------------------------------


def test_addresses_are_those_of_libpq(
    server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
    port, folder = server.port, server.folder
    services = tmp_path / "services"
    services.write_text(f"[cmdb]\nhost=127.0.0.1\nport={port}\nuser=postgres\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    for url in (
        f"postgresql://postgres@127.0.0.1:1,127.0.0.1:{port}/postgres",
        f"postgresql://postgres@{str(folder).replace('/', '%2F')}:{port}/postgres",
        f"postgresql://postgres@/postgres?host={folder}&port={port}",
        f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port=1,{port}",
        f"postgresql://postgres:@127.0.0.1:{port}/postgres",
        f"postgres://postgres@127.0.0.1:{port}/postgres",
        "postgresql:///postgres?service=cmdb",
    ):
        with opened(url) as cmdb:
            assert cmdb.cmdb_id() == CMDB_ID, url


@pytest.mark.parametrize(
    ("rest", "login"),
    [
        ("postgres@/db?host=/run/postgresql", DatabaseLogin(LoginSafety.SOCKET)),
        ("%2Frun%2Fpostgresql/db", DatabaseLogin(LoginSafety.SOCKET)),
        ("localhost/db", DatabaseLogin(LoginSafety.THIS_MACHINE)),
        ("127.0.0.8:5433/db", DatabaseLogin(LoginSafety.THIS_MACHINE)),
        ("[::1]/db", DatabaseLogin(LoginSafety.THIS_MACHINE)),
        ("db.example/db?hostaddr=127.0.0.1", DatabaseLogin(LoginSafety.THIS_MACHINE)),
        ("db01.example/db", DatabaseLogin(LoginSafety.OTHER_MACHINE)),
        ("127.0.0.1,db01.example/db", DatabaseLogin(LoginSafety.OTHER_MACHINE)),
        ("localhost/db?hostaddr=192.0.2.7", DatabaseLogin(LoginSafety.OTHER_MACHINE)),
        ("[2001:db8::7]:5432/db", DatabaseLogin(LoginSafety.OTHER_MACHINE)),
        (
            "db01.example/db?sslmode=require",
            DatabaseLogin(LoginSafety.OTHER_MACHINE, ("sslmode=require",)),
        ),
        (
            "127.0.0.1/db?require_auth=password",
            DatabaseLogin(LoginSafety.THIS_MACHINE, ("require_auth=password",)),
        ),
    ],
)
def test_what_a_login_is_held_to_follows_from_the_address(
    rest: str, login: DatabaseLogin, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg")
    # What stands in the environment says nothing to whoever reads the configuration.
    monkeypatch.setenv("PGSSLMODE", "disable")
    monkeypatch.setenv("PGREQUIREAUTH", "password")
    with opened(f"postgresql://{rest}") as cmdb:
        assert cmdb.login() == login


def test_what_protects_the_connection_is_told_of_the_one_that_is_used(
    server: PostgresServer, database: str
) -> None:
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
        assert cmdb.connection() == DatabaseConnection(
            socket=False, tls="", sslmode="prefer", require_auth="!password,!md5"
        )
    with opened(f"postgresql://postgres@/postgres?host={server.folder}&port={server.port}") as cmdb:
        told = cmdb.connection()
        assert told is not None
        assert (told.socket, connection_word(told)) == (True, "socket")
        assert connection_words(told) == "a socket of this machine, require_auth=none"


def test_tls_is_what_libpq_sees_and_its_version_what_the_server_says(
    server: PostgresServer, database: str, tmp_path: Path
) -> None:
    """PgBouncer speaks TLS, and the server behind it knows of none."""
    authority = Authority(tmp_path / "authority")
    with opened(database) as cmdb:
        cmdb.create(CMDB_ID)
    with pgbouncer(server, authority.certificate_for("127.0.0.1")) as url:
        checked = f"{url}?sslmode=verify-full&sslrootcert={authority.bundle}&require_auth=none"
        with opened(checked) as cmdb:
            told = cmdb.connection()
            assert told == DatabaseConnection(
                socket=False, tls="TLS", sslmode="verify-full", require_auth="none"
            )
            assert connection_word(told) == "TLS, server checked"
        server.run(
            "SET allow_system_table_mods = on; ALTER VIEW pg_catalog.pg_stat_ssl RENAME TO real_stat_ssl;"
            "CREATE VIEW pg_catalog.pg_stat_ssl AS SELECT pid, 'TLSv1.3'::text AS version"
            " FROM real_stat_ssl"
        )
        try:
            with opened(f"{url}?sslmode=require&require_auth=none") as cmdb:
                told = cmdb.connection()
                assert told is not None
                assert connection_word(told) == "TLSv1.3, server not checked"
                assert connection_words(told) == "TLSv1.3, sslmode=require, require_auth=none"
        finally:
            server.run(
                "SET allow_system_table_mods = on; DROP VIEW pg_catalog.pg_stat_ssl;"
                "ALTER VIEW pg_catalog.real_stat_ssl RENAME TO pg_stat_ssl"
            )


def test_a_password_in_the_clear_is_asked_for_in_vain(
    server: PostgresServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server itself wants it in the clear, and would get it from the password file."""
    server.run("DROP ROLE IF EXISTS plain")
    server.run("CREATE ROLE plain LOGIN SUPERUSER PASSWORD 'a word of the passfile'")
    rules = server.folder / "data" / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    rules.write_text(f"host all plain 127.0.0.1/32 password\n{before}", encoding="utf-8")
    server.run("SELECT pg_reload_conf()")
    words = tmp_path / "passfile"
    words.write_text(f"127.0.0.1:{server.port}:*:plain:a word of the passfile\n", encoding="utf-8")
    words.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(words))
    url = database.replace("postgres@", "plain@")
    try:
        with opened(f"{url}?require_auth=password") as said:
            wait_until(lambda: _answers(said))
        with opened(url) as cmdb, pytest.raises(CmdbUnreachable) as refused:
            cmdb.exists()
        assert refused.value.problem == "unsafe_login"
        rules.write_text(f"host all plain 127.0.0.1/32 scram-sha-256\n{before}", encoding="utf-8")
        server.run("SELECT pg_reload_conf()")
        with opened(url) as cmdb:
            wait_until(lambda: _answers(cmdb))
    finally:
        rules.write_text(before, encoding="utf-8")
        server.run("SELECT pg_reload_conf()")


def _answers(cmdb: SqlCmdb) -> bool:
    try:
        cmdb.exists()
    except NskeysError:
        return False
    return True


def test_an_address_that_libpq_does_not_understand_is_said() -> None:
    pytest.importorskip("psycopg")
    with opened("postgresql://db01/nskeys?sslmod=require") as cmdb, pytest.raises(ConfigurationInvalid):
        cmdb.exists()
