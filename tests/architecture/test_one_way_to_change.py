"""Services change things through `services/transaction.py` alone: whoever goes past it is named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SERVICES = ROOT / "core/nskeys/services"
_THE_WAY = tuple(_SERVICES / f"{name}.py" for name in ("transaction", "one_change", "settling"))
_RESERVED = frozenset({"changing", "hold", "key_store.sweep", "key_store.publish", "set_checkpoint"})
"""What opens a transaction, takes the lock, finishes what a killed predecessor left, and signs."""


def _used(source: str) -> Iterator[str]:
    """The names above that a module calls, and `sign` where it signs as `checkpoint`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            yield from _RESERVED & {node.attr, f"{owner}.{node.attr}"}
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "sign"
            and any(_is_label(part) for part in node.args)
        ):
            yield "sign"


def _is_label(part: ast.expr) -> bool:
    return (isinstance(part, ast.Constant) and part.value == "checkpoint") or (
        isinstance(part, ast.Name) and part.id == "LABEL"
    )


def test_no_service_locks_writes_or_signs_past_it() -> None:
    found = {
        str(path.relative_to(_SERVICES)): used
        for path in _SERVICES.rglob("*.py")
        if path not in _THE_WAY and (used := set(_used(path.read_text("utf-8"))))
    }
    assert found == {}


def test_all_of_it_is_there() -> None:
    used = {name for path in _THE_WAY for name in _used(path.read_text("utf-8"))}
    assert used == _RESERVED | {"sign"}


@pytest.mark.parametrize(
    "line",
    [
        "with installation.cmdb.changing(event) as change: pass",
        "with self._installation.lock.hold('changing'): pass",
        "hold = installation.lock.hold",
        "change.set_checkpoint(before, after)",
        "installation.key_store.publish(store_id)",
        "sign(server_key, 'checkpoint', document)",
        "sign(server_key, LABEL, document)",
        "installation.key_store.sweep()",
    ],
)
def test_whoever_goes_past_it_is_found(line: str) -> None:
    assert set(_used(line))
