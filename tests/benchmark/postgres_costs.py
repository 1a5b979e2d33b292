"""The loops, the counts and the search on PostgreSQL, beside the same loops through the bare driver."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from nskeys.bootstrap import Services
from tests.benchmark import floors
from tests.benchmark.homes import bare_key, give_password, make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken
from tests.benchmark.search_costs import search_lines, wall
from tests.fakes.postgres_servers import postgres_server, programs_with_trigrams, servers_folder


def on_postgres(folder: Path, credentials: int, long: int) -> list[Ratio]:
    """All of `credentials` opened and re-sealed; the overview and searches of `long` ones. CPU is that of
    this process, so what the server takes shows in wall time alone."""
    with servers_folder() as servers, postgres_server(servers, programs_with_trigrams()) as server:
        server.run("CREATE EXTENSION pg_trgm")
        with _filled(server.url_of("postgres"), folder, "loops", credentials) as (services, url):
            loops = _loops(services, url, credentials, lambda: server.run("VACUUM"))
        with _filled(server.url_of("postgres"), folder, "long", long) as (services, url):
            server.run("VACUUM ANALYZE")
            return [*loops, _overview(services, url, long), *_searches(services, long)]


@contextmanager
def _filled(server: str, folder: Path, name: str, credentials: int) -> Iterator[tuple[Services, str]]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    url = f"{server}?options=-csearch_path%3D{name}"
    services = make_home(folder / name, credentials, scrypt_log_n=4, cmdb=url)
    try:
        yield services, url
    finally:
        services.close()


def _loops(services: Services, url: str, credentials: int, clean: Callable[[], object]) -> list[Ratio]:
    bare = bare_key(services)

    def rotate() -> Cost:
        services.rotation.execute(services.rotation.plan(), give_password)  # makes the waiting key
        plan = services.rotation.plan()
        return taken(lambda: services.rotation.execute(plan, give_password, without_backup=True))

    def reseal() -> Cost:
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")  # no key has the next number
            cost = taken(lambda: floors.reseal_rows(connection, "%s", *bare))
            connection.rollback()
        clean()
        return cost

    def open_rows() -> Cost:
        with psycopg.connect(url) as connection:
            return taken(lambda: floors.open_rows(connection, *bare))

    opened = in_turn(3, open_rows, lambda: taken(lambda: services.verify.execute(give_password)))
    # The floor first, which goes back each time: what the program sealed has another key.
    sealed = [*in_turn(3, reseal), *in_turn(3, rotate)]
    each = 1e6 / credentials
    return [
        Ratio(
            f"PostgreSQL: {what} {credentials:,}, each", floor.times(each), cost.times(each), "us", budget
        )
        for what, (floor, cost), budget in (("open all", opened, 1.7), ("re-seal all", sealed, 1.4))
    ]


def _overview(services: Services, url: str, credentials: int) -> Ratio:
    with psycopg.connect(url) as connection:
        floor, cost = in_turn(
            5,
            lambda: taken(lambda: connection.execute(floors.COUNT_BY_KEY.encode()).fetchall()),
            lambda: taken(lambda: services.recoverability.overview(look=False)),
        )
    what = f"PostgreSQL: overview {credentials:,} (floor: one count)"
    return Ratio(what, floor.times(1e3), cost.times(1e3), "ms", 1.2)


def _searches(services: Services, credentials: int) -> list[Ratio]:
    return search_lines(services.credentials, credentials, "PostgreSQL: search in", wall)
