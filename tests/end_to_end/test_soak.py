"""A short soak; the whole one (200 cycles beside ten writers) is `python -m tests.end_to_end.soak`."""

from pathlib import Path

import pytest

from tests.end_to_end.soak import Administrator, Failure, check, soak
from tests.end_to_end.world import quick_folder


def test_a_server_under_load_loses_nothing_and_no_command_ends_oddly() -> None:
    with quick_folder() as folder:
        told = soak(folder, cycles=3, count=3, wait=60.0)
    assert told[0].startswith("3 cycles beside 3 writers")


def test_the_soak_sees_a_secret_that_is_not_the_last_one_and_a_credential_that_is_gone(
    tmp_path: Path,
) -> None:
    one = Administrator(tmp_path, "one", 0.0)
    one.run("init", "--server-name", "ns01", "--protector", "file")
    one.store("a", "first")
    check(one, {"a": "first"})
    with pytest.raises(Failure, match="another secret"):
        check(one, {"a": "second"})
    with pytest.raises(Failure, match="not listed"):
        check(one, {"a": "first", "b": "x"})
    with pytest.raises(Failure, match="ended with 65"):
        one.run("credential", "show", "run-as/nothing")
