"""A rotation's record, against the keys that are here."""

import pytest

from nskeys.model.keys import KeyInfo, KeyState, Kid, Rotation, RotationStage
from tests.fakes.fixed import AFTERNOON

NEW, OLD = Kid("a" * 64), Kid("b" * 64)


def keys(state: KeyState) -> tuple[KeyInfo, ...]:
    """The rotation's key in a state, beside the one that it replaces."""
    return (
        KeyInfo(OLD, AFTERNOON, KeyState.DEACTIVATED, AFTERNOON),
        KeyInfo(NEW, AFTERNOON, state, AFTERNOON),
    )


@pytest.mark.parametrize("stage", [RotationStage.WAITING, RotationStage.RESEALING])
@pytest.mark.parametrize(
    ("state", "goes_on"),
    [
        (KeyState.PRE_ACTIVE, True),
        (KeyState.ACTIVE, True),
        (KeyState.DEACTIVATED, False),
        (KeyState.COMPROMISED, False),
    ],
)
def test_a_record_makes_no_key_seal_that_is_out_of_use(
    stage: RotationStage, state: KeyState, goes_on: bool
) -> None:
    rotation = Rotation(1, NEW, stage, AFTERNOON, AFTERNOON)
    assert rotation.goes_on(keys(state)) is goes_on


def test_a_record_whose_key_is_not_here_cannot_be_finished() -> None:
    rotation = Rotation(1, Kid("c" * 64), RotationStage.WAITING, AFTERNOON, AFTERNOON)
    assert not rotation.goes_on(keys(KeyState.ACTIVE))
    assert not rotation.goes_on(())
