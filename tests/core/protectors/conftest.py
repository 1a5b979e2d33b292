"""What the tests of the protectors share."""

from pathlib import Path

import pytest

from tests.fakes.commands_on_path import CommandsOnPath


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandsOnPath:
    """Commands that stand before the machine's own."""
    return CommandsOnPath(tmp_path / "on-path", monkeypatch)
