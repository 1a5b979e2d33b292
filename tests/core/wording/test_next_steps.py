"""What to do next is said in the words of whoever reads: a command to type, or a key to press."""

import pytest

from nskeys.model.next_steps import NextAction, NextStep
from nskeys.wording.next_steps import Voice, step_command, step_hint, step_words
from tests.core.wording.commands import commands, is_valid

ACTIONS = pytest.mark.parametrize("action", list(NextAction))


@ACTIONS
def test_the_command_line_is_told_a_command_that_exists(action: NextAction) -> None:
    quoted = commands(step_words(action, Voice.COMMAND))
    assert quoted
    assert all(map(is_valid, [*quoted, step_command(NextStep(action))]))


@ACTIONS
def test_the_app_is_never_told_to_type_a_command(action: NextAction) -> None:
    sentence = step_words(action, Voice.KEY)
    assert sentence
    assert step_hint(action).strip()
    for words in (sentence, step_hint(action)):
        assert "'" not in words
        assert "nskeys " not in words
        assert "--" not in words


def test_the_file_that_helps_is_named_as_a_shell_takes_it() -> None:
    step = NextStep(NextAction.RESTORE, "/mnt/the vault/a.zip")
    assert step_command(step) == "nskeys restore '/mnt/the vault/a.zip'"
    assert step_words(NextStep(NextAction.DRILL_AND_ROTATE, "/mnt/a.zip"), Voice.COMMAND) == (
        "A drill is due: 'nskeys drill /mnt/a.zip', then 'nskeys key rotate' again."
    )
