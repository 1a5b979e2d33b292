"""What the core costs beside bare loops: opening all, rotating all, backup, restore, overview."""

import csv
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from nskeys.bootstrap import Costs, Services, connect
from nskeys.crypto.inventory import RowSums
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import Settings, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.benchmark import floors
from tests.benchmark.homes import bare_key, give_password, make_home
from tests.benchmark.import_memory import memory_of
from tests.benchmark.large import COPIES, fill_with_years
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken


def opening_and_rotating(folder: Path, credentials: int) -> list[Ratio]:
    """All credentials opened, and all re-sealed, against sqlite3 + AESGCM on the same rows."""
    services = make_home(folder / "home", credentials, scrypt_log_n=4)
    database = folder / "home" / "cmdb.sqlite3"
    copy = folder / "copy.sqlite3"
    copy.write_bytes(database.read_bytes())
    bare = bare_key(services)

    def verify() -> Cost:
        return taken(lambda: services.verify.execute(give_password))

    def rotate() -> Cost:
        services.rotation.execute(services.rotation.plan(), give_password)  # makes the waiting key
        plan = services.rotation.plan()
        return taken(lambda: services.rotation.execute(plan, give_password, without_backup=True))

    floor_open, program_open, bare_open = in_turn(
        5, lambda: taken(lambda: floors.open_all(copy, *bare)), verify, lambda: _without_sums(verify)
    )
    # Without the sums last: they leave a wrong inventory.
    floor_seal, program_seal = in_turn(3, lambda: taken(lambda: floors.reseal_all(copy, *bare)), rotate)
    [bare_seal] = in_turn(3, lambda: _without_sums(rotate))
    services.close()
    rows = (
        (f"open all {credentials:,}, each", floor_open, program_open, 1.7),
        ("  without the sums of the inventory", floor_open, bare_open, 1.2),
        (f"re-seal all {credentials:,}, each", floor_seal, program_seal, 1.4),
        ("  without the sums of the inventory", floor_seal, bare_seal, 0.95),
    )
    each = 1e6 / credentials
    return [
        Ratio(what, floor.times(each), program.times(each), "us", budget)
        for what, floor, program, budget in rows
    ]


def _without_sums(work: Callable[[], Cost]) -> Cost:
    """Return what work takes where no row is hashed."""
    with patch.object(RowSums, "of", lambda *_: 0):
        return work()


def backup_and_restore(folder: Path) -> list[Ratio]:
    """A backup against two derivations, a restore against one; both may add half a second."""
    services = make_home(folder / "home", 1_000)
    place = folder / "place"
    place.mkdir()

    def back_up() -> Cost:
        plan = services.backup.plan(str(place))
        return taken(lambda: services.backup.execute(plan, give_password))

    restored = iter(range(1_000))

    def restore() -> Cost:
        home = folder / f"restored-{next(restored)}"
        home.mkdir()
        (home / "cmdb.sqlite3").write_bytes((folder / "home" / "cmdb.sqlite3").read_bytes())
        fresh = connect(str(home), costs=Costs())
        newest = str(sorted(place.glob("*.zip"))[-1])

        def work() -> None:
            source = find_source(fresh.installation, newest)
            with opened(fresh.installation, source, give_password, SilentProgress()) as open_source:
                plan = fresh.restore.plan(open_source)
                fresh.restore.execute(
                    plan,
                    open_source,
                    give_password,
                    RestoreChoices(Settings("b", ""), "file", plan.facts.server_key),
                )

        cost = taken(work)
        fresh.close()
        return cost

    scrypt, backup, restoring = in_turn(3, lambda: taken(floors.one_scrypt), back_up, restore)
    services.close()
    floors_of = (("key backup", scrypt.times(2), backup), ("restore of keys", scrypt, restoring))
    return [
        Ratio(f"{what} (floor: scrypt 2^18)", floor, cost, "s", (floor.amount + 0.5) / floor.amount)
        for what, floor, cost in floors_of
    ]


def growth(folder: Path, sizes: tuple[int, ...]) -> list[Ratio]:
    """What must not grow with credentials: the overview and a page, each against the smallest."""
    costs = [_looks(make_home(folder / str(size), size, scrypt_log_n=4)) for size in sizes]
    ratios = []
    for index, name in enumerate(("overview", "a page")):
        floor = costs[0][index].times(1e3)
        for size, looks in zip(sizes, costs, strict=True):
            ratios.append(
                Ratio(f"{name}, {size:,} (floor: {sizes[0]:,})", floor, looks[index].times(1e3), "ms")
            )
    return ratios


def the_answer_after_years(
    folder: Path, credentials: int, keys: int = 200, backups: int = 500
) -> list[Ratio]:
    """The overview of many credentials, keys, backups and database copies beside the bare group count of
    the same rows; with every copy looked at, as last seen, and its parts that are no SQL."""
    services = make_home(folder / "home", 0, scrypt_log_n=4)
    vault = folder / "vault"
    vault.mkdir()
    services.destinations.add(str(vault), "carried away")
    fill_with_years(services, vault, credentials, keys, backups)
    database = folder / "home" / "cmdb.sqlite3"

    def overview(look: bool) -> Cost:
        return taken(lambda: services.recoverability.overview(look=look))

    floor, quick, whole, register = in_turn(
        5,
        lambda: taken(lambda: floors.count_by_key(database)),
        lambda: overview(look=False),
        lambda: overview(look=True),
        lambda: taken(services.register.register),
    )
    services.close()
    rows = (
        (f"overview {credentials:,}/{keys}/{backups}+{COPIES} (floor: one count)", quick, 1.2),
        ("  with every copy looked at", whole, None),
        ("  of it, the register read and verified", register, None),
    )
    return [Ratio(what, floor.times(1e3), cost.times(1e3), "ms", budget) for what, cost, budget in rows]


def _looks(services: Services) -> list[Cost]:
    def page() -> None:
        with services.installation.cmdb.reading() as view:
            view.page(CredentialFilter(), CredentialOrder(SortBy.NAME), 20)

    works = (lambda: services.recoverability.overview(), page)
    medians = in_turn(5, *(lambda work=work: taken(work) for work in works))
    services.close()
    return medians


def importing(folder: Path, rows: int) -> list[Ratio]:
    """A CSV of so many rows against csv + AESGCM + sorted inserts of the same file."""
    numbers = iter(range(1_000))

    def measured(many: int) -> tuple[Callable[[], Cost], Callable[[], Cost]]:
        export = folder / f"{many}.csv"
        with export.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow(("Group", "Title", "Username", "Password", "URL", "Notes"))
            writer.writerows(
                (
                    "Root/Run as",
                    f"package-{n:06d}",
                    f"CORP\\svc-{n % 1009}",
                    f"secret {n}",
                    f"finance-{n % 97}",
                    "",
                )
                for n in range(many)
            )

        def home() -> Services:
            return make_home(folder / f"home-{next(numbers)}", 0, scrypt_log_n=4)

        def floor() -> Cost:
            services = home()
            bare = bare_key(services)
            services.close()
            database = Path(services.installation.home.path) / "cmdb.sqlite3"
            return taken(lambda: floors.import_all(database, export, *bare))

        def program() -> Cost:
            services = home()

            def work() -> None:
                imports = services.imports
                with imports.plan(str(export), export.read_bytes(), give_password) as prepared:
                    imports.execute(prepared, give_password)

            cost = taken(work)
            services.close()
            return cost

        return floor, program

    floor, program = in_turn(3, *measured(rows))
    each = 1e6 / rows
    return [
        Ratio(f"import {rows:,} rows, each", floor.times(each), program.times(each), "us", 2.0),
        Ratio(f"its memory, {rows:,} rows", *_memory_of_an_import(folder, rows), "MiB"),
    ]


def _memory_of_an_import(folder: Path, rows: int) -> tuple[Cost, Cost]:
    costs = []
    for what in ("floor", "import"):
        home = folder / f"memory-{what}"
        make_home(home, 0, scrypt_log_n=4).close()
        costs.append(memory_of(what, home, folder / f"{rows}.csv"))
    return costs[0], costs[1]


def one_change(folder: Path) -> list[Ratio]:
    """One credential added and removed, with its checkpoint, against two durable transactions with the same
    rows (five flushes each); and against those with what a change cannot do without in the home: the next
    checkpoint lies there before the commit, and takes the place of the home's own after it (three flushes
    more). Wall time is that of the disk; what nskeys computes, CPU tells."""
    services = make_home(folder / "home", 0, scrypt_log_n=4)
    copy = folder / "copy.sqlite3"
    copy.write_bytes((folder / "home" / "cmdb.sqlite3").read_bytes())
    fields = check_fields(CredentialKind.RUN_AS, "one-change", "target", "account")

    def change() -> None:
        with SecretBytes.from_text("secret") as secret:
            added = services.credentials.add(fields, secret, give_password)
        services.credentials.remove(added, give_password)

    change()
    rows, durable, cost = in_turn(
        15,
        lambda: taken(lambda: floors.two_changes(copy, documents=False)),
        lambda: taken(lambda: floors.two_changes(copy, documents=True)),
        lambda: taken(change),
    )
    services.close()
    return [
        Ratio("two changes (floor: the same rows in SQL)", rows.times(1e3), cost.times(1e3), "ms", 1.1),
        Ratio("  floor: with the home's documents", durable.times(1e3), cost.times(1e3), "ms", 1.1),
    ]
