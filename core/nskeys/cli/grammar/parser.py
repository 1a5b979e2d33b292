"""What every parser of the command line has in common: argparse, with usage lines as the README shows them.

`--home`, `--json` and the files with what opens the keys work before and after a command. Every parser has
these options and only the outermost one has defaults, so a later parser overwrites only what is given to
it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from nskeys.cli.grammar import VERSION

WIDTH = 79
_PATIENCE = 10.0
"""Seconds that a change waits for another one to end, as in `bootstrap`, which is slow to load."""
_LONGEST = 86_400
_NEAR = 0.7
"""How alike they are at least, of 1, as `difflib` measures it."""
_MOST_NEAR = 4
"""Commands or options that are named for one that is unknown."""
_PARTS = re.compile(r"\[[^]]*\]|--\S+ [A-Z]+|\S+")
"""What of a usage line stays together: what is optional, an option with its value, a word."""


class UsageProblem(Exception):
    """The command line was not understood; `command` is the part that was (`nskeys backup`)."""

    def __init__(self, message: str, command: str = "nskeys") -> None:
        super().__init__(message)
        self.message = message
        self.command = command


class TextWanted(Exception):
    """`--help` or `--version`: the text is data, for standard output."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CommandParser(argparse.ArgumentParser):
    """An ArgumentParser that never ends the process itself, and suggests what an unknown word may mean."""

    _given: Sequence[str] = ()

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Return the options, and an empty list. Raises UsageProblem."""
        self._given = tuple(args or ())
        found, rest = super().parse_known_args(self._given, namespace)
        if rest:
            self._refuse_unknown_option()
            raise UsageProblem(f"unexpected argument '{rest[0]}'", self.prog)
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Raise UsageProblem. An unknown option is reported first, since it may be why another one is
        missing."""
        self._refuse_unknown_option()
        raise UsageProblem(message, self.prog)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.nargs == argparse.PARSER and value not in self._commands():
            self._refuse_unknown_option(value)
            known = [(parser.prog.split()[-1], f"'{parser.prog}'") for parser in self.below()]
            raise UsageProblem(f"unknown command '{value}'{_did_you_mean(value, known)}", self.prog)
        super()._check_value(action, value)

    def below(self) -> Iterator[CommandParser]:
        """Yield the parsers of its commands, and of theirs."""
        for parser in self._commands().values():
            yield parser
            yield from parser.below()

    def _commands(self) -> Mapping[str, CommandParser]:
        for action in self._actions:
            if action.nargs == argparse.PARSER and isinstance(action.choices, dict):
                return action.choices
        return {}

    def _refuse_unknown_option(self, before: str = "--") -> None:
        """Raise UsageProblem for the first unknown option that this parser would have to know."""
        for word in self._given:
            if word in ("--", before) or word in self._commands():
                return
            option = word.partition("=")[0]
            if self._parse_optional(word) is not None and option not in self._option_string_actions:
                known = [(name, f"'{name}'") for name in self._option_string_actions]
                raise UsageProblem(f"unknown option '{option}'{_did_you_mean(option, known)}", self.prog)

    def print_help(self, _file: object = None) -> NoReturn:
        raise TextWanted(self.format_help())


class VersionAction(argparse.Action):
    def __call__(self, *_: object) -> NoReturn:
        raise TextWanted(VERSION)


class Commands:
    def __init__(self, parser: CommandParser, *, required: bool = True) -> None:
        self._prog = parser.prog
        self._table = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=required, parser_class=CommandParser
        )

    def command(
        self, name: str, run: str, summary: str, *, usage: str = "", text: str = "", example: str
    ) -> CommandParser:
        """Add a command. `run` names its module in `nskeys.cli.commands`, imported when it runs, and the
        function there, which takes the session and the options and returns an exit code: `drill:run`.
        `example` is one good use of it, with a line that says what it does."""
        prog = f"{self._prog} {name}"
        parser: CommandParser = self._table.add_parser(
            name,
            prog=prog,
            usage=_folded(prog, usage),
            help=summary,
            description="\n\n".join(part for part in (_sentence(summary), text) if part),
            epilog=f"example:\n{example}",
            formatter_class=_Formatter,
            allow_abbrev=False,
            add_help=False,
        )
        add_everywhere(parser)
        parser.set_defaults(run=run, command=prog)
        return parser

    def group(self, name: str, summary: str, *, shows: str) -> Commands:
        """Add a command with commands of its own; alone it does what its command `shows` does."""
        prog = f"{self._prog} {name}"
        parser: CommandParser = self._table.add_parser(
            name,
            prog=prog,
            usage=f"{prog} [COMMAND ...]",
            help=summary,
            description=f"{_sentence(summary)}\nWithout a command: '{prog} {shows}'.",
            formatter_class=_Formatter,
            allow_abbrev=False,
            add_help=False,
        )
        commands = Commands(parser, required=False)
        add_everywhere(parser)
        parser.set_defaults(shows=shows)
        return commands


def outermost(add_commands: Callable[[Commands], None]) -> CommandParser:
    """Return the parser of `nskeys` itself."""
    parser = CommandParser(
        prog="nskeys",
        usage="nskeys [COMMAND ...]",
        description=(
            "Backs up a Notification Server's keys and database, and says which credentials\n"
            "would come back. Without a command the full-screen app opens."
        ),
        epilog=(
            "'nskeys COMMAND --help' explains a command.\n\n"
            "exit codes: 0 done; 1 done, but some credentials do not open, a backup is due,\n"
            "a destination got no copy, or something was not recorded or not removed; 64\n"
            "usage; 65 bad data; 69 unreachable; 70 a bug; 73 cannot create; 75 locked; 77\n"
            "not permitted or wrong password; 78 not set up; 130 interrupted"
        ),
        formatter_class=_Formatter,
        allow_abbrev=False,
        add_help=False,
    )
    add_commands(Commands(parser))
    add_everywhere(parser).add_argument(
        "--version", action=VersionAction, nargs=0, default=argparse.SUPPRESS, help="print the version"
    )
    return parser


def add_everywhere(parser: CommandParser) -> argparse._ArgumentGroup:
    """Add the options of every parser. Their default is SUPPRESS, so a later parser does not overwrite a
    value that was given before."""
    options = parser.add_argument_group("options everywhere")
    options.add_argument(
        "--home", metavar="DIR", default=argparse.SUPPRESS, help="home of the installation"
    )
    options.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document"
    )
    options.add_argument(
        "--passphrase-file",
        metavar="F",
        default=argparse.SUPPRESS,
        help="file with the key store's passphrase (-: stdin)",
    )
    options.add_argument(
        "--pin-file",
        metavar="F",
        default=argparse.SUPPRESS,
        help="file with the PIN of the keys' token (-: stdin)",
    )
    options.add_argument(
        "--ssh-secret-file",
        metavar="F",
        default=argparse.SUPPRESS,
        help="file with an SSH password or passphrase (-: stdin)",
    )
    options.add_argument(
        "--wait",
        metavar="S",
        type=seconds,
        default=argparse.SUPPRESS,
        help="seconds to wait for another change (10; 0: none)",
    )
    options.add_argument(
        "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="print data and errors only"
    )
    options.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="print this help")
    return options


def defaults() -> argparse.Namespace:
    """Return the values of these options where none was given."""
    return argparse.Namespace(
        home=None,
        json=False,
        quiet=False,
        passphrase_file=None,
        pin_file=None,
        ssh_secret_file=None,
        wait=_PATIENCE,
    )


def seconds(text: str) -> float:
    """Return a number of seconds, 0 or more. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {_LONGEST}")
    return number


def _did_you_mean(word: str, known: Iterable[tuple[str, str]]) -> str:
    """Return the nearest of the known words, each a name and how to write it, as a suggestion; empty where
    none is near."""
    from difflib import get_close_matches

    sayings: dict[str, list[str]] = {}
    for name, saying in known:
        sayings.setdefault(name, []).append(saying)
    longer = [name for name in sayings if len(word) > 2 and name.startswith(word)]
    names = (
        [word]
        if word in sayings
        else dict.fromkeys((*longer, *get_close_matches(word, sayings, cutoff=_NEAR)))
    )
    near = [saying for name in names for saying in sayings[name]][:_MOST_NEAR]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _folded(prog: str, usage: str) -> str:
    """Return a usage line, broken between its parts where it is too long."""
    lines = [prog]
    for part in _PARTS.findall(usage):
        if len("usage: ") + len(lines[-1]) + 1 + len(part) > WIDTH:
            lines.append(" " * (len("usage: ") + len(prog)))
        lines[-1] += f" {part}"
    return "\n".join(lines)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=WIDTH)

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        # The heading above the commands says what they are, so argparse's own line is left out.
        return text.partition("\n")[2] if action.nargs == argparse.PARSER else text
