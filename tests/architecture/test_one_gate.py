"""Expensive derivations are called in one place, behind one gate: whoever calls one elsewhere is named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_WORDS = frozenset(
    {"Argon2id", "Argon2i", "Argon2d", "Scrypt", "PBKDF2HMAC", "pbkdf2_hmac", "pyrage", "argon2"}
)
"""Names by which the libraries derive keys from passwords; `scrypt` itself is looked for in `hashlib`."""
_READERS = ROOT / "core/nskeys/archive/reader"
"""What stands inside archives: it runs by itself, in a process of its own, and can import nothing."""
_ALLOWED = {
    "core/nskeys/crypto/kdf.py": {"Argon2id", "Scrypt", "argon2", "pbkdf2_hmac", "scrypt"},
    "core/nskeys/archive/cross_check.py": {"pyrage"},
}


def _used(source: str) -> Iterator[str]:
    """The names above that a module imports, or takes as an attribute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".")
            yield from (part for part in parts if part in _WORDS)
            yield from (alias.name for alias in node.names if alias.name in _WORDS)
            yield from (
                "scrypt" for alias in node.names if node.module == "hashlib" and alias.name == "scrypt"
            )
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split(".") if part in _WORDS)
        elif isinstance(node, ast.Attribute):
            if node.attr in _WORDS - {"argon2"}:  # the costs of one are a field of that name
                yield node.attr
            if node.attr == "scrypt" and isinstance(node.value, ast.Name) and node.value.id == "hashlib":
                yield "scrypt"


def test_nobody_derives_a_key_from_a_password_past_the_gate() -> None:
    found = {
        str(path.relative_to(ROOT)): used
        for folder in ("core", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if _READERS not in path.parents and (used := set(_used(path.read_text("utf-8"))))
    }
    beyond = {name: used - _ALLOWED.get(name, set()) for name, used in found.items()}
    assert {name: used for name, used in beyond.items() if used} == {}
    assert set(found) == set(_ALLOWED)


@pytest.mark.parametrize(
    "line",
    [
        "import pyrage",
        "from pyrage import passphrase",
        "import hashlib\nhashlib.scrypt(b'')",
        "from hashlib import scrypt",
        "from cryptography.hazmat.primitives.kdf.scrypt import Scrypt",
        "from cryptography.hazmat.primitives.kdf import argon2",
        "import hashlib\nhashlib.pbkdf2_hmac('sha256', b'', b'', 1)",
    ],
)
def test_whoever_does_is_found(line: str) -> None:
    assert set(_used(line))


def _calls_inside_the_gate(module: str, callee: str) -> tuple[int, int]:
    """How often a module calls `callee`, and how many of these calls stand in `with one_derivation()`."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))

    def calls(node: ast.AST) -> int:
        return sum(
            isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == callee
            for part in ast.walk(node)
        )

    gates = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and any("one_derivation()" in ast.unparse(item) for item in node.items)
    ]
    return calls(tree), sum(map(calls, gates))


@pytest.mark.parametrize(
    ("module", "callee", "times"),
    [
        ("core/nskeys/crypto/kdf.py", "derive", 3),  # HKDF is cheap and waits for nobody
        ("core/nskeys/crypto/kdf.py", "pbkdf2_hmac", 1),
        ("core/nskeys/archive/cross_check.py", "run", 1),
    ],
)
def test_those_who_may_do_it_behind_the_gate(module: str, callee: str, times: int) -> None:
    assert _calls_inside_the_gate(module, callee) == (times, 2 if callee == "derive" else 1)


def test_the_process_that_opens_databases_waits_at_the_gate_too() -> None:
    """What derives there is the library's; that it is asked inside the gate is all that can be seen."""
    tree = ast.parse((ROOT / "core/nskeys/imports/kdbx.py").read_text("utf-8"))
    gates = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "one_derivation()" in ast.unparse(node.items[0])
    ]
    asked = [
        part
        for gate in gates
        for part in ast.walk(gate)
        if isinstance(part, ast.Call) and ast.unparse(part.func) == "ask"
    ]
    everywhere = [
        part for part in ast.walk(tree) if isinstance(part, ast.Call) and ast.unparse(part.func) == "ask"
    ]
    assert len(asked) == len(everywhere) == 1
