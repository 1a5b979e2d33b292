"""What the files of recovery identities keep to, wherever they lie."""

import hashlib
from pathlib import Path

import pytest

from nskeys.ports import IdentityFiles
from nskeys.store.home_files import RecoveryFolder
from tests.fakes.memory_files import MemoryIdentityFiles

ONE, TWO = b"identity 1", b"identity 2"
FIRST, SECOND = (hashlib.sha256(data).hexdigest() for data in (ONE, TWO))


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> IdentityFiles:
    return RecoveryFolder(tmp_path / "recovery") if request.param == "folder" else MemoryIdentityFiles()


def test_nothing_is_there_at_first(store: IdentityFiles) -> None:
    assert store.read(FIRST) is None
    assert store.path_of(FIRST).endswith(f"/{FIRST}.age")
    store.sweep([FIRST])


def test_each_is_read_under_its_hash(store: IdentityFiles) -> None:
    assert [store.write(data) for data in (ONE, TWO, ONE)] == [FIRST, SECOND, FIRST]
    assert (store.read(FIRST), store.read(SECOND)) == (ONE, TWO)


def test_what_is_not_named_is_swept(store: IdentityFiles) -> None:
    for data in (ONE, TWO):
        store.write(data)
    store.sweep([SECOND])
    assert (store.read(FIRST), store.read(SECOND)) == (None, TWO)
