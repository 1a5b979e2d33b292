"""All of the command line: every command with its options, and what a line of it means."""

from argparse import Namespace
from collections.abc import Sequence

from nskeys.cli.grammar import (
    audit,
    backup,
    credential,
    custodians,
    destination,
    drill,
    identity,
    init,
    inspect,
    key,
    protector,
    prune,
    re_entry,
    register,
    registry,
    restore,
    runbook,
    schedule,
    status,
    verify,
)
from nskeys.cli.grammar.options import READ_FROM_FILES, STANDARD_INPUT
from nskeys.cli.grammar.parser import CommandParser, Commands, UsageProblem, defaults, outermost


def grammar() -> CommandParser:
    """Return the parser of every command with its options."""
    return outermost(_add_commands)


def _add_commands(commands: Commands) -> None:
    """Add the commands in the order of the help."""
    for module in (init, status, key, credential, backup, inspect, drill, restore, verify):
        module.add(commands)
    for module in (re_entry, runbook, destination, schedule, register, prune, registry):
        module.add(commands)
    for module in (identity, custodians, protector, audit):
        module.add(commands)


def parse(argv: Sequence[str]) -> Namespace:
    """Return the options, `run` and `command` among them. Raises UsageProblem, TextWanted."""
    parser = grammar()
    options = parser.parse_args(argv, defaults())
    if not hasattr(options, "run"):
        # A group without a command: the options that every command has mean the same before its command.
        options = parser.parse_args([*argv, options.shows], defaults())
    reading = [name for name in READ_FROM_FILES if getattr(options, name, None) == STANDARD_INPUT]
    if len(reading) > 1:
        raise UsageProblem("only one of the files may be standard input (-)", options.command)
    return options
