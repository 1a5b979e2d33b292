"""What to do next is said in the words of whoever reads: a command to type, or a key to press."""

from dataclasses import fields

import pytest

from nskeys.wording.next_steps import APP_STEPS, CLI_STEPS
from tests.core.wording.commands import commands, is_valid

NAMES = [field.name for field in fields(CLI_STEPS)]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_is_told_a_command_that_exists(name: str) -> None:
    quoted = commands(getattr(CLI_STEPS, name))
    assert quoted
    assert all(map(is_valid, quoted))


@pytest.mark.parametrize("name", NAMES)
def test_the_app_is_never_told_to_type_a_command(name: str) -> None:
    sentence = getattr(APP_STEPS, name)
    assert "'" not in sentence
    assert "nskeys " not in sentence
    assert "--" not in sentence
