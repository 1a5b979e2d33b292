"""The wheel brings the manual page and what shells complete, and they know what the parser knows."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from nskeys.cli.grammar.program import grammar
from tests.fakes.programs import need

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANUAL = "share/man/man1/nskeys.1"
BASH = "share/bash-completion/completions/nskeys"
ZSH = "share/zsh/site-functions/_nskeys"
FISH = "share/fish/vendor_completions.d/nskeys.fish"
DATED = {"SOURCE_DATE_EPOCH": "1790000000"}  # 2026-09-21
_BUILT_FROM = ("core", "tui", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE")
_BACKEND = """\
import sys
sys.path[:] = [place for place in sys.path if not place.endswith(("/core", "/tui"))]
from hatchling import build
print(getattr(build, sys.argv[1])(sys.argv[2]))
"""
"""Builds as in a place where nskeys is not installed."""
_PARSERS = {parser.prog: parser for parser in grammar().below()}
_OPTIONS = sorted(
    {
        (prog, option)
        for prog, parser in {**_PARSERS, "nskeys": grammar()}.items()
        for option in parser._option_string_actions
    }
)


def built(folder: Path, hook: str = "build_wheel") -> Path:
    """A wheel from a copy of the project in this folder."""
    source = folder / "source"
    for name in _BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-c", _BACKEND, hook, str(folder)]
    done = subprocess.run(
        command, cwd=source, env={**os.environ, **DATED}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def shared(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix with what the wheel installs there."""
    prefix = tmp_path_factory.mktemp("prefix")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            _, data, place = name.partition(".data/data/")
            if data:
                (prefix / place).parent.mkdir(parents=True, exist_ok=True)
                (prefix / place).write_bytes(archive.read(name))
    return prefix


def _text(shared: Path, place: str) -> str:
    return (shared / place).read_text(encoding="utf-8")


# --- the wheel ----------------------------------------------------------------------------------------


def test_the_wheel_has_them_and_the_marks_of_typed_packages(wheel: Path, shared: Path) -> None:
    assert {str(path.relative_to(shared)) for path in shared.rglob("*") if path.is_file()} == {
        MANUAL,
        BASH,
        ZSH,
        FISH,
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {"nskeys/py.typed", "nskeys_tui/py.typed"} <= set(archive.namelist())


def test_a_wheel_for_a_tree_that_is_edited_has_them_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(built(tmp_path, "build_editable")) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith(".data/data/" + MANUAL)]
    assert [name for name in names if name.endswith(".pth")]


def test_it_is_the_same_wherever_it_is_built(wheel: Path, tmp_path: Path) -> None:
    assert built(tmp_path).read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("place", [MANUAL, BASH, ZSH, FISH])
def test_nothing_of_this_machine_is_in_them(place: str, shared: Path) -> None:
    text = _text(shared, place)
    assert str(ROOT / "core") not in text
    assert str(ROOT / "tui") not in text
    assert sys.prefix not in text
    assert os.uname().nodename not in text


def test_the_manual_page_has_the_date_of_the_source_and_the_version(shared: Path) -> None:
    first = _text(shared, MANUAL).splitlines()[0]
    assert first == f'.TH NSKEYS "1" "September 21, 2026" "nskeys {_version()}" "nskeys"'


def _version() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nskeys_tui", "--version"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()[1]


def test_the_wheel_is_called_by_the_version_that_the_program_prints(wheel: Path) -> None:
    assert wheel.name.startswith(f"nskeys-{_version()}-")


# --- what it takes to build it ------------------------------------------------------------------------


def test_the_extra_build_is_what_a_build_takes() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    more = {line for line in extras["build"] if re.split(r"[^a-z-]", line)[0] in ("build", "editables")}
    assert set(extras["build"]) - more == set(PYPROJECT["build-system"]["requires"])
    assert len(more) == 2
    assert any(re.fullmatch(r"nskeys\[.*\bbuild\b.*\]", line) for line in extras["dev"])


# --- they know what the parser knows ------------------------------------------------------------------


@pytest.mark.parametrize("prog", _PARSERS)
def test_the_manual_page_has_a_section_for_every_command(prog: str, shared: Path) -> None:
    text = _plain(_text(shared, MANUAL))
    assert f".SH COMMAND '{prog}'\nusage: {prog}" in text


@pytest.mark.parametrize("prog", _PARSERS)
def test_the_manual_page_says_of_every_command_what_its_help_says(prog: str, shared: Path) -> None:
    parser, section = _PARSERS[prog], _section(shared, prog)
    assert _words(parser.description) in _words(section)
    assert not parser.epilog or dedent(parser.epilog.partition("\n")[2]) in section
    for action in parser._actions:
        if action.help and not _is_everywhere(action) and not isinstance(action.choices, dict):
            assert action.help in section


def test_the_manual_page_explains_once_what_every_command_knows(shared: Path) -> None:
    text = _plain(_text(shared, MANUAL))
    for action in grammar()._actions:
        if action.option_strings and "--help" not in action.option_strings:
            assert text.count(str(action.help)) == 1
    assert "'nskeys COMMAND --help' explains a command." in text


def _is_everywhere(action: argparse.Action) -> bool:
    return action.dest in {one.dest for one in grammar()._actions}


def _section(shared: Path, prog: str) -> str:
    rest = _plain(_text(shared, MANUAL)).partition(f".SH COMMAND '{prog}'\n")[2]
    return re.split(r"^\.SH COMMAND |^\.SH OPTIONS EVERYWHERE", rest, flags=re.MULTILINE)[0]


def _plain(roff: str) -> str:
    """Without the marks for bold and italics, and what stands for a character again that character."""
    for mark in (r"\fI\,", r"\/\fR", r"\fB", r"\fR", r"\&"):
        roff = roff.replace(mark, "")
    return roff.replace(r"\-", "-").replace("\\\\", "\\")


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize("prog", _PARSERS)
def test_every_shell_knows_every_command(prog: str, shared: Path) -> None:
    words = prog.split()
    above, name = "_".join(words[:-1]).replace("-", "_"), words[-1]
    bash = _text(shared, BASH)
    [choices] = re.findall(rf"^_shtab_{above}_subparsers=\((.*)\)$", bash, re.MULTILINE)
    assert name in choices.split()
    assert re.search(rf"^\s+\"?{re.escape(name)}:", _text(shared, ZSH), re.MULTILINE)
    assert re.search(rf"-a '?{re.escape(name)}'?[ $]", _text(shared, FISH), re.MULTILINE)


@pytest.mark.parametrize(("prog", "option"), _OPTIONS)
def test_every_shell_knows_every_option(prog: str, option: str, shared: Path) -> None:
    of = prog.replace(" ", "_").replace("-", "_")
    [options] = re.findall(rf"^_shtab_{of}_option_strings=\((.*)\)$", _text(shared, BASH), re.MULTILINE)
    assert option in options.replace("'", "").split()
    assert option in _text(shared, ZSH).partition(f"\n_shtab_{of}_options=(")[2].partition("\n)")[0]
    using = " ".join(["_shtab_nskeys_using", *prog.split()[1:]])
    fish = [line for line in _text(shared, FISH).splitlines() if re.search(rf" -n '?{using}'? -", line)]
    assert [line for line in fish if re.search(rf" -[ls] {option.lstrip('-')}( |$)", line)]


# --- in real shells -----------------------------------------------------------------------------------

_COMPLETE_IN_BASH = """\
source "$1"; shift
function=$(complete -p nskeys | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"$function" nskeys "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
CASES = [
    (("nskeys", "back"), {"backup"}),
    (("nskeys", "re"), {"restore", "re-entry", "register", "registry"}),
    (("nskeys", "key", ""), {"list", "show", "rotate", "compromise"}),
    (("nskeys", "backup", "--every"), {"--everywhere"}),
    (("nskeys", "credential", "add", "--kind", ""), {"hierarchy", "pcanywhere", "run-as"}),
]


def _ran(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(("words", "completed"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_bash_completes(words: tuple[str, ...], completed: set[str], shared: Path) -> None:
    need("bash")
    out = _ran("bash", "--norc", "-c", _COMPLETE_IN_BASH, "bash", str(shared / BASH), *words)
    assert set(out.split()) == completed


@pytest.mark.parametrize(("words", "completed"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_fish_completes(words: tuple[str, ...], completed: set[str], shared: Path, tmp_path: Path) -> None:
    need("fish")
    script = 'source $argv[1]; complete -C "$argv[2]"'
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    out = _ran("fish", "--private", "-c", script, str(shared / FISH), " ".join(words), env=home)
    assert {line.split("\t")[0] for line in out.splitlines()} == completed


def test_bash_completes_files_where_a_file_is_meant(shared: Path, tmp_path: Path) -> None:
    need("bash")
    (tmp_path / "secret").touch()
    words = ("nskeys", "backup", "--password-file", f"{tmp_path}/se")
    out = _ran("bash", "--norc", "-c", _COMPLETE_IN_BASH, "bash", str(shared / BASH), *words)
    assert out.split() == [f"{tmp_path}/secret"]


def test_zsh_reads_its_completions(shared: Path) -> None:
    need("zsh")
    _ran("zsh", "-f", "-n", str(shared / ZSH))
    script = "fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[nskeys]"
    assert _ran("zsh", "-f", "-c", script, "zsh", str((shared / ZSH).parent)).split() == ["_nskeys"]


def test_man_shows_the_page_without_a_word_of_complaint(shared: Path) -> None:
    need("man")
    wide = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""}
    page = _ran("man", "--warnings", "-l", str(shared / MANUAL), env=wide)
    assert max(map(len, page.splitlines())) <= 80
    assert "COMMAND 'nskeys key rotate'" in page


def test_man_finds_the_page_beside_a_program_on_the_path(shared: Path) -> None:
    need("man")
    (shared / "bin").mkdir()
    path = {**os.environ, "PATH": f"{shared / 'bin'}:{os.environ['PATH']}"}
    path.pop("MANPATH", None)
    assert _ran("man", "-w", "nskeys", env=path).strip() == str(shared / MANUAL)


LINKED = re.findall(r"^cp -rsf /opt/nskeys/share/\. /usr/local/share/$", README, re.MULTILINE)


def test_the_readmes_links_put_every_file_where_it_is_looked_for(shared: Path, tmp_path: Path) -> None:
    assert len(LINKED) == 1
    command = LINKED[0].replace("/opt/nskeys/", f"{shared}/").replace("/usr/local/", f"{tmp_path}/")
    (tmp_path / "share").mkdir()
    for _ in range(2):  # again after an upgrade
        _ran(*command.split())
    for place in (MANUAL, BASH, ZSH, FISH):
        assert (tmp_path / place).resolve() == (shared / place).resolve()


def test_mandoc_finds_nothing_wrong_with_the_page(shared: Path) -> None:
    need("mandoc")
    assert _ran("mandoc", "-Tlint", "-Wwarning", str(shared / MANUAL)) == ""
