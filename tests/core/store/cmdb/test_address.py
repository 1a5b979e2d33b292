"""Where a CMDB is: URLs that are understood, and those that are refused."""

import os
from pathlib import Path

import pytest

from nskeys.errors import ConfigurationInvalid
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import (
    PostgresAddress,
    SqliteAddress,
    of_address,
    understand,
    url_of,
)
from tests.fakes.fixed import FixedClock


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////var/lib/nskeys/cmdb.sqlite3", "/var/lib/nskeys/cmdb.sqlite3"),
        ("sqlite+pysqlite:////srv/a b?c=d%20#e", "/srv/a b?c=d%20#e"),
    ],
)
def test_all_behind_the_third_slash_is_the_path(url: str, path: str) -> None:
    assert understand(url) == SqliteAddress(Path(path))


def test_a_relative_path_starts_where_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = understand("sqlite:///cmdb.sqlite3")
    assert address == SqliteAddress(tmp_path / "cmdb.sqlite3")
    assert understand(url_of(Path("cmdb.sqlite3"))) == address
    assert (address.shown, address.home) == (str(tmp_path / "cmdb.sqlite3"), str(tmp_path))


@pytest.mark.parametrize(
    "rest",
    [
        "db01/nskeys",
        "nskeys@db01:5432/nskeys",
        "nskeys@[::1]:5432/nskeys?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "/nskeys?host=/run/postgresql&passfile=/etc/nskeys/pgpass",
    ],
)
def test_a_postgresql_url_is_shown_as_it_stands(rest: str) -> None:
    for scheme in ("postgresql", "postgresql+psycopg"):
        address = understand(f"{scheme}://{rest}")
        assert address == PostgresAddress(rest)
        assert address.shown == f"postgresql://{rest}"
    cmdb = SqlCmdb(f"postgresql://{rest}", FixedClock())
    assert (cmdb.describe(), cmdb.address()) == ("PostgreSQL", f"postgresql://{rest}")


@pytest.mark.parametrize(
    "rest",
    [
        "nskeys:hunter2@db01/nskeys",
        "nskeys:hun/ter2@db01/nskeys",
        "nskeys:hun@ter2@db01/nskeys",
        "nskeys:hunter2@",
        "db01/nskeys?password=hunter2",
        "db01/nskeys?PASSWORD=hunter2",
        "db01/nskeys?sslmode=require&sslpassword=hunter2",
        "db01/nskeys?oauth_client_secret=hunter2",
        "db01/nskeys?scram_client_key=hunter2",
        "db01/nskeys?%70assword=hunter2",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(rest: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        SqlCmdb(f"postgresql://{rest}", FixedClock())
    error = refused.value
    assert error.problem == "has_password"
    assert "hun" not in repr(error)


@pytest.mark.parametrize(
    "rest",
    [
        "nskeys:@db01/nskeys",
        "db01/nskeys?password=",
        "db01/nskeys?passfile=/etc/nskeys/passfile",
        "db01:5432,db02:5433/nskeys",
        "nskeys@[2001:db8::7]:5432/nskeys",
        "db01:5432/name@with-at",
        "%2Frun%2Fpostgresql:5433/nskeys",
        "/nskeys?service=cmdb",
    ],
)
def test_what_is_no_password_is_not_called_one(rest: str) -> None:
    assert SqlCmdb(f"postgresql://{rest}", FixedClock()).address() == f"postgresql://{rest}"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "unknown_database"),
        ("/var/lib/nskeys/cmdb.sqlite3", "unknown_database"),
        ("mysql://nskeys:hunter2@db01/nskeys", "unknown_database"),
        ("sqlite:/var/lib/cmdb.sqlite3", "unknown_database"),
        ("sqlite+aiosqlite:////var/lib/cmdb.sqlite3", "unknown_database"),
        ("sqlite://", "no_file"),
        ("sqlite:///", "no_file"),
        ("sqlite:///:memory:", "no_file"),
        ("sqlite://host/cmdb.sqlite3", "no_file"),
        ("sqlite:////var/lib/\x00", "zero_character"),
    ],
)
def test_anything_else_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        understand(url)
    assert refused.value.problem == problem
    assert "hunter2" not in repr(refused.value)


@pytest.mark.parametrize(
    "spelled", ["host=db password=hunter2", " password = hunter2", "host=/run/postgresql password=hun/ter2"]
)
def test_the_other_spelling_of_libpq_is_no_file_name(spelled: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        of_address(spelled)
    assert refused.value.problem == "unknown_database"
    assert "hun" not in repr(refused.value)


def test_a_file_may_have_such_a_name_in_a_folder() -> None:
    assert of_address("/srv/a=b") == "sqlite:////srv/a=b"


def test_a_server_is_not_named_in_other_bytes() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        understand(os.fsdecode(b"postgresql://db/\xe9"))
    assert refused.value.problem == "not_utf8"


def test_an_address_that_changes_opens_only_the_new_database(tmp_path: Path) -> None:
    class Slow(SqlCmdb):
        def close(self) -> None:
            super().close()
            self.exists()  # another thread, at the worst moment

    old, new = tmp_path / "old.sqlite3", tmp_path / "new.sqlite3"
    for path in (old, new):
        cmdb = SqlCmdb(url_of(path), FixedClock())
        cmdb.create(path.name.encode().hex()[:8] * 4)
        cmdb.close()
    cmdb = Slow(url_of(old), FixedClock())
    assert cmdb.exists()
    cmdb.use(url_of(new))
    assert cmdb.cmdb_id() == b"new.".hex() * 4
    SqlCmdb.close(cmdb)
