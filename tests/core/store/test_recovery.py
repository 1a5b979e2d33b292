"""`recovery/` on a disk: its files are this user's alone, and each is written once."""

import hashlib
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from nskeys.errors import CannotCreate, FileUnreadable
from nskeys.reasons import Problem
from nskeys.store import home_files
from nskeys.store.home_files import RecoveryFolder

IDENTITY = b"identity 1"
NAME = hashlib.sha256(IDENTITY).hexdigest()


def test_its_files_are_this_user_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "recovery"
    assert RecoveryFolder(folder).write(IDENTITY) == NAME
    assert [path.name for path in folder.iterdir()] == [f"{NAME}.age"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_file_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    store.write(IDENTITY)
    with patch.object(home_files, "replace", side_effect=CannotCreate("", Problem.NO_SPACE)):
        assert store.write(IDENTITY) == NAME
        with pytest.raises(CannotCreate):
            store.write(b"identity 2")


def test_what_a_failing_disk_left_under_its_name_is_written_anew(tmp_path: Path) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    store.write(IDENTITY)
    Path(store.path_of(NAME)).write_bytes(b"")
    store.write(IDENTITY)
    assert store.read(NAME) == IDENTITY


def test_a_sweep_leaves_files_of_other_kinds(tmp_path: Path) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    store.sweep([NAME])
    store.write(IDENTITY)
    (tmp_path / "recovery" / "notes.txt").write_bytes(b"a person's")
    (tmp_path / "recovery" / ".nskeys-0011223344556677.part").write_bytes(b"half")
    store.sweep([])
    assert [path.name for path in (tmp_path / "recovery").iterdir()] == ["notes.txt"]


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    path = Path(store.path_of(NAME))
    path.mkdir(parents=True)
    with pytest.raises(FileUnreadable):
        store.read(NAME)
    with pytest.raises(CannotCreate):
        store.write(IDENTITY)
    path.rmdir()
    path.write_bytes(b"")
    os.truncate(path, 1 << 30)
    with pytest.raises(FileUnreadable):
        store.read(NAME)
