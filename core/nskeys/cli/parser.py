"""The grammar of the command line: argparse, with usage lines as the README shows them.

`--home`, `--json` and the files with what opens the keys work before and after a command: every parser
knows them, and only the outermost one has defaults, so a later one changes what was said and nothing else.
"""

import argparse
import re
from collections.abc import Callable
from typing import Any, NoReturn

Run = Callable[[Any, argparse.Namespace], int]
"""A command: from the session and its options to an exit code."""

WIDTH = 79
_PATIENCE = 10.0
"""Seconds that a change waits for another one to end, as in `bootstrap`, which is slow to load."""
_LONGEST = 86_400
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
    """An ArgumentParser that never ends the process itself."""

    def error(self, message: str) -> NoReturn:
        """UsageProblem."""
        raise UsageProblem(message, self.prog)

    def print_help(self, _file: object = None) -> NoReturn:
        """TextWanted."""
        raise TextWanted(self.format_help())


class VersionAction(argparse.Action):
    """`--version`; looked up only when it is asked for."""

    def __call__(self, *_: object) -> NoReturn:
        """TextWanted."""
        from importlib.metadata import version

        raise TextWanted(f"nskeys {version('nskeys')}\n")


class Commands:
    """The commands of one parser."""

    def __init__(self, parser: CommandParser) -> None:
        self._prog = parser.prog
        self._table = parser.add_subparsers(
            title="commands", metavar="COMMAND", required=True, parser_class=CommandParser
        )

    def command(
        self, name: str, run: Run, summary: str, *, usage: str = "", text: str = "", example: str
    ) -> CommandParser:
        """A command; `example` is one good use of it, with a line that says what it does."""
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

    def group(self, name: str, summary: str) -> "Commands":
        """A command that has commands of its own."""
        prog = f"{self._prog} {name}"
        parser: CommandParser = self._table.add_parser(
            name,
            prog=prog,
            usage=f"{prog} COMMAND ...",
            help=summary,
            description=_sentence(summary),
            formatter_class=_Formatter,
            allow_abbrev=False,
            add_help=False,
        )
        commands = Commands(parser)
        add_everywhere(parser)
        return commands


def outermost(add_commands: Callable[[Commands], None]) -> CommandParser:
    """`nskeys` itself."""
    parser = CommandParser(
        prog="nskeys",
        usage="nskeys [COMMAND ...]",
        description=(
            "Backs up a Notification Server's cryptographic keys and says which\n"
            "credentials would come back. Without a command the full-screen app opens."
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


def add_everywhere(parser: CommandParser) -> "argparse._ArgumentGroup":
    """The options that every parser has. SUPPRESS: an option that is not given says nothing."""
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
        help="file with what an SSH server wants (-: stdin)",
    )
    options.add_argument(
        "--wait",
        metavar="S",
        type=seconds,
        default=argparse.SUPPRESS,
        help="seconds to wait for another change (10; 0: none)",
    )
    options.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="print this help")
    return options


def defaults() -> argparse.Namespace:
    """What holds where an option of every parser was not given."""
    return argparse.Namespace(
        home=None, json=False, passphrase_file=None, pin_file=None, ssh_secret_file=None, wait=_PATIENCE
    )


def seconds(text: str) -> float:
    """A number of seconds, 0 or more; ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {_LONGEST}")
    return number


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _folded(prog: str, usage: str) -> str:
    """A usage line, broken between its parts where it is too long."""
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
        # The heading above the commands says what they are; argparse's own line would say it again.
        return text.partition("\n")[2] if action.nargs == argparse.PARSER else text
