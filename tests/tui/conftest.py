"""What holds for every test of the app."""

import pytest

from nskeys.archive import cross_check
from tests.fakes.second_reader import in_this_process


@pytest.fixture(autouse=True)
def _second_reader_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader itself, without a new process for each backup; its own tests start one."""

    monkeypatch.setattr(cross_check, "second_opinion", in_this_process)
