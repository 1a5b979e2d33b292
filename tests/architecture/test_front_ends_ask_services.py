"""Front ends ask services, and never reach through one to the ports behind it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_FRONT_ENDS = ("core/nskeys/cli", "tui/nskeys_tui")
_BEHIND = "nskeys.services.installation"


def _reached(source: str) -> Iterator[str]:
    """Where a module takes an installation: as an attribute, private or not, or by its class."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr.lstrip("_") == "installation":
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module == _BEHIND:
            yield _BEHIND
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name == _BEHIND)


def test_no_front_end_reaches_through_the_services() -> None:
    modules = [path for folder in _FRONT_ENDS for path in (ROOT / folder).rglob("*.py")]
    assert len(modules) > 50
    found = {
        str(path.relative_to(ROOT)): reached
        for path in modules
        if (reached := set(_reached(path.read_text("utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "services.installation.require()",
        "cmdb = self._session.services.installation.cmdb",
        "services.credentials._installation.cmdb",
        "from nskeys.services.installation import Installation",
        "import nskeys.services.installation",
    ],
)
def test_whoever_does_is_found(line: str) -> None:
    assert set(_reached(line))
