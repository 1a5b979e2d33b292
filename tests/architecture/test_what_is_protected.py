"""The README's table *What is protected against what*: each row names what shows it, and that is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _rows(file: str, heading: str) -> dict[str, str]:
    """Return the second cell of each row below a heading, by its first."""
    text = (ROOT / file).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", section, flags=re.MULTILINE)
    return dict(rows[1:])


PROMISED = _rows("README.md", "What is protected against what")
SHOWN = _rows("SECURITY.md", "What shows it")


def test_every_row_says_what_shows_it() -> None:
    assert list(SHOWN) == list(PROMISED)
    assert len(PROMISED) > 20
    unprotected = [what for what, cost in PROMISED.items() if cost.startswith("not protected")]
    assert [what for what, tests in SHOWN.items() if "::" not in tests] == unprotected


def test_what_shows_a_row_is_a_test() -> None:
    for tests in SHOWN.values():
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests):
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert name in functions, f"{path} has no {name}"
