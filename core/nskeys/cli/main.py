"""`main`: from arguments to an exit code.

What a command needs is imported once it is known that one runs: `--help` needs none of it, and `--version`
not even the grammar.
"""

import io
import os
import sys
from collections.abc import Sequence

from nskeys.cli.grammar import VERSION
from nskeys.cli.streams import DataStream

TYPE_CHECKING = False  # known to type checkers; importing `typing` for it would cost `--version` a tenth
if TYPE_CHECKING:
    from nskeys.cli.session import Connect

_DONE = 0


def main(argv: Sequence[str], connect: "Connect | None" = None) -> int:
    """Run one command and return its exit code; `argv` is without the program's name."""
    _open_streams()
    if list(argv) == ["--version"]:
        return _print(VERSION)
    from nskeys.cli.grammar.parser import TextWanted, UsageProblem
    from nskeys.cli.grammar.program import parse

    try:
        options = parse(argv)
    except TextWanted as wanted:
        return _print(wanted.text)
    except UsageProblem as problem:
        from nskeys.cli.execution import misused

        return misused(problem)
    from nskeys.cli.execution import execute
    from nskeys.cli.session import connect_here

    return execute(options, connect or connect_here)


def _print(text: str) -> int:
    stdout = DataStream(sys.stdout)
    stdout.write(text)
    stdout.flush()
    return _DONE


def _open_streams() -> None:
    """Open a null device for each closed standard stream (`>&-`). Otherwise a file of ours could get its
    number, and output would be written into it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this stream's
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115  # for the process's life
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115  # for the process's life
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names may hold characters that the locale cannot encode; they are escaped instead of raising.
        sys.stdout.reconfigure(errors="backslashreplace")
