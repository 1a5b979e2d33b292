"""The judge of quoted commands judges rightly."""

import pytest

from tests.core.wording.commands import commands, is_valid


@pytest.mark.parametrize(
    "command",
    [
        "nskeys",
        "sudo nskeys status",
        "nskeys init --accept-loss 14",
        "nskeys restore FILE --home DIR",
        "nskeys credential remove 00ff --yes",
        "nskeys credential import FILE --skip-bad",
        "nskeys backup --to DEST",
        "--password-file F",
    ],
)
def test_commands_of_the_design_are_valid(command: str) -> None:
    assert is_valid(command)


@pytest.mark.parametrize(
    "command",
    [
        "nskeys rotate",
        "nskeys restore",
        "nskeys backup --where X",
        "nskeys key list 7f",
        "--force",
        "nskeys help me",
    ],
)
def test_others_are_not(command: str) -> None:
    assert not is_valid(command)


def test_commands_are_found_between_single_quotes() -> None:
    assert commands(
        "Run 'nskeys status', or give '--home DIR'; it's 'quoted' words that are no command."
    ) == [
        "nskeys status",
        "--home DIR",
    ]
