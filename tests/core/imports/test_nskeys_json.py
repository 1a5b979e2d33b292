"""nskeys' own JSON, as `credential list --json` prints it with secrets added."""

import json
from pathlib import Path

import pytest

from nskeys.errors import BadRow, ImportUnreadable
from nskeys.imports.detect import read_export
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

VECTORS = Path(__file__).parents[2] / "vectors" / "exports"
ONE = {"kind": "run-as", "name": "deploy", "target": "finance-*", "account": "svc", "secret": "s"}


def read(document: object) -> ParsedExport:
    return read_export("own.json", json.dumps(document).encode("utf-8"))


def test_a_list_with_secrets_is_read() -> None:
    found = read_export("nskeys.json", (VECTORS / "nskeys.json").read_bytes())
    assert found.format is ImportFormat.NSKEYS_JSON
    assert [(entry.kind, entry.title, entry.url, entry.username) for entry in found.rows] == [
        ("hierarchy", "emea-ns02", "https://ns02.emea.example.net/Altiris", "CORP\\svc-repl"),
        ("pcanywhere", "kiosk-7", "kiosk-7.example.net:5632", "support"),
        ("run-as", "deploy", "finance-*", "CORP\\svc-deploy"),
    ]
    assert [entry.secret.text() for entry in found.rows] == ['Tr0ub4dor&3, "zwei"', "", "密码-пароль-🔑"]
    assert found.rows[0].notes == "Replication only.\nAsk the EMEA desk."


def test_what_belongs_to_the_old_installation_is_dropped() -> None:
    found = read_export("nskeys.json", (VECTORS / "nskeys.json").read_bytes())
    names = ("id", "key_id", "state", "created", "updated")
    assert [(field.field, field.rows) for field in found.dropped] == [(name, 1) for name in names]


@pytest.mark.parametrize("document", [[ONE], {"credentials": [ONE]}, ONE])
def test_a_list_an_object_around_it_and_one_credential_alone_are_the_same(document: object) -> None:
    found = read(document)
    assert [(entry.row, entry.title, entry.secret.text()) for entry in found.rows] == [(1, "deploy", "s")]


def test_a_list_without_secrets_is_not_a_set_of_empty_passwords() -> None:
    found = read([{name: value for name, value in ONE.items() if name != "secret"}])
    assert found.bad == (BadRow(1, "deploy", "secret", FieldProblem.MISSING),)
    assert read([{**ONE, "secret": None}]).bad == (BadRow(1, "deploy", "secret", FieldProblem.MISSING),)
    assert read([{**ONE, "secret": ""}]).bad == ()


@pytest.mark.parametrize("field", ["name", "target", "account", "secret"])
def test_what_has_to_be_there_is_asked_for(field: str) -> None:
    without = {name: value for name, value in ONE.items() if name != field}
    found = read([ONE, without])
    assert [(bad.row, bad.field, bad.problem) for bad in found.bad] == [(2, field, "missing")]


@pytest.mark.parametrize("field", [*ONE, "note"])
def test_what_is_no_text_makes_its_row_bad(field: str) -> None:
    found = read([{**ONE, field: 4711}])
    assert [(bad.field, bad.problem) for bad in found.bad] == [(field, "wrong_type")]


def test_an_entry_that_is_no_object_is_bad() -> None:
    assert read([ONE, "text"]).bad == (BadRow(2, "", "row", FieldProblem.NOT_AN_OBJECT),)


def test_a_title_that_nobody_could_print_is_named_all_the_same() -> None:
    found = read([{**ONE, "name": "a\ud800b", "account": 1}])
    assert found.bad[0].title == "a?b"


def test_an_empty_list_holds_nothing() -> None:
    assert len(read([]).rows) == 0


@pytest.mark.parametrize("document", [[1, 2], [{"login": "x"}], {"credentials": {}}, {"a": 1}, {}])
def test_other_json_is_nobodys_export(document: object) -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read(document)
    assert caught.value.problem == "unknown_format"
