"""A folder as a destination, and what folders do."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys.destinations.local.folder import FolderDestination
from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
)
from nskeys.model.destinations import DestinationInfo
from tests.fakes.disks import make_read_only, public_folder, small_disk, unprivileged


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    (tmp_path / "vault").mkdir()
    return tmp_path / "vault"


def at(folder: Path) -> FolderDestination:
    return FolderDestination(DestinationInfo(str(folder)))


def test_a_backup_is_its_owners_and_nothing_else_is_left(vault: Path) -> None:
    at(vault).publish("a.zip", b"backup")
    at(vault).publish("a.zip", b"backup")
    assert sorted(path.name for path in vault.iterdir()) == ["a-2.zip", "a.zip"]
    assert (vault / "a.zip").stat().st_mode & 0o777 == 0o600


def test_somebody_elses_file_of_that_name_stays(vault: Path) -> None:
    (vault / "a.zip").symlink_to(vault / "nothing")
    (vault / "a-2.zip").mkdir()
    assert at(vault).publish("a.zip", b"backup") == "a-3.zip"
    assert (vault / "a.zip").is_symlink()
    assert not (vault / "nothing").exists()


def test_when_every_name_is_taken_it_says_so(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nskeys.destinations.backup_names._MOST_NAMES", 3)
    for _ in range(3):
        at(vault).publish("a.zip", b"")
    with pytest.raises(CannotCreate) as refused:
        at(vault).publish("a.zip", b"")
    assert (refused.value.path, refused.value.problem) == (str(vault / "a.zip"), "name_taken")


@pytest.mark.parametrize("name", ["", ".", "..", "../a.zip", "a/b.zip", "a\0.zip"])
def test_a_name_leads_nowhere_else(vault: Path, name: str) -> None:
    uses: list[Callable[[], object]] = [
        lambda: at(vault).publish(name, b""),
        lambda: at(vault).read(name, 10),
        lambda: at(vault).remove(name),
        lambda: at(vault).address_of(name),
    ]
    for use in uses:
        with pytest.raises(DestinationInvalid):
            use()
    assert list(vault.iterdir()) == []


def uses_of(destination: FolderDestination) -> list[Callable[[], object]]:
    return [
        destination.check,
        lambda: destination.publish("a.zip", b""),
        lambda: destination.read("a.zip", 10),
        lambda: destination.remove("a.zip"),
        destination.listing,
    ]


def test_a_file_in_a_folders_place_is_no_destination(vault: Path) -> None:
    (vault / "file").write_bytes(b"")
    for use in uses_of(at(vault / "file")):
        with pytest.raises(DestinationUnreachable) as refused:
            use()
        assert refused.value.problem == "not_a_folder"


def test_a_folder_that_vanishes_while_it_is_written_to_is_unreachable(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def vanish(*arguments: object, **options: object) -> None:
        shutil.rmtree(vault)
        monkeypatch.setattr(os, "link", link)
        raise FileNotFoundError(2, "gone")

    monkeypatch.setattr(os, "link", vanish)
    with pytest.raises(DestinationUnreachable) as gone:
        at(vault).publish("a.zip", b"backup")
    assert gone.value.problem == "missing_folder"


def test_a_folder_that_may_not_be_entered_is_said() -> None:
    with public_folder() as folder:
        (folder / "vault").mkdir()
        folder.chmod(0o700)
        with unprivileged():
            for use in uses_of(at(folder / "vault")):
                with pytest.raises((DestinationUnreachable, FileUnreadable)) as refused:
                    use()
                assert "not_permitted" in vars(refused.value).values()


def test_a_folder_that_may_not_be_written_to_is_said() -> None:
    with public_folder() as folder, unprivileged():
        assert at(folder).listing() == ()
        for use in (at(folder).check, lambda: at(folder).publish("a.zip", b"")):
            with pytest.raises(CannotCreate) as refused:
                use()
            assert refused.value.problem == "not_permitted"


def test_a_file_that_may_not_be_removed_stays_and_is_said(tmp_path: Path) -> None:
    with public_folder() as folder:
        (folder / "a.zip").write_bytes(b"backup")
        with unprivileged(), pytest.raises(CannotRemove) as refused:
            at(folder).remove("a.zip")
        assert (refused.value.path, refused.value.problem) == (str(folder / "a.zip"), "not_permitted")
        assert (folder / "a.zip").read_bytes() == b"backup"
    with small_disk(tmp_path / "disk") as disk:
        (disk / "a.zip").write_bytes(b"backup")
        make_read_only(disk)
        with pytest.raises(CannotRemove) as kept:
            at(disk).remove("a.zip")
        assert kept.value.problem == "read_only"


def test_removing_touches_a_link_and_not_what_it_leads_to(vault: Path) -> None:
    (vault / "kept").write_bytes(b"backup")
    (vault / "a.zip").symlink_to(vault / "kept")
    (vault / "b.zip").mkdir()
    at(vault).remove("a.zip")
    with pytest.raises(CannotRemove) as refused:
        at(vault).remove("b.zip")
    assert refused.value.problem == "not_a_file"
    assert sorted(path.name for path in vault.iterdir()) == ["b.zip", "kept"]


def test_a_removal_is_on_the_medium_when_it_returns(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file is gone already: who removed it may have died before the folder was synced."""
    synced: list[bool] = []
    fsync = os.fsync

    def counting(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.path.samestat(os.fstat(descriptor), vault.stat()))

    at(vault).publish("a.zip", b"backup")
    monkeypatch.setattr(os, "fsync", counting)
    at(vault).remove("a.zip")
    assert synced == [True]
    with pytest.raises(FileUnreadable):
        at(vault).remove("a.zip")
    assert synced == [True, True]


def test_a_full_disk_and_a_read_only_one_are_said_beforehand(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (disk / "filling").write_bytes(bytes(60_000))
        for use in (at(disk).check, lambda: at(disk).publish("a.zip", bytes(10_000))):
            with pytest.raises(CannotCreate) as full:
                use()
            assert full.value.problem == "no_space"
        assert [path.name for path in disk.iterdir()] == ["filling"]
        make_read_only(disk)
        with pytest.raises(CannotCreate) as refused:
            at(disk).check()
        assert refused.value.problem == "read_only"


def test_only_files_that_may_be_backups_are_listed(vault: Path) -> None:
    (vault / "a.zip").write_bytes(b"123")
    (vault / "b.kms").symlink_to(vault / "a.zip")
    (vault / "c.zip").mkdir()
    (vault / "d.zip").symlink_to(vault / "nothing")
    (vault / ".nskeys-x.part").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(vault) + b"/\xff.zip")).write_bytes(b"")
    assert [(listed.name, listed.size) for listed in at(vault).listing()] == [("b.kms", 3), ("a.zip", 3)]


def test_an_empty_file_is_no_backup(vault: Path) -> None:
    """What a kill leaves where a filesystem can neither link nor rename without replacing."""
    (vault / "a.zip").touch()
    (vault / "a.kms").touch()
    (vault / "b.zip").write_bytes(b"zip")
    assert [listed.name for listed in at(vault).listing()] == ["b.zip"]
    assert at(vault).publish("a.zip", b"new") == "a-2.zip"


def test_what_lies_in_a_files_place_is_not_read(vault: Path) -> None:
    (vault / "a.zip").mkdir()
    os.mkfifo(vault / "b.zip")
    for name in ("a.zip", "b.zip"):
        with pytest.raises(FileUnreadable) as refused:
            at(vault).read(name, 10)
        assert refused.value.problem == "not_a_file"


def test_sweeping_takes_what_a_broken_off_backup_left(vault: Path) -> None:
    (vault / ".nskeys-0011223344556677.part").write_bytes(b"half")
    at(vault).publish("a.zip", b"")
    at(vault).sweep()
    assert [path.name for path in vault.iterdir()] == ["a.zip"]
