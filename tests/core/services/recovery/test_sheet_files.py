"""Sheets in files: only where they were asked for, for their owner alone, all or none, over no file."""

import errno
import stat
from pathlib import Path

import pytest

from nskeys.errors import CannotCreate, SheetsRefused
from nskeys.services.recovery.sheet_files import check_folder, in_memory, write_sheets
from nskeys.wording.errors import say

SHEETS = [("share-1.txt", "one"), ("share-2.txt", "two"), ("share-3.txt", "three")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "sheets"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / "backups").mkdir(parents=True)
    path.chmod(0o700)
    (path / "backups").chmod(0o700)
    return path


def test_each_sheet_is_a_file_of_its_own_for_its_owner_alone(folder: Path, home: Path) -> None:
    written = write_sheets(check_folder(str(folder), str(home)), SHEETS)
    assert written == [str(folder / name) for name, _ in SHEETS]
    assert [Path(path).read_text() for path in written] == ["one", "two", "three"]
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in written} == {0o600}
    assert len(list(folder.iterdir())) == 3


def test_a_name_that_is_taken_leaves_no_sheet_behind(folder: Path) -> None:
    (folder / "share-2.txt").write_text("another set's")
    with pytest.raises(CannotCreate) as refused:
        write_sheets(folder, SHEETS)
    assert refused.value.problem == "name_taken"
    assert [path.name for path in folder.iterdir()] == ["share-2.txt"]
    assert (folder / "share-2.txt").read_text() == "another set's"


def test_never_in_the_home_around_it_or_where_others_look(folder: Path, home: Path, tmp_path: Path) -> None:
    for place in (home, home / "backups", tmp_path):
        with pytest.raises(SheetsRefused) as refused:
            check_folder(str(place), str(home))
        assert refused.value.reason == "in_home"
    folder.chmod(0o750)
    with pytest.raises(SheetsRefused) as refused:
        check_folder(str(folder), str(home))
    assert refused.value.reason == "others_can_read"


def test_a_link_does_not_lead_around_that(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home)
    with pytest.raises(SheetsRefused):
        check_folder(str(tmp_path / "link"), str(home))
    (tmp_path / "way").symlink_to(tmp_path)
    with pytest.raises(SheetsRefused):
        check_folder(str(tmp_path / "way" / "home" / "backups"), str(home))


def test_a_folder_that_is_none(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotCreate) as missing:
        check_folder(str(tmp_path / "nowhere"), str(home))
    assert missing.value.problem == "missing_folder"
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate) as no_folder:
        check_folder(str(tmp_path / "file"), str(home))
    assert no_folder.value.problem == "not_a_folder"


def test_memory_and_disk_are_told_apart(tmp_path: Path) -> None:
    assert in_memory(Path("/dev/shm"))
    assert not in_memory(Path("/usr"))
    assert not in_memory(tmp_path / "nowhere")


def test_a_share_that_could_not_be_removed_again_is_told(folder: Path) -> None:
    """An append-only folder: a name is given, and the temporary one stays, with the share behind it."""
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.is_relative_to(folder):
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        with pytest.raises(SheetsRefused) as told:
            write_sheets(folder, [("share-1.txt", "the words")])
    assert told.value.reason == "not_removed"
    assert "whoever reads it has shares" in say(told.value).what
