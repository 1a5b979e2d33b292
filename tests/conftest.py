"""What holds for every test: no real home is touched, and in CI a skipped test is a failed run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.commands_on_path import CommandsOnPath
from tests.fakes.kept_homes import KeptHomes
from tests.fakes.s3_server import S3Server, s3_server
from tests.fakes.second_reader import second_reader_here as second_reader_here
from tests.fakes.sshd import Sshd, an_sshd
from tests.fakes.token import Tokens, why_no_token
from tests.fakes.tpm import Board, a_board, why_no_tpm

# No test writes to the journal of the machine that it runs on; those of the journal name one of their own.
os.environ["NSKEYS_LOG_ROOT"] = os.devnull

_IN_CI = os.environ.get("CI") == "true"


@pytest.fixture(autouse=True)
def _nobodys_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A test that forgets `--home` gets an empty one of its own, never the machine's."""
    monkeypatch.setenv("NSKEYS_HOME", str(tmp_path_factory.getbasetemp() / "nobodys-home"))
    monkeypatch.delenv("SUDO_USER", raising=False)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def kept_homes(tmp_path_factory: pytest.TempPathFactory) -> KeptHomes:
    """Homes that are made once and laid down anew for each test."""
    return KeptHomes(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    """A machine's board with a real TPM 2.0 on it, in software."""
    if why_no_tpm():
        pytest.skip(why_no_tpm())
    (tmp_path / "board").mkdir()
    with a_board(tmp_path / "board") as there:
        yield there


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """A token that is plugged in, in software."""
    if why_no_token():
        pytest.skip(why_no_token())
    tokens = Tokens(tmp_path / "tokens", monkeypatch)
    tokens.new()
    return tokens


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server that takes every login. Each test makes buckets of its own."""
    with s3_server() as server:
        yield server


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandsOnPath:
    """Commands that stand before the machine's own."""
    return CommandsOnPath(tmp_path / "on-path", monkeypatch)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real SSH server on this machine, for tests that leave it as it is."""
    with an_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why each test was skipped; CI has every tool, so there nothing may be."""
    if _IN_CI and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("Skipped tests: CI must be able to run every one of them.", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, skipped tests fail the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _IN_CI and reporter is not None and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
