"""The look that comes first asks nothing that takes longer the more credentials there are."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.store.cmdb.sqlite import SqliteEngine
from tests.benchmark.homes import make_home


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    services = make_home(tmp_path / "home", 20, scrypt_log_n=4)
    yield services
    services.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that SQLite runs."""
    statements: list[str] = []
    opened = SqliteEngine._open

    def traced(engine: SqliteEngine) -> sqlite3.Connection:
        connection = opened(engine)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(SqliteEngine, "_open", traced)
    return statements


def grouped(statements: list[str]) -> list[str]:
    return [statement for statement in statements if "GROUP BY" in statement]


def remove_five(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "home" / "cmdb.sqlite3", isolation_level=None)) as database:
        for table in ("credentials", "listing"):
            database.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT 5)"
            )


def test_the_first_look_groups_nothing_and_says_the_same(services: Services, asked: list[str]) -> None:
    first = services.recoverability.overview(look=False)
    assert asked
    assert grouped(asked) == []
    whole = services.recoverability.overview()
    assert grouped(asked) != []
    assert first.recoverability.totals == whole.recoverability.totals
    assert first.recoverability.totals.total == 20


def test_rows_that_are_gone_are_found_by_the_look_that_follows(services: Services, tmp_path: Path) -> None:
    remove_five(tmp_path)
    first = services.recoverability.overview(look=False)
    assert (first.recoverability.totals.total, first.differences) == (20, ())
    [difference] = services.recoverability.overview().differences
    assert difference.removed == 5


def test_where_the_keys_rows_do_not_say_it_the_first_look_counts(
    services: Services, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "home" / "cmdb.sqlite3", isolation_level=None)) as database:
        database.execute("UPDATE keys SET row_sum = 'nothing'")
    assert services.recoverability.overview(look=False).recoverability.totals.total == 20
