"""nskeys' own JSON: what `credential list --json` prints, with a secret in each object.

    [{"kind": "run-as", "name": "deploy-finance", "target": "finance-*",
      "account": "CORP\\\\svc-deploy", "note": "", "secret": "..."}, ...]

`{"credentials": [...]}` and one object alone (`credential show --reveal --json`) are read too. `name`,
`target`, `account` and `secret` have to be there; `note` may be missing, `kind` where `--kind` says it.
The secret may be empty, but it has to be said: a list without secrets is not a set of empty passwords.
Values are taken as they are, nothing is derived. Whatever else an object holds (`id`, `key_id`, `state`,
`created`, `updated`) belongs to the installation it came from and is dropped.
"""

from nskeys.imports.parsing import Collector, Value, text_of
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

_REQUIRED = ("name", "target", "account", "secret")
_OPTIONAL = ("kind", "note")
_TAKEN = frozenset({*_REQUIRED, *_OPTIONAL})


def matches(value: Value) -> bool:
    """Return whether this is nskeys' own: an empty list counts, a list of other things does not."""
    entries = _entries(value)
    return entries is not None and (not entries or any(map(_is_credential, entries)))


def read(source: str, value: Value) -> ParsedExport:
    """Return every credential of a list that `matches`; what is no credential is a bad row."""
    findings = Collector(source, ImportFormat.NSKEYS_JSON)
    for row, entry in enumerate(_entries(value) or (), 1):
        if isinstance(entry, dict):
            _read_entry(findings, row, entry)
        else:
            findings.refuse(row, "", "row", FieldProblem.NOT_AN_OBJECT)
    return findings.parsed()


def _entries(value: Value) -> list[Value] | None:
    if _is_credential(value):
        return [value]
    if isinstance(value, dict):
        value = value.get("credentials")
    return value if isinstance(value, list) else None


def _is_credential(value: Value) -> bool:
    return isinstance(value, dict) and {"name", "account"} <= value.keys()


def _read_entry(findings: Collector, row: int, entry: dict[str, Value]) -> None:
    title = text_of(entry.get("name")) or ""
    texts: dict[str, str] = {}
    for field in (*_REQUIRED, *_OPTIONAL):
        text = text_of(entry.get(field))
        if text is None:
            findings.refuse(row, title, field, FieldProblem.WRONG_TYPE)
            return
        if field in _REQUIRED and entry.get(field) is None:
            findings.refuse(row, title, field, FieldProblem.MISSING)
            return
        texts[field] = text
    findings.drop(title, (name for name, value in entry.items() if value and name not in _TAKEN))
    findings.take(
        row,
        group="",
        title=texts["name"],
        username=texts["account"],
        url=texts["target"],
        notes=texts["note"],
        secret=texts["secret"],
        kind=texts["kind"],
    )
