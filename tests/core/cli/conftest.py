"""Machines on which commands are run."""

import shutil
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine


@pytest.fixture(autouse=True)
def _without_another_process(second_reader_here: None) -> None:
    """The second reader itself, without a new process for each backup."""


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A machine whose home is empty."""
    return Machine(tmp_path, capsys)


@pytest.fixture(scope="session")
def _set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the home that the first test sets up, and all others copy."""
    return tmp_path_factory.mktemp("set-up-once") / "home"


@pytest.fixture
def server(machine: Machine, _set_up_once: Path) -> Machine:
    """A machine that is set up, with two credentials in no backup yet."""
    if _set_up_once.exists():
        shutil.copytree(_set_up_once, machine.home)
    else:
        machine.set_up()
        shutil.copytree(machine.home, _set_up_once)
    return machine
