"""A backup on a disk that cannot flush: it is said before it is written, and afterwards."""

import errno
from pathlib import Path

import pytest

from nskeys_tui.screens.backup import BackupScreen
from tests.fakes.disks import without_fsync
from tests.fakes.real_site import RealServer
from tests.tui.on_screen import SIZES, OnScreen, server_in
from tests.tui.screens.test_backup import to_review

SAID = "! Nothing there can be flushed to its disk, so a power cut may take what it just got."


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """A credential, and no backup."""
    return server_in(tmp_path, "one")


@pytest.mark.parametrize("size", SIZES)
async def test_a_disk_that_cannot_flush_is_said_in_the_plan_and_in_the_result(
    server: RealServer, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    without_fsync(Path(server.vault), monkeypatch, errno.EOPNOTSUPP)
    stage = OnScreen(server, BackupScreen, size)
    async with stage.play() as pilot:
        await to_review(stage, pilot)
        assert SAID in stage.words
        await stage.press(pilot, "enter", until="is complete.")
        await stage.press(pilot, *(["pagedown"] if SAID not in stage.words else []), until=SAID)
