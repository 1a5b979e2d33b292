"""What a command may import: what is not needed to answer is imported by whoever needs it."""

import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.benchmark.homes import make_home

_TELL = """
import sys
before = set(sys.modules)
from nskeys_tui.__main__ import main
code = main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""
_FIRST_PAGE = """
import sys
before = set(sys.modules)
from nskeys_tui import first_page
from nskeys.bootstrap import connect
page = first_page.read(connect(sys.argv[2]), 24)
assert len(first_page.page_lines(page, 80, 24)) == 24
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""
_NEVER = (
    *(
        "asyncio",
        "asyncssh",
        "concurrent.futures",
        "difflib",
        "email",
        "http",
        "logging",
        "multiprocessing",
    ),
    *("obstore", "pkcs11", "platformdirs", "psycopg", "pyrage", "bcrypt", "random", "rich", "segno"),
    *("shamir_mnemonic", "ssl", "subprocess", "tempfile", "textual", "tomlkit", "zxcvbn"),
    *("_strptime", "cryptography.hazmat.primitives.serialization", "nskeys.crypto.kdf"),
    *("nskeys.archive.writing", "nskeys.archive.opening", "nskeys.archive.age", "nskeys.crypto.slip39"),
    *("nskeys.destinations.ssh", "nskeys.destinations.s3", "nskeys.imports", "nskeys.protectors"),
    *("nskeys.model.custodians", "nskeys.model.imports", "nskeys.model.plans", "nskeys.model.backup"),
    *("nskeys.services.backup", "nskeys.services.drill", "nskeys.services.flows", "nskeys.services.keys"),
    *("nskeys.services.restore", "nskeys.services.schedule", "nskeys.services.setup"),
    *("nskeys.services.recovery.identities", "nskeys.services.recovery.custodians"),
    *("nskeys.store.keystore.build", "nskeys.store.cmdb.change", "nskeys.store.cmdb.postgres"),
    *("nskeys.store.settings_edit", "nskeys.store.systemd", "nskeys.wording.errors.setup"),
    *("nskeys.crypto.sealing", "nskeys.crypto.wrapping", "nskeys.crypto.age_primitives"),
    *("cryptography.hazmat.primitives.ciphers", "socket", "nskeys.model.database_copy"),
    *("nskeys.services.transaction", "nskeys.services.one_change", "nskeys.services.credentials.old_seals"),
    *("nskeys.model.diary", "nskeys.model.recovery_plans", "nskeys.model.unlock", "nskeys.ports.shares"),
    *("textwrap", "traceback"),
)
"""What only makes something, talks to somebody else, or tells what went wrong; with all below it."""
_MOST = {("status",): 308, ("credential", "list"): 288, ("--help",): 84, ("--version",): 28}
"""Modules at most, those of Python among them."""
_MOST_DATACLASSES = 18
"""Of nskeys, errors aside. Each takes as long as importing five modules (core/decisions/0036)."""
_DATACLASSES = """
import sys
from nskeys_tui.__main__ import main
code = main(sys.argv[1:])
found = {
    f"{made.__module__}.{made.__name__}"
    for module in list(sys.modules.values()) if module.__name__.startswith("nskeys")
    for made in vars(module).values()
    if isinstance(made, type) and "__dataclass_fields__" in vars(made) and not issubclass(made, Exception)
}
print(*sorted(found), sep="\\n", file=sys.stderr)
"""


def loaded(*argv: str, code: str = _TELL) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    return set(ended.stderr.split())


def among(modules: set[str], names: Sequence[str]) -> list[str]:
    """Those of the modules that are among these, or below one of them."""
    return sorted(m for m in modules if any(m == name or m.startswith(f"{name}.") for name in names))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    make_home(folder, 20, scrypt_log_n=4).close()
    return folder


@pytest.mark.parametrize("command", [("status",), ("credential", "list")])
def test_a_command_that_only_reads_loads_nothing_that_makes(home: Path, command: Sequence[str]) -> None:
    modules = loaded("--home", str(home), *command)
    assert f"nskeys.cli.commands.{'_'.join(command)}" in modules
    assert among(modules, _NEVER) == []
    assert len(modules) <= _MOST[tuple(command)], sorted(modules)


@pytest.mark.parametrize("command", [("status",), ("credential", "list")])
def test_a_command_that_only_reads_makes_few_dataclasses(home: Path, command: Sequence[str]) -> None:
    found = loaded("--home", str(home), *command, code=_DATACLASSES)
    assert "nskeys.model.register.BackupCopy" in found
    assert len(found) <= _MOST_DATACLASSES, sorted(found)


def test_the_first_page_loads_nothing_that_makes_and_no_textual(home: Path) -> None:
    modules = loaded("--home", str(home), code=_FIRST_PAGE)
    assert {"nskeys_tui.first_page", "nskeys.services.status.overview"} <= modules
    asked = "nskeys.protectors"  # whether the keys are of this machine
    assert among(modules, [name for name in _NEVER if name != asked]) == []
    assert len(modules) <= _MOST[("status",)], sorted(modules)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_next_to_nothing(option: str) -> None:
    modules = loaded(option)
    assert among(modules, ("nskeys.services", "nskeys.store", "nskeys.model", "nskeys.wording")) == []
    assert len(modules) <= _MOST[(option,)], sorted(modules)


def test_one_command_loads_the_grammar_of_no_other(home: Path) -> None:
    modules = loaded("--home", str(home), "status")
    grammar = {m.rpartition(".")[2] for m in among(modules, ("nskeys.cli.grammar",))}
    assert grammar == {"grammar", "options", "parser", "program", "status"}


def test_the_list_is_of_modules_that_there_are(home: Path) -> None:
    """A name that is no more would hold nothing."""
    for name in _NEVER:
        importlib.import_module(name)
    assert among({"nskeys.archive.age.file", "nskeys.archive.ages"}, ["nskeys.archive.age"]) == [
        "nskeys.archive.age.file"
    ]
