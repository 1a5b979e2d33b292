"""What every destination keeps to, and every resolver of addresses."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
from nskeys.errors import DestinationInvalid, DestinationUnreachable, FileUnreadable
from nskeys.model.destinations import DestinationInfo, Location, LocationReason
from nskeys.ports import Destination, Destinations
from tests.fakes.memory_destination import MemoryDestinations
from tests.fakes.s3_server import S3Server
from tests.fakes.sftp_with_faults import a_server_with_faults
from tests.fakes.sshd import Sshd

LIMIT = 1 << 20


@dataclass
class Site:
    """A resolver, a folder that is there, and one that is not."""

    destinations: Destinations
    folder: str
    missing: str
    declared: list[DestinationInfo]
    spellings: tuple[str, ...]
    """The folder's address in other words."""
    inner: str
    """A file in a folder of the folder."""
    live: bool = True
    gone: str = "missing_folder"
    """What is said of the one that is not there."""

    def file(self, name: str) -> str:
        """The address of a file in the folder."""
        front, question, query = self.folder.partition("?")
        return f"{front}/{name}{question}{query}"

    def here(self) -> Destination:
        return self.destinations.at(DestinationInfo(self.folder))


def _of_folders(
    destinations: Destinations, folder: str, missing: str, declared: list[DestinationInfo]
) -> Site:
    spellings = (folder, f"{folder}/", f"file://{folder}")
    return Site(destinations, folder, missing, declared, spellings, f"{folder}/inner/a.zip")


def _on_disk(tmp_path: Path) -> Site:
    declared: list[DestinationInfo] = []
    folder = tmp_path / "vault"
    folder.mkdir()
    return _of_folders(AllDestinations(lambda: declared), str(folder), str(tmp_path / "nowhere"), declared)


def _in_memory(tmp_path: Path) -> Site:
    declared: list[DestinationInfo] = []
    destinations = MemoryDestinations(lambda: declared)
    destinations.make("/mnt/vault")
    return _of_folders(destinations, "/mnt/vault", "/mnt/nowhere", declared)


def _behind_a_worker(tmp_path: Path) -> Site:
    """The same folder as if it lay on a mount that may not answer."""
    site = _on_disk(tmp_path)
    return replace(site, destinations=AllDestinations(lambda: site.declared, slow=lambda path: "/"))


def _in_a_bucket(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name, value in server.login_files(tmp_path).items():
        monkeypatch.setenv(name, value)
    bucket = f"vault-{secrets.token_hex(8)}"
    server.make_bucket(bucket)
    declared: list[DestinationInfo] = []
    destinations = AllDestinations(lambda: declared, remote=RemoteSchemes())
    folder = server.address(bucket, "ns01")
    query = folder.partition("?")[2]
    spellings = (
        f"s3://{bucket}/ns01/?{query}",
        f"S3://{bucket}//ns01?endpoint={server.url}/",
        f"s3://{bucket}/./ns01?tls=no&endpoint={server.endpoint}",
    )
    return Site(
        destinations,
        folder,
        server.address(f"{bucket}-x", "ns01"),
        declared,
        spellings,
        server.address(bucket, "ns01/inner/a.zip"),
        live=False,
        gone="missing_bucket",
    )


def _on_a_server(sshd: Sshd, tmp_path: Path, root: Path | None = None) -> Site:
    """A folder below `root` as the server calls it."""
    root = tmp_path if root is None else root
    (tmp_path / "vault").mkdir()
    declared: list[DestinationInfo] = []
    servers = sshd.servers()
    remote = RemoteSchemes(lambda: servers)
    destinations = AllDestinations(lambda: declared, remote=remote, servers=lambda: servers)
    folder = sshd.address(root / "vault")
    spellings = (
        f"{folder}/",
        folder.replace("sftp://", "SFTP://").replace("/vault", "//./%76ault"),
    )
    missing = sshd.address(root / "nowhere")
    return Site(destinations, folder, missing, declared, spellings, f"{folder}/inner/a.zip", live=False)


SITES: dict[str, Callable[[Path], Site]] = {
    "folder": _on_disk,
    "worker": _behind_a_worker,
    "memory": _in_memory,
}


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Sshd]:
    """An SFTP server that tells no kinds of files, makes no links and flushes nothing."""
    faults = ("bare-kinds", "link-lies", "fsync-never")
    with a_server_with_faults(tmp_path.with_suffix(".odd"), tmp_path, *faults) as server:
        yield server


_REAL = [pytest.param(name, marks=pytest.mark.real) for name in ("bucket", "server", "odd server")]


@pytest.fixture(params=[*SITES, *_REAL])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    if request.param == "bucket":
        site = _in_a_bucket(request.getfixturevalue("s3"), tmp_path, monkeypatch)
    elif request.param == "server":
        site = _on_a_server(request.getfixturevalue("sshd"), tmp_path)
    elif request.param == "odd server":
        site = _on_a_server(request.getfixturevalue("odd"), tmp_path, Path("/"))
    else:
        site = SITES[request.param](tmp_path)
    yield site
    site.destinations.close()


def test_what_is_published_is_read_back(site: Site) -> None:
    place = site.here()
    assert place.publish("a.zip", b"backup") == "a.zip"
    assert place.read("a.zip", LIMIT) == b"backup"
    assert site.here().read("a.zip", LIMIT) == b"backup"


def test_nothing_is_ever_replaced(site: Site) -> None:
    place = site.here()
    names = [place.publish("ns01-x.zip", data) for data in (b"one", b"two", b"three")]
    assert names == ["ns01-x.zip", "ns01-x-2.zip", "ns01-x-3.zip"]
    assert [place.read(name, LIMIT) for name in names] == [b"one", b"two", b"three"]


def test_a_check_leaves_nothing_behind(site: Site) -> None:
    place = site.here()
    place.check()
    assert place.listing() == ()


def test_the_newest_backup_is_listed_first(site: Site) -> None:
    place = site.here()
    place.publish("z-01234567-20260102T030405Z.zip", b"older, of another server")
    for _ in range(11):
        place.publish("a-01234567-20261123T140200Z.zip", b"now")
    place.publish("bare.kms", b"12345678")
    place.publish("letter.txt", b"not a backup")
    found = place.listing()
    assert [listed.name for listed in found] == [
        *(f"a-01234567-20261123T140200Z-{number}.zip" for number in range(11, 1, -1)),
        "a-01234567-20261123T140200Z.zip",
        "z-01234567-20260102T030405Z.zip",
        "bare.kms",
    ]
    assert found[-1].size == 8


def test_what_is_removed_is_gone_and_nothing_else(site: Site) -> None:
    place = site.here()
    for name in ("a.zip", "b.zip"):
        place.publish(name, b"backup")
    place.remove("a.zip")
    assert [listed.name for listed in site.here().listing()] == ["b.zip"]
    with pytest.raises(FileUnreadable) as lost:
        place.remove("a.zip")
    assert (lost.value.path, lost.value.problem) == (place.address_of("a.zip"), "missing")
    assert place.publish("a.zip", b"another") == "a.zip"


def test_a_file_that_is_not_there_is_told_from_a_folder_that_is_not_there(site: Site) -> None:
    with pytest.raises(FileUnreadable) as lost:
        site.here().read("a.zip", LIMIT)
    assert lost.value.problem == "missing"
    assert lost.value.path == site.here().address_of("a.zip")
    nowhere = site.destinations.at(DestinationInfo(site.missing))
    uses: list[Callable[[], object]] = [
        lambda: nowhere.read("a.zip", LIMIT),
        lambda: nowhere.publish("a.zip", b""),
        lambda: nowhere.remove("a.zip"),
        nowhere.check,
        nowhere.listing,
    ]
    for use in uses:
        with pytest.raises(DestinationUnreachable) as gone:
            use()
        assert gone.value.problem == site.gone
        assert gone.value.destination == site.missing
    nowhere.sweep()


def test_a_file_larger_than_the_limit_is_not_read(site: Site) -> None:
    place = site.here()
    place.publish("a.zip", b"123456")
    assert place.read("a.zip", 6) == b"123456"
    assert [place.beginning("a.zip", size) for size in (1, 6, 7)] == [b"1", b"123456", b"123456"]
    with pytest.raises(FileUnreadable) as large:
        place.read("a.zip", 5)
    assert large.value.problem == "too_large"


def test_what_a_person_declared_holds(site: Site) -> None:
    assert site.here().where().location is Location.HERE
    there = site.destinations.at(DestinationInfo(site.folder, "tape to the safe")).where()
    assert (there.location, there.reason) == (Location.ELSEWHERE, LocationReason.DECLARED)
    assert there.detail == "tape to the safe"


def test_a_declaration_holds_for_every_spelling_of_its_address(site: Site) -> None:
    site.declared.append(DestinationInfo(site.spellings[-1], "tape to the safe"))
    for address in (site.folder, *site.spellings):
        assert site.destinations.at(DestinationInfo(address)).where().detail == "tape to the safe"
        assert site.destinations.normal(address) == site.folder
    place, _ = site.destinations.source(site.file("a.zip"))
    assert place.where().reason is LocationReason.DECLARED
    inner, _ = site.destinations.source(site.inner)
    assert inner.where().reason is not LocationReason.DECLARED


def test_what_was_configured_is_found_by_every_spelling_of_its_address(site: Site) -> None:
    known = DestinationInfo(site.spellings[-1], "tape to the safe")
    site.declared += [DestinationInfo("newer://vault"), known]
    for address in (site.folder, *site.spellings):
        assert site.destinations.configured(address) == known
    assert site.destinations.is_at(known, site.folder)
    assert not site.destinations.is_at(DestinationInfo("newer://vault"), site.folder)
    other = site.destinations.normal("/mnt/other")
    assert site.destinations.configured("/mnt/other") == DestinationInfo(other)


def test_an_address_that_was_given_leads_back_to_its_file(site: Site) -> None:
    name = site.here().publish("a b.zip", b"backup")
    address = site.here().address_of(name)
    assert address == site.file("a b.zip")
    place, again = site.destinations.source(address)
    assert place.read(again, LIMIT) == b"backup"
    assert site.destinations.split(address) == (site.destinations.normal(site.folder), name)


def test_an_address_has_one_spelling(site: Site) -> None:
    normal = site.destinations.normal
    for address in ("/mnt/vault/", "//mnt//vault", "/mnt/./vault", "file:///mnt/vault"):
        assert normal(address) == "/mnt/vault"
    assert normal("relative").startswith("/")
    assert normal("/") == "/"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "empty"),
        ("gopher://vault02/backups", "unknown_scheme"),
        ("FTP://bucket", "unknown_scheme"),
        ("/mnt/\0", "not_utf8"),
    ],
)
def test_an_address_that_is_none_is_refused(site: Site, address: str, problem: str) -> None:
    for use in (site.destinations.normal, site.destinations.source, site.destinations.split):
        with pytest.raises(DestinationInvalid) as refused:
            use(address)
        assert refused.value.problem == problem


def test_the_top_of_everything_is_no_file(site: Site) -> None:
    with pytest.raises(DestinationInvalid) as refused:
        site.destinations.source("/")
    assert refused.value.problem == "no_file"


def test_a_folder_is_looked_at_with_every_answer(site: Site) -> None:
    assert site.here().live is site.live
