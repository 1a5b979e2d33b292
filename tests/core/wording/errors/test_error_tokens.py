"""Every token that some module gives to an error has words of its own."""

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nskeys
from nskeys import errors
from nskeys.errors import NskeysError
from nskeys.wording.errors import say
from tests.core.wording.samples import error_classes, sample

TOKEN_FIELDS = ("problem", "reason", "wanted", "what")
NONSENSE = "zq_zq"


HELPERS = {
    "Malformed": (errors.BackupDamaged, 0),
    "HeaderInvalid": (errors.BackupDamaged, 0),
    "ZipInvalid": (errors.BackupDamaged, 0),
    "damaged": (errors.CmdbDamaged, 1),
    "_invalid": (errors.ConfigurationInvalid, 0),
    "refuse": (errors.FieldInvalid, 3),
}
"""What modules use among themselves to make one of our errors, and where the problem's token stands."""

TABLES = {
    ("files.py", "_PROBLEMS"): (errors.CannotCreate, errors.FileUnreadable),
    ("protectors/systemd_creds.py", "_REASONS"): (errors.ProtectorUnavailable,),
    ("store/cmdb/postgres.py", "_DAMAGED"): (errors.CmdbDamaged,),
    ("store/cmdb/postgres.py", "_UNREACHABLE"): (errors.CmdbUnreachable,),
    ("store/cmdb/sqlite.py", "_UNREACHABLE"): (errors.CmdbUnreachable,),
}
"""Where a module looks up what went wrong, and the errors that then carry the token."""

ROOT = Path(nskeys.__file__).parent
Given = tuple[type[NskeysError], str, str]


def _given(name: str, call: ast.Call) -> Iterator[Given]:
    if name in HELPERS:
        cls, place = HELPERS[name]
        values: list[tuple[str | None, ast.expr]] = [
            ("problem", arg) for arg in call.args[place : place + 1]
        ]
    else:
        cls = getattr(errors, name)
        fields = [field.name for field in dataclasses.fields(cls)]
        values = [*zip(fields, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    for field, value in values:
        for node in ast.walk(value):
            if field in TOKEN_FIELDS and isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield cls, field or "", node.value


def _calls() -> list[tuple[str, ast.Call]]:
    """Every call, anywhere in nskeys, that makes one of our errors."""
    names = {cls.__name__ for cls in error_classes()} | HELPERS.keys()
    found = []
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
                if name in names:
                    found.append((name, node))
    return found


def _table(file: str, name: str) -> list[str]:
    """The tokens that a module's table leads to: the values of a dict, or the last of each row."""
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            if isinstance(node.value, ast.Dict):
                return [str(ast.literal_eval(value)) for value in node.value.values]
            return [str(row[-1]) for row in ast.literal_eval(node.value)]
    return []


def _is_worded(cls: type[NskeysError], field: str, token: str) -> bool:
    """Whether a token has words of its own, rather than being spelt out as it is."""
    said, spelt = (say(sample(cls, "", given={field: value})).what for value in (token, NONSENSE))
    plain = re.sub("zq[_ ]zq", token.replace("_", " "), spelt)
    return said != plain


def test_every_token_that_the_program_can_raise_has_words() -> None:
    found = {given for name, call in _calls() for given in _given(name, call)}
    assert len(found) > 60
    missing = sorted(
        f"{cls.__name__}({field}={token!r})"
        for cls, field, token in found
        if token and not _is_worded(cls, field, token)
    )
    assert missing == []


@pytest.mark.parametrize("table", TABLES, ids=":".join)
def test_every_token_of_a_module_s_table_has_words(table: tuple[str, str]) -> None:
    tokens = _table(*table)
    assert tokens
    for cls in TABLES[table]:
        field = "reason" if cls is errors.ProtectorUnavailable else "problem"
        assert [token for token in tokens if not _is_worded(cls, field, token)] == []


def test_every_helper_that_makes_errors_is_still_there() -> None:
    assert {name for name, _ in _calls()} >= HELPERS.keys()


def test_the_judge_of_tokens_sees_a_token_without_words() -> None:
    assert not _is_worded(errors.CannotCreate, "problem", "too_blue")
    assert _is_worded(errors.CannotCreate, "problem", "no_space")


def test_a_token_without_words_is_still_readable() -> None:
    assert say(errors.CannotCreate("/m", "too_blue")).what == "/m cannot be written: too blue."
