"""The grammar: every command of the design, help that fits, one way to be wrong."""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from nskeys.cli.grammar.parser import CommandParser
from nskeys.cli.grammar.program import grammar
from nskeys.cli.main import main

_EVERYWHERE = {
    *(
        "--home",
        "-q",
        "--quiet",
        "--json",
        "--passphrase-file",
        "--pin-file",
        "--ssh-secret-file",
        "--wait",
        "--help",
        "-h",
    ),
}

DESIGN = """
init [--cmdb URL] [--protector tpm2|passphrase|file] [--server-name NAME] [--accept-loss N]
status [--json|--prometheus|--nagios] [--output FILE]
key list
key show KID
key rotate [--without-backup]
credential list
credential add
credential show ID [--reveal]
credential edit ID
credential remove ID --yes
credential import FILE [--plan] [--skip-bad]
backup [--to DESTINATION] [--password-file F] [--hint TEXT] [--if-needed]
inspect FILE
drill FILE|latest [--password-file F]
restore FILE [--plan] [--server-key THUMBPRINT] [--password-file F]
verify
destination list
destination add DEST [--elsewhere TEXT]
destination test DEST
destination default DEST
destination remove DEST
register list
register check
register add FILE
register retire ID
prune [--plan] [--keep-last N] [--keep-monthly N]
registry
key compromise KID
server-key show
server-key replace
protector show
protector change
audit [--verify]
"""


def _parsers(
    parser: CommandParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], CommandParser]]:
    yield words, parser
    for action in parser._actions:
        if action.nargs == argparse.PARSER and isinstance(action.choices, dict):
            for name, child in action.choices.items():
                yield from _parsers(child, (*words, name))


PARSERS = dict(_parsers(grammar()))
COMMANDS = {words: parser for words, parser in PARSERS.items() if parser.get_default("run")}


def _helped(*argv: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*argv, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("words", PARSERS, ids=" ".join)
def test_help_fits_the_smallest_usual_terminal(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = _helped(*words, capsys=capsys).splitlines()
    assert max(map(len, lines)) < 80
    assert lines[0].startswith("usage: nskeys")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_that_can_be_typed(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    example = _helped(*words, capsys=capsys).partition("example:\n")[2].replace("\\\n", " ")
    assert example.strip().startswith("nskeys ")
    for option in re.findall(r"(?<= )--[a-z-]+", example):
        known = {option for parser in COMMANDS.values() for option in parser._option_string_actions}
        assert option in known
    assert f"nskeys {' '.join(words)}" in re.sub(r" +", " ", example)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_usage_line_names_every_option(words: tuple[str, ...]) -> None:
    parser = COMMANDS[words]
    named = set(re.findall(r"--[a-z-]+", parser.usage or ""))
    # Those that set a home up are explained with `init`, and stand in the text of `restore`.
    setting_up = {"--protector", "--server-name", "--cmdb"} if words == ("restore",) else set()
    assert parser._option_string_actions.keys() - _EVERYWHERE - setting_up == named - {"--json"}


@pytest.mark.parametrize("line", DESIGN.strip().splitlines())
def test_every_command_of_the_design_is_there(line: str) -> None:
    words = tuple(line.partition(" [")[0].split())
    command = next(words[:length] for length in (2, 1) if words[:length] in COMMANDS)
    known = COMMANDS[command]._option_string_actions
    assert set(re.findall(r"--[a-z-]+", line)) <= known.keys()


@pytest.mark.parametrize("words", PARSERS, ids=" ".join)
def test_an_option_of_every_command_is_an_option_of_every_command(words: tuple[str, ...]) -> None:
    assert PARSERS[words]._option_string_actions.keys() >= _EVERYWHERE


@pytest.mark.parametrize(
    "argv",
    [
        ["--home", "/x", "--json", "key", "list"],
        ["key", "--home", "/x", "--json", "list"],
        ["key", "list", "--home", "/x", "--json"],
        ["--home", "/y", "key", "--json", "list", "--home", "/x"],
        ["--home=/x", "--json", "key", "list"],
    ],
)
def test_options_of_every_command_work_before_and_after_it(argv: list[str]) -> None:
    options, rest = grammar().parse_known_args(argv, argparse.Namespace(home=None, json=False))
    assert (options.home, options.json, rest) == ("/x", True, [])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "nskeys: "),
        (["bogus"], "bogus"),
        (["key", "bogus"], "nskeys key: unknown command 'bogus'"),
        (["key", "list", "--bogus"], "nskeys key list: unknown option '--bogus'"),
        (["key", "list", "more"], "nskeys key list: unexpected argument 'more'"),
        (["key", "show"], "KID"),
        (["--hom", "/x", "status"], "nskeys"),
        (["credential", "list", "--kind", "bogus"], "--kind"),
        (["credential", "list", "--limit", "-1"], "--limit"),
        (["credential", "remove", "run-as/x"], "--yes"),
        (["init", "--accept-loss", "many"], "--accept-loss"),
        (["status", "--nagios", "--prometheus"], "--prometheus"),
        (["status", "--nagios", "--json"], "--nagios"),
        (["verify", "--passphrase-file"], "--passphrase-file"),
        (["restore", "b.zip", "--password-file", "-", "--passphrase-file", "-"], "standard input"),
        (["credential", "import", "-", "--passphrase-file", "-"], "standard input"),
    ],
)
def test_a_command_line_that_is_not_understood_ends_with_64(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    first, second = err.splitlines()
    assert first.startswith("nskeys")
    assert re.fullmatch(r"See 'nskeys[a-z ]* --help'\.", second)


def test_nothing_hostile_comes_back_from_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--a\x1b[2J\u202e"]) == 64
    assert main(["a\x1b[2J\x9b"]) == 64
    assert not set("\x1b\u202e\x9b") & set(capsys.readouterr().err)


def test_the_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"nskeys \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("argv", [["--help"], ["backup", "--help"], ["bogus"]])
def test_help_loads_nothing_slow(argv: list[str]) -> None:
    script = (
        "import sys\n"
        "from nskeys.cli.main import main\n"
        f"main({argv!r})\n"
        "slow = {'sqlite3', 'cryptography', 'pyrage', 'tomlkit', 'platformdirs', 'zxcvbn', 'asyncio'}\n"
        "sys.exit(str(sorted(slow & sys.modules.keys())) if slow & sys.modules.keys() else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
