"""Folders on file systems without fsync: backups go there, and it is said. The home is stricter."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nskeys import files
from nskeys.destinations.resolver import AllDestinations
from nskeys.errors import CannotCreate
from nskeys.model.destinations import DestinationInfo
from nskeys.wording.errors import say
from tests.fakes.command_line import Machine
from tests.fakes.disks import without_fsync

pytestmark = pytest.mark.usefixtures("second_reader_here")


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    return Machine(tmp_path, capsys).set_up()


_PROGRAM = """
import json, sys
from nskeys.destinations.resolver import AllDestinations
from nskeys.errors import CannotCreate
from nskeys.model.destinations import DestinationInfo
slow = "/" if sys.argv[2] == "worker" else None
destinations = AllDestinations(tuple, slow=lambda path: slow)
place = destinations.at(DestinationInfo(sys.argv[1]))
told = []
for use in (place.check, lambda: place.publish("a.zip", b"backup")):
    try:
        use()
        told.append(place.flushes())
    except CannotCreate as error:
        told.append(error.problem)
destinations.close()
print(json.dumps(told))
"""


def told_by(folder: Path, failing: str, way: str) -> list[bool | str]:
    """Whether a check and a backup were flushed, or why they were refused, where fsync(2) fails so."""
    if shutil.which("strace") is None:
        pytest.skip("this needs strace")
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fsync", "-e", f"inject=fsync:{failing}"]
    ran = subprocess.run(
        [*strace, sys.executable, "-c", _PROGRAM, str(folder), way], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    found: list[bool | str] = json.loads(ran.stdout)
    return found


@pytest.mark.real
@pytest.mark.parametrize("way", ["directly", "worker"])
@pytest.mark.parametrize(
    ("failing", "told"),
    [
        ("error=EOPNOTSUPP", [False, False]),
        ("error=EINVAL", [False, False]),
        ("error=EINVAL:when=2+2", [False, False]),  # of folders alone
        ("error=EIO", ["io_error", "io_error"]),
        ("error=ENOSPC", ["no_space", "no_space"]),
        ("error=EROFS", ["read_only", "read_only"]),
        ("error=EIO:when=1000", [True, True]),
    ],
)
def test_what_a_file_system_cannot_flush_is_written_and_said(
    tmp_path: Path, way: str, failing: str, told: list[bool | str]
) -> None:
    assert told_by(tmp_path, failing, way) == told
    assert [path.name for path in tmp_path.iterdir()] == (["a.zip"] if isinstance(told[0], bool) else [])


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_what_cannot_be_flushed_is_told_by_the_test_the_result_and_for_each_place(
    server: Machine, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    vault, other = Path(server.vault()), server.folder / "other"
    other.mkdir()
    without_fsync(vault, monkeypatch, number)
    for place, said in ((vault, True), (other, False)):
        told = server.run("destination", "test", str(place)).err
        assert ("Nothing there can be flushed" in " ".join(told.split())) is said
    ran = server.run("backup", "--to", str(vault), "--to", str(other), "--password-file", server.password)
    assert ran.code == 0
    words = " ".join(ran.err.split())
    assert words.count("Nothing there can be flushed") == 2  # of each half
    assert words.count(f"{vault}: Nothing there") == 1
    assert f"{vault}/ns01.example.net" in words.partition(": Nothing there")[0]


def test_the_home_wants_a_file_system_that_flushes_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_fsync(tmp_path, monkeypatch, errno.EOPNOTSUPP)
    uses: tuple[Callable[[], object], ...] = (
        lambda: files.write_new(tmp_path / "key", b"x"),
        lambda: files.replace(tmp_path / "key", b"x"),
    )
    for use in uses:
        with pytest.raises(CannotCreate) as refused:
            use()
        assert refused.value.problem == "no_flush"
        assert "cannot flush" in say(refused.value).what
    assert list(tmp_path.iterdir()) == []


# --- links -----------------------------------------------------------------------------------------------


def test_a_link_that_is_said_to_be_made_and_is_not_there_is_followed_by_a_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a mounted share whose server lies."""
    monkeypatch.setattr(os, "link", lambda *_, **__: None)
    place = AllDestinations(tuple).at(DestinationInfo(str(tmp_path)))
    place.check()
    assert [place.publish("a.zip", data) for data in (b"one", b"two")] == ["a.zip", "a-2.zip"]
    assert place.read("a.zip", 10) == b"one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.zip", "a.zip"]
