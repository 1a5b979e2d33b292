"""What sentences tell people to type can be typed."""

import argparse

import pytest

from nskeys.cli.grammar.program import grammar
from nskeys.model.next_steps import NextAction, NextStep
from nskeys.wording.errors import say
from nskeys.wording.next_steps import step_command
from tests.core.wording.commands import commands
from tests.core.wording.samples import error_classes, sample

_LATER = "--identity"
"""For backups to recipients, which this version inspects and does not open."""


def _advised() -> set[str]:
    found = {step_command(NextStep(action)) for action in NextAction}
    for cls in error_classes():
        for number in (0, 14):
            found.update(commands(str(say(sample(cls, "x", number)))))
    return {command for command in found if _LATER not in command}


@pytest.mark.parametrize("command", sorted(_advised()))
def test_advice_is_understood(command: str) -> None:
    words = command.removeprefix("sudo ").split()
    if words[0] != "nskeys":
        known = {option for parser in _parsers(grammar()) for option in parser._option_string_actions}
        assert words[0] in known
    elif command not in ("nskeys", "nskeys protector change"):  # which say what they still need
        _, rest = grammar().parse_known_args(words[1:], argparse.Namespace())
        assert rest == []


def _parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    found = [parser]
    for action in parser._actions:
        if action.nargs == argparse.PARSER and isinstance(action.choices, dict):
            for child in action.choices.values():
                found += _parsers(child)
    return found
