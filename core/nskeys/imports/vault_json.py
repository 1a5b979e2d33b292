"""JSON of a KV store of HashiCorp Vault or OpenBao: what `vault kv get -format=json PATH` prints for one
secret, and the object of paths that exporters of whole stores write.

    {"request_id": "...", "data": {"data": {"username": "...", "password": "..."}, "metadata": {...}}}
    {"secret/run-as/till": {"username": "...", "password": "..."}, ...}
    {"secret": {"run-as": {"till": {"username": "...", "password": "..."}}}}

A secret is an object of texts, one of them called like a password. Its path is its group and its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nskeys.imports.parsing import Collector, Value
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

_ACCOUNT = ("username", "user", "account", "login")
_SECRET = ("password", "passwd", "secret", "value")
_TARGET = ("url", "target", "host", "server", "address")
_NOTE = ("note", "notes", "comment", "description")
_NAME = ("name", "title")
DEPTH_LIMIT = 64


@dataclass(frozen=True, slots=True)
class _Secret:
    path: str
    values: dict[str, Value]


def matches(value: Value) -> bool:
    """Return whether it is one secret as the program prints it, or an object of paths that leads to
    secrets and to nothing else."""
    if not isinstance(value, dict) or not value:
        return False
    if _printed(value) is not None:
        return True
    return all(isinstance(inner, dict) for inner in value.values()) and _leads_to_secrets(value, 0)


def read(source: str, value: Value) -> ParsedExport:
    """Return every secret; one without a password is reported by name."""
    findings = Collector(source, ImportFormat.VAULT_JSON)
    if not isinstance(value, dict):
        return findings.parsed()
    one = _printed(value)
    found = [_Secret("", one)] if one is not None else _secrets(value, "")
    for row, secret in enumerate(found, 1):
        _read_secret(findings, row, secret)
    return findings.parsed()


def _printed(value: dict[str, Value]) -> dict[str, Value] | None:
    """Return the secret of an answer of the program: version 2 of KV wraps it once more."""
    data = value.get("data")
    if "lease_id" not in value or not isinstance(data, dict):
        return None
    inner = data.get("data")
    return inner if isinstance(inner, dict) and "metadata" in data else data


def _leads_to_secrets(value: dict[str, Value], depth: int) -> bool:
    if depth > DEPTH_LIMIT:
        return False
    if _is_secret(value):
        return any(name.casefold() in _SECRET for name in value)
    inner = [item for item in value.values() if isinstance(item, dict)]
    return (
        len(inner) == len(value)
        and bool(inner)
        and any(_leads_to_secrets(item, depth + 1) for item in inner)
    )


def _is_secret(value: dict[str, Value]) -> bool:
    return bool(value) and not any(isinstance(item, dict | list) for item in value.values())


def _secrets(value: dict[str, Value], above: str) -> Iterator[_Secret]:
    for name, inner in value.items():
        path = f"{above}/{name.strip('/')}" if above else name.strip("/")
        if not isinstance(inner, dict):
            yield _Secret(path, {})
        elif _is_secret(inner):
            yield _Secret(path, inner)
        else:
            yield from _secrets(inner, path)


def _read_secret(findings: Collector, row: int, secret: _Secret) -> None:
    group, _, last = secret.path.rpartition("/")
    by_name = {name.casefold(): name for name in secret.values}
    used: set[str] = set()

    def first(names: tuple[str, ...]) -> Value:
        name = next((by_name[name] for name in names if name in by_name), None)
        used.add(name or "")
        return secret.values[name] if name is not None else ""

    title = first(_NAME)
    texts = {
        "account": first(_ACCOUNT),
        "secret": first(_SECRET),
        "target": first(_TARGET),
        "note": first(_NOTE),
    }
    named = title if isinstance(title, str) and title else last
    for field, text in texts.items():
        if not isinstance(text, str):
            findings.refuse(row, named, field, FieldProblem.WRONG_TYPE)
            return
    findings.drop(named, (name for name, value in secret.values.items() if value and name not in used))
    findings.take(
        row,
        group=group,
        title=named,
        username=str(texts["account"]),
        url=str(texts["target"]),
        notes=str(texts["note"]),
        secret=str(texts["secret"]),
    )
