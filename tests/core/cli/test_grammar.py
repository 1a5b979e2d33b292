"""The grammar stands alone, names what was nearly said, and lets a group alone show its state."""

import ast
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.bootstrap import PATIENCE, protectors
from nskeys.cli import execution
from nskeys.cli.exit_codes import StatusExit
from nskeys.cli.files import STANDARD_INPUT
from nskeys.cli.grammar import credential_import, options as grammar_options
from nskeys.cli.grammar.parser import UsageProblem, defaults
from nskeys.cli.grammar.program import grammar, parse
from nskeys.cli.main import main
from nskeys.model import imports
from nskeys.model.credentials import CredentialKind
from tests.fakes.command_line import Machine, tree

_FOLDER = Path(grammar_options.__file__).parent
_PARSERS = {parser.prog: parser for parser in grammar().below()}
_COMMANDS = {prog: parser for prog, parser in _PARSERS.items() if parser.get_default("run")}
_GROUPS = {prog: parser for prog, parser in _PARSERS.items() if parser.get_default("shows")}


# --- what the grammar needs ---------------------------------------------------------------------------


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_grammar_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    strange = [
        name
        for name in _imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("nskeys.cli.grammar.")
        and name != "nskeys.__version__"
    ]
    assert strange == []


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["backup", "--help"], ["key", "list", "-h"]])
def test_version_and_help_load_nothing_of_what_a_command_needs(argv: list[str]) -> None:
    script = (
        "import sys\n"
        "from nskeys_tui.__main__ import main\n"
        f"assert main({argv!r}) == 0\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    ours = {name for name in loaded if name.startswith(("nskeys.", "nskeys_tui."))}
    few = {
        "nskeys.private_memory",
        "nskeys.cli",
        "nskeys.cli.main",
        "nskeys.cli.streams",
        "nskeys_tui.__main__",
    }
    assert {name for name in ours - few if not name.startswith("nskeys.cli.grammar")} == set()
    assert (
        loaded & {"cryptography", "sqlite3", "psycopg", "asyncio", "textual", "importlib.metadata"} == set()
    )
    assert argv != ["--version"] or "argparse" not in loaded


def _said(**more: object) -> Namespace:
    """Options as if nothing was said, and these."""
    said = defaults()
    vars(said).update(more)
    return said


@pytest.mark.parametrize("prog", _COMMANDS)
def test_every_command_names_a_function_that_is_there(prog: str) -> None:
    run = execution.run_of(_said(run=_COMMANDS[prog].get_default("run")))
    assert callable(run)
    assert run.__module__.startswith("nskeys.cli.commands.")


# --- what is spelled out twice is the same ------------------------------------------------------------


def test_the_grammar_knows_the_kinds_of_the_model() -> None:
    assert tuple(kind.value for kind in CredentialKind) == grammar_options.KINDS


def test_the_grammar_knows_what_an_import_can_be_told() -> None:
    assert credential_import.ENCODINGS == imports.ENCODINGS
    assert credential_import.COLUMN_FIELDS == imports.COLUMN_FIELDS
    assert credential_import.NEEDED_FIELDS == imports.NEEDED_FIELDS


def test_the_grammar_knows_every_protector() -> None:
    assert set(grammar_options.PROTECTORS) == {name for name, _, _ in protectors()}


def test_the_grammar_waits_as_long_as_the_program() -> None:
    assert defaults().wait == PATIENCE


def test_the_grammar_calls_standard_input_as_the_files_do() -> None:
    assert grammar_options.STANDARD_INPUT == STANDARD_INPUT


def test_a_status_that_fails_cannot_tell() -> None:
    assert parse(["status"]).failed == StatusExit.CANNOT_TELL


def test_every_file_with_a_secret_may_be_standard_input_and_is_an_option() -> None:
    said = {action.dest for parser in _PARSERS.values() for action in parser._actions}
    assert set(execution._PURPOSES) <= set(grammar_options.READ_FROM_FILES) <= said


# --- what was nearly said -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["bakup"], "nskeys: unknown command 'bakup'; did you mean 'nskeys backup'?"),
        (["frobnicate"], "nskeys: unknown command 'frobnicate'"),
        (["rotate"], "nskeys: unknown command 'rotate'; did you mean 'nskeys key rotate'?"),
        (["key", "lst"], "nskeys key: unknown command 'lst'; did you mean 'nskeys key list'?"),
        (["reg"], "nskeys: unknown command 'reg'; did you mean 'nskeys register' or 'nskeys registry'?"),
        (["--quux"], "nskeys: unknown option '--quux'"),
        (["--jsn", "status"], "nskeys: unknown option '--jsn'; did you mean '--json'?"),
        (["--hom", "/x", "status"], "nskeys: unknown option '--hom'; did you mean '--home'?"),
        (["key", "--jsn"], "nskeys key: unknown option '--jsn'; did you mean '--json'?"),
        (["key", "list", "--jsn=1"], "nskeys key list: unknown option '--jsn'; did you mean '--json'?"),
        (["key", "show", "--quux"], "nskeys key show: unknown option '--quux'"),
        (["init", "--accept-loss", "-1"], "nskeys init: argument --accept-loss: '-1' is not a number"),
        (
            ["backup", "--evrywhere"],
            "nskeys backup: unknown option '--evrywhere'; did you mean '--everywhere'?",
        ),
        (
            ["--wait", "x", "backup", "--quux"],
            "nskeys: argument --wait: 'x' is no number of seconds from 0 to 86400",
        ),
    ],
    ids=" ".join,
)
def test_what_is_unknown_is_named_with_what_is_near(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 64
    assert capsys.readouterr().err.splitlines()[0] == told


@pytest.mark.parametrize("prog", _PARSERS)
def test_a_slip_in_any_command_finds_it(prog: str) -> None:
    *above, name = prog.split()[1:]
    with pytest.raises(UsageProblem, match=f"'{prog}'"):
        parse([*above, f"{name}x"])


@pytest.mark.parametrize("prog", _COMMANDS)
def test_a_slip_in_any_option_finds_it(prog: str) -> None:
    parser = _COMMANDS[prog]  # itself: to build all of them for each option would take the longest of it
    for option in parser._option_string_actions:
        if option != "-h":
            with pytest.raises(
                UsageProblem, match=f"unknown option '{option}x'; did you mean .*'{option}'"
            ):
                parser.parse_args([f"{option}x"])


# --- a group alone ------------------------------------------------------------------------------------


def test_every_command_is_a_group_or_runs() -> None:
    assert _GROUPS.keys() | _COMMANDS.keys() == _PARSERS.keys()
    assert not _GROUPS.keys() & _COMMANDS.keys()


@pytest.mark.parametrize("prog", _GROUPS)
def test_a_group_alone_is_its_reading_command(prog: str) -> None:
    words = prog.split()[1:]
    assert parse([*words, "--json"]) == parse([*words, _GROUPS[prog].get_default("shows"), "--json"])


@pytest.mark.parametrize("prog", _GROUPS)
def test_a_group_alone_shows_its_state_and_changes_nothing(prog: str, server: Machine) -> None:
    words, before = prog.split()[1:], tree(server.home)
    alone, named = server.run(*words), server.run(*words, _GROUPS[prog].get_default("shows"))
    assert alone == named
    assert alone.code in (0, 1)
    assert tree(server.home) == before


@pytest.mark.parametrize("prog", _GROUPS)
def test_the_help_of_a_group_says_what_it_does_alone(prog: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*prog.split()[1:], "--help"]) == 0
    assert f"Without a command: '{prog} {_GROUPS[prog].get_default('shows')}'." in capsys.readouterr().out


def test_nskeys_with_options_alone_still_wants_a_command() -> None:
    with pytest.raises(UsageProblem, match="COMMAND"):
        parse(["--json"])
