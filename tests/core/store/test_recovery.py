"""`recovery/` on a disk: its files are this user's alone, and a process may die between any two of them."""

import hashlib
import os
from pathlib import Path
from unittest.mock import patch

import pytest

from nskeys import files
from nskeys.errors import CannotCreate, FileUnreadable
from nskeys.store import home_files
from nskeys.store.home_files import RecoveryFolder

OLD, NEW, NEWEST = b"identity 1", b"identity 2", b"identity 3"
FIRST, SECOND, THIRD = (hashlib.sha256(data).hexdigest().encode() for data in (OLD, NEW, NEWEST))
OF = {FIRST: OLD, SECOND: NEW, THIRD: NEWEST}
"""The identity that each record names."""


class Died(BaseException):
    """The process is gone."""


def test_its_files_are_this_user_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "recovery"
    RecoveryFolder(folder).write(FIRST, {"identity.age": OLD})
    assert sorted(path.name for path in folder.iterdir()) == ["identity.age", "recovery.json"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def _killed_after(steps: int, store: RecoveryFolder, record: bytes, identity: bytes) -> bool:
    """Whether a change was killed that may take so many steps."""
    left = steps

    def dying(real: object) -> object:
        def step(*arguments: object) -> None:
            nonlocal left
            if not left:
                raise Died
            left -= 1
            assert callable(real)
            real(*arguments)

        return step

    with (
        patch.object(home_files, "replace", dying(files.replace)),
        patch.object(home_files, "remove", dying(files.remove)),
    ):
        try:
            store.write(record, {"identity.age": identity})
        except Died:
            return True
    return False


def _identity_in_force(store: RecoveryFolder) -> bytes:
    """What the record names, which is there."""
    record = store.record()
    assert record is not None
    assert OF[record] in store.candidates("identity.age")
    return OF[record]


@pytest.mark.parametrize("steps", range(5))
def test_killed_anywhere_the_record_has_its_identity(tmp_path: Path, steps: int) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    store.write(FIRST, {"identity.age": OLD})
    assert _killed_after(steps, store, SECOND, NEW) is (steps < 4)
    _identity_in_force(store)
    store.write(SECOND, {"identity.age": NEW})
    assert store.candidates("identity.age") == (NEW,)


@pytest.mark.parametrize("steps", range(4))
@pytest.mark.parametrize("again", range(6))
def test_killed_twice_the_record_has_its_identity_still(tmp_path: Path, steps: int, again: int) -> None:
    store = RecoveryFolder(tmp_path / "recovery")
    store.write(FIRST, {"identity.age": OLD})
    assert _killed_after(steps, store, SECOND, NEW)
    before = _identity_in_force(store)
    killed = _killed_after(again, store, THIRD, NEWEST)
    assert _identity_in_force(store) in ((before, NEWEST) if killed else (NEWEST,))


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "recovery"
    folder.mkdir()
    (folder / "recovery.json").mkdir()
    store = RecoveryFolder(folder)
    with pytest.raises(FileUnreadable):
        store.record()
    with pytest.raises(CannotCreate):
        store.write(FIRST, {"identity.age": OLD})
    big = folder / "identity.age"
    big.write_bytes(b"")
    os.truncate(big, 1 << 30)
    with pytest.raises(FileUnreadable):
        store.candidates("identity.age")
