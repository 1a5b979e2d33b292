"""All of the command line: every command with its options, and what a line of it means."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial
from importlib import import_module

from nskeys.cli.grammar.options import READ_FROM_FILES, STANDARD_INPUT
from nskeys.cli.grammar.parser import (
    CommandParser,
    Commands,
    TextWanted,
    UsageProblem,
    defaults,
    outermost,
)

_HERE = __name__.rpartition(".")[0]
COMMANDS = (
    *("demo", "init", "status", "key", "credential", "backup", "inspect", "drill", "restore", "verify"),
    *("re-entry", "runbook", "database", "destination", "schedule", "register", "prune", "registry"),
    *("identity", "custodians", "protector", "server-key", "audit", "checkpoint", "schema"),
)
"""In the order of the help. Each has a module of its name here."""


def grammar(commands: Sequence[str] = COMMANDS) -> CommandParser:
    """Return the parser of these commands with their options."""
    return outermost(partial(_add, commands))


def _add(names: Sequence[str], commands: Commands) -> None:
    for name in names:
        import_module(f"{_HERE}.{name.replace('-', '_')}").add(commands)


def parse(argv: Sequence[str]) -> Namespace:
    """Return the options, `run` and `command` among them. Raises UsageProblem, TextWanted."""
    named = next((word for word in argv if word in COMMANDS), None)
    if named is not None:
        # Fifty parsers take longer than a command; the others are needed where this one is not enough.
        try:
            return _options(grammar((named,)), argv)
        except (UsageProblem, TextWanted):
            pass
    return _options(grammar(), argv)


def _options(parser: CommandParser, argv: Sequence[str]) -> Namespace:
    options = parser.parse_args(argv, defaults())
    if not hasattr(options, "run"):
        # A group without a command: the options that every command has mean the same before its command.
        options = parser.parse_args([*argv, options.shows], defaults())
    reading = [name for name in READ_FROM_FILES if getattr(options, name, None) == STANDARD_INPUT]
    if len(reading) > 1:
        raise UsageProblem("only one of the files may be standard input (-)", options.command)
    return options
