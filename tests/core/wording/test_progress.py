"""Long work says what, how much and how long."""

from nskeys.ports import Stage
from nskeys.wording.progress import progress_line


def test_a_counted_stage_says_how_much_and_how_long() -> None:
    assert (
        progress_line(Stage.PROVING, 1_200, 100_000, 120.0)
        == "Opening credentials: 1,200 of 100,000, about 2 minutes left"
    )


def test_what_is_not_known_is_not_said() -> None:
    assert progress_line(Stage.ENCRYPTING, 0, None) == "Encrypting the keys"
    assert progress_line(Stage.PROVING, 3, 14) == "Opening credentials: 3 of 14"
    assert progress_line(Stage.PROVING, 3, 14, float("inf")) == "Opening credentials: 3 of 14"
    assert progress_line(Stage.PROVING, 14, 14, 0.0) == "Opening credentials: 14 of 14"
