"""However many credentials there are, the answer asks the same few questions and gets as many rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nskeys.bootstrap import Costs, Services, connect
from nskeys.crypto.kdf import Argon2Cost
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.ports import Settings
from nskeys.store.cmdb.engine import Connection, Row
from tests.benchmark.homes import give_password
from tests.benchmark.large import COPIES, fill_with_years
from tests.fakes.postgres import postgres_url

KEYS, BACKUPS = 7, 5
CHEAP = Costs(4, Argon2Cost(memory_kib=64, iterations=1, lanes=1), least_score=0)


@dataclass
class Asked:
    """The questions that were put to a CMDB, and how many rows each was answered with."""

    questions: list[tuple[str, int]] = field(default_factory=list)

    def selects(self) -> list[str]:
        return [sql for sql, _ in self.questions]

    def rows(self) -> int:
        return sum(rows for _, rows in self.questions)


@contextmanager
def listening() -> Iterator[Asked]:
    """Every question that is put to any database meanwhile, but those to a database about itself."""
    asked = Asked()
    ask = Connection.all

    def listen(self: Connection, sql: str, *values: object) -> list[Row]:
        rows = ask(self, sql, *values)
        if "pg_" not in sql and "sqlite_master" not in sql:
            asked.questions.append((sql, len(rows)))
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "all", listen)
        yield asked


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A CMDB's address for each of a few homes."""
    if request.param == "sqlite":
        yield lambda home: f"sqlite:///{tmp_path / home}.sqlite3"
        return
    with postgres_url() as few, postgres_url() as many:
        yield lambda home: {"few": few, "many": many}[home]


def made(tmp_path: Path, name: str, url: str, credentials: int) -> Services:
    """A home of some years with so many credentials."""
    vault = tmp_path / f"vault-{name}"
    vault.mkdir()
    services = connect(str(tmp_path / f"home-{name}"), cmdb=url, costs=CHEAP)
    services.set_up.execute("file", give_password, Settings("bench", url))
    services.destinations.add(str(vault), "carried away")
    fill_with_years(services, vault, credentials, KEYS, BACKUPS)
    return services


def answers(services: Services) -> None:
    """What the first screen, the table, a detail and `status` ask."""
    overview = services.recoverability.overview()
    assert overview.recoverability.totals.recoverable == overview.recoverability.totals.total
    with services.installation.cmdb.reading() as view:
        [placed] = view.page(CredentialFilter(), CredentialOrder(), 1)
    shown = services.credentials.show(placed.credential.credential_id)
    coverage = overview.recoverability.coverage_of(shown)
    assert len(coverage.copies) == BACKUPS


def test_the_number_of_questions_and_of_rows_does_not_grow_with_the_credentials(
    tmp_path: Path, url: Callable[[str], str]
) -> None:
    asked = {}
    for name, credentials in (("few", 3 * KEYS), ("many", 900 * KEYS)):
        services = made(tmp_path, name, url(name), credentials)
        with listening() as asked[name]:
            answers(services)
        services.close()
    few, many = asked["few"], asked["many"]
    assert many.selects() == few.selects()
    rows = many.rows()
    assert rows == few.rows()
    assert rows < 28 * KEYS + 2 * BACKUPS + 3 * COPIES + 30
    counting = [sql for sql in many.selects() if "GROUP BY key_no" in sql]
    assert len(counting) == len(set(counting)) == 2, "one counts them all, one is for the inventory"
