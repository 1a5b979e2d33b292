"""What holds for every test of the app."""

import pytest


@pytest.fixture(autouse=True)
def _without_another_process(second_reader_here: None) -> None:
    """The second reader itself, without a new process for each backup."""
