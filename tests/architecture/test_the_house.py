"""The house stays easy to see. Style, types and floors are a step of their own in CI (.ci/run)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("package", ["nskeys", "nskeys.bootstrap", "nskeys.cli"])
def test_the_core_runs_without_a_front_end(package: str) -> None:
    script = (
        "import importlib, pkgutil, sys\n"
        f"top = importlib.import_module({package!r})\n"
        "for module in pkgutil.walk_packages(getattr(top, '__path__', []), top.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(sorted({'textual', 'rich', 'nskeys_tui'} & {name.split('.')[0] for name in sys.modules}))\n"
    )
    assert _run(sys.executable, "-c", script).strip() == "[]"


def test_only_what_the_card_allows_lies_at_the_top() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders <= {"core", "tui", "tests", "screenshots", "__pycache__", "dist"}
    assert not (ROOT / "core" / "__init__.py").exists()
    assert not (ROOT / "tui" / "__init__.py").exists()


def test_one_file_is_one_thing() -> None:
    """300 lines are a reason to look; nothing but the errors, their reasons and the reader, which lies in
    each archive as one file, may pass 420."""
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("core", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    reader = "core/nskeys/archive/reader/open_kms.py"
    assert set(long) <= {"core/nskeys/errors.py", "core/nskeys/reasons.py", reader}


def test_the_second_reader_knows_nothing_of_the_program() -> None:
    """What core/FORMAT.md leaves open shows only where a reader has nothing else to look at."""
    allowed = {*sys.stdlib_module_names, "cryptography", "pytest", "shamir_mnemonic.wordlist"}
    for path in (ROOT / "tests" / "second_reader").glob("*.py"):
        for name in _imported(ast.parse(path.read_text("utf-8"))):
            own = name.startswith("tests.second_reader")
            assert own or name in allowed or name.partition(".")[0] in allowed, f"{path.name}: {name}"


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
