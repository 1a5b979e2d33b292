"""Services change things through `services/transaction.py` alone: whoever goes past it is named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SERVICES = ROOT / "core/nskeys/services"
_THE_WAY = _SERVICES / "transaction.py"
_RESERVED = frozenset({"changing", "hold", "key_store.sweep", "sign_audit"})
"""What opens a transaction, takes the lock, finishes what a killed predecessor left, and signs."""


def _used(source: str) -> Iterator[str]:
    """The names above that a module calls, and `sign` where it signs as `audit`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            yield from _RESERVED & {node.attr, f"{owner}.{node.attr}"}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "sign"
            and any(isinstance(part, ast.Constant) and part.value == "audit" for part in node.args)
        ):
            yield "sign"


def test_no_service_locks_writes_or_signs_past_it() -> None:
    found = {
        str(path.relative_to(_SERVICES)): used
        for path in _SERVICES.rglob("*.py")
        if path != _THE_WAY and (used := set(_used(path.read_text("utf-8"))))
    }
    assert found == {}


def test_all_of_it_is_there() -> None:
    assert set(_used(_THE_WAY.read_text("utf-8"))) == _RESERVED | {"sign"}


@pytest.mark.parametrize(
    "line",
    [
        "with installation.cmdb.changing(event) as change: pass",
        "with self._installation.lock.hold('changing'): pass",
        "hold = installation.lock.hold",
        "change.sign_audit(head, signature)",
        "sign(server_key, 'audit', document)",
        "installation.key_store.sweep()",
    ],
)
def test_whoever_goes_past_it_is_found(line: str) -> None:
    assert set(_used(line))
