"""Machines on which commands are run."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine whose home is empty."""
    return Machine(tmp_path, capsys)


@pytest.fixture
def server(machine: Machine) -> Machine:
    """A machine that is set up, with two credentials in no backup yet."""
    return machine.set_up()
