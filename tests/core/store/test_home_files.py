"""Documents in the home: the checkpoint, and `registry.json`, where the values of the Windows registry have
their place."""

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nskeys.errors import ConfigurationInvalid, FileUnreadable
from nskeys.model.registry import RegistryValues
from nskeys.store.home_files import CheckpointFolder, RegistryFile


def test_the_file_has_exactly_the_two_names(tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    when = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
    RegistryFile(path).write(RegistryValues("/mnt/Größe", when))
    assert json.loads(path.read_text("utf-8")) == {
        "KMSBackupPath": "/mnt/Größe",
        "KMSBackupDate": "2026-11-23T14:02:00Z",
    }
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "problem", "detail"),
    [
        ("", "not_json", ""),
        ("[]", "not_json", ""),
        ("\xff", "not_json", ""),
        ("[" * 60_000, "not_json", ""),
        ('{"KMSBackupPath": 7}', "wrong_type", "KMSBackupPath"),
        ('{"KMSBackupDate": 7}', "wrong_type", "KMSBackupDate"),
        ('{"KMSBackupDate": "yesterday"}', "wrong_type", "KMSBackupDate"),
    ],
)
def test_a_file_that_cannot_be_understood_is_said(
    tmp_path: Path, text: str, problem: str, detail: str
) -> None:
    path = tmp_path / "registry.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationInvalid) as invalid:
        RegistryFile(path).read()
    assert (invalid.value.path, invalid.value.problem, invalid.value.detail) == (
        str(path),
        problem,
        detail,
    )


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        RegistryFile(tmp_path).read()


@pytest.mark.parametrize(("links", "flushes"), [(True, 1), (False, 2)])
def test_what_was_laid_down_becomes_the_checkpoint_without_being_written_again(
    links: bool, flushes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CheckpointFolder(tmp_path / "checkpoint.json", tmp_path / "checkpoint.next")
    for data in (b"first", b"second"):
        folder.lay_down(data)
        flushed: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", flushed.append)
            if not links:
                patch.setattr(os, "link", _refuse)
            folder.settle()
        assert len(flushed) == flushes
        assert (folder.read(), folder.read_next()) == (data, None)
        assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.json"]


def _refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))
