"""What the core costs beside bare loops: opening all, rotating all, backup, restore, overview."""

from pathlib import Path

from nskeys.bootstrap import Costs, Services, connect
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.ports import Settings, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.benchmark import floors
from tests.benchmark.homes import give_password, make_home
from tests.benchmark.large import fill_with_years
from tests.benchmark.measuring import Ratio, in_turn, seconds


def opening_and_rotating(folder: Path, credentials: int) -> list[Ratio]:
    """All credentials opened, and all re-sealed, against sqlite3 + AESGCM on the same rows."""
    services = make_home(folder / "home", credentials, scrypt_log_n=4)
    database = folder / "home" / "cmdb.sqlite3"
    copy = folder / "copy.sqlite3"
    copy.write_bytes(database.read_bytes())
    installation = services.installation
    kid = installation.key_store.keys()[0].kid
    with installation.key_store.unlock(give_password) as keys:
        bare = (installation.cmdb.cmdb_id(), kid, keys.key(kid).reveal())

    def rotate() -> float:
        services.rotation.execute(services.rotation.plan(), give_password)  # makes the waiting key
        plan = services.rotation.plan()
        return seconds(lambda: services.rotation.execute(plan, give_password, without_backup=True))

    floor_open, program_open = in_turn(
        5,
        lambda: seconds(lambda: floors.open_all(copy, *bare)),
        lambda: seconds(lambda: services.verify.execute(give_password)),
    )
    floor_seal, program_seal = in_turn(3, lambda: seconds(lambda: floors.reseal_all(copy, *bare)), rotate)
    services.close()
    each = 1e6 / credentials
    return [
        Ratio(f"open all {credentials:,}, each", floor_open * each, program_open * each, "us", 1.5),
        Ratio(f"rotate all {credentials:,}, each", floor_seal * each, program_seal * each, "us", 1.5),
    ]


def backup_and_restore(folder: Path) -> list[Ratio]:
    """A backup against two derivations, a restore against one; both may add half a second."""
    services = make_home(folder / "home", 1_000)
    place = folder / "place"
    place.mkdir()

    def back_up() -> float:
        plan = services.backup.plan(str(place))
        return seconds(lambda: services.backup.execute(plan, give_password))

    restored = iter(range(1_000))

    def restore() -> float:
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
                    plan, open_source, give_password, RestoreChoices(Settings("b", ""), "file")
                )

        taken = seconds(work)
        fresh.close()
        return taken

    scrypt, backup, restoring = in_turn(3, lambda: seconds(floors.one_scrypt), back_up, restore)
    services.close()
    return [
        Ratio(
            "backup (floor: two scrypt 2^18)", 2 * scrypt, backup, "s", (2 * scrypt + 0.5) / (2 * scrypt)
        ),
        Ratio("restore (floor: one scrypt 2^18)", scrypt, restoring, "s", (scrypt + 0.5) / scrypt),
    ]


def growth(folder: Path, sizes: tuple[int, ...]) -> list[Ratio]:
    """What must not grow with credentials: the overview, a page, a search, each against the smallest."""
    taken = [_looks(make_home(folder / str(size), size, scrypt_log_n=4)) for size in sizes]
    return [
        Ratio(f"{name}, {size:,} (floor: {sizes[0]:,})", taken[0][index] * 1e3, looks[index] * 1e3, "ms")
        for index, name in enumerate(("overview", "a page", "a search"))
        for size, looks in zip(sizes, taken, strict=True)
    ]


def the_answer_after_years(
    folder: Path, credentials: int, keys: int = 200, backups: int = 500
) -> list[Ratio]:
    """The overview of many credentials, keys and backups beside the bare group count of the same rows; with
    every copy looked at, as the register last saw them, and its parts that are no SQL."""
    services = make_home(folder / "home", 0, scrypt_log_n=4)
    vault = folder / "vault"
    vault.mkdir()
    services.destinations.add(str(vault), "carried away")
    fill_with_years(services, vault, credentials, keys, backups)
    database = folder / "home" / "cmdb.sqlite3"

    def overview(look: bool) -> float:
        return seconds(lambda: services.recoverability.overview(look=look))

    floor, quick, whole, register = in_turn(
        5,
        lambda: seconds(lambda: floors.count_by_key(database)),
        lambda: overview(look=False),
        lambda: overview(look=True),
        lambda: seconds(services.register.register),
    )
    services.close()
    what = f"{credentials:,}/{keys}/{backups}"
    return [
        Ratio(f"overview {what} (floor: count)", floor * 1e3, quick * 1e3, "ms"),
        Ratio("  with every copy looked at", floor * 1e3, whole * 1e3, "ms"),
        Ratio("  of it, the register read and verified", floor * 1e3, register * 1e3, "ms"),
    ]


def _looks(services: Services) -> list[float]:
    def page() -> None:
        with services.installation.cmdb.reading() as view:
            view.page(CredentialFilter(), CredentialOrder(SortBy.NAME), 20)

    def search() -> None:
        with services.installation.cmdb.reading() as view:
            view.total(CredentialFilter(text="finance-41"))

    works = (lambda: services.recoverability.overview(), page, search)
    medians = in_turn(5, *(lambda work=work: seconds(work) for work in works))
    services.close()
    return medians
