"""The house stays easy to see. Style, types and floors are a step of their own in CI (.ci/run)."""

import subprocess
import sys
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
    """300 lines are a reason to look; nothing but the errors and their reasons may pass 420."""
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("core", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert set(long) <= {"core/nskeys/errors.py", "core/nskeys/reasons.py"}
