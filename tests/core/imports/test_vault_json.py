"""A KV store of Vault or OpenBao: one secret as it is printed, and a store as exporters write it."""

import json

import pytest

from nskeys.errors import ImportUnreadable
from nskeys.imports.detect import read_export
from nskeys.model.imports import ImportFormat, ParsedExport

TILL = {"username": "LAB\\svc", "password": "\u5bc6 7", "url": "pkg", "note": "a note"}


def read(document: object) -> ParsedExport:
    return read_export("kv.json", json.dumps(document).encode("utf-8"))


@pytest.mark.parametrize(
    "document",
    [
        {"secret/run-as/till": TILL},
        {"secret/": {"run-as/": {"till": TILL}}},
        {"secret": {"run-as": {"till": TILL}}},
    ],
)
def test_a_store_is_read_by_its_paths(document: object) -> None:
    found = read(document)
    assert (found.format, found.bad, found.dropped) == (ImportFormat.VAULT_JSON, (), ())
    (row,) = found.rows
    assert (row.group, row.title, row.username, row.url) == ("secret/run-as", "till", "LAB\\svc", "pkg")
    assert (row.secret.text(), row.notes) == ("\u5bc6 7", "a note")


@pytest.mark.parametrize(
    "data", [{"data": {"name": "till", **TILL}, "metadata": {}}, {"name": "till", **TILL}]
)
def test_one_secret_is_read_as_the_program_prints_it(data: object) -> None:
    found = read({"request_id": "x", "lease_id": "", "data": data, "warnings": None})
    assert [(row.title, row.secret.text()) for row in found.rows] == [("till", "\u5bc6 7")]


def test_further_values_are_counted_and_what_is_no_text_is_a_bad_row() -> None:
    found = read(
        {"run-as": {"till": {**TILL, "otp": "x", "Port": 8443}, "desk": {"user": "u", "password": 7}}}
    )
    assert [(field.field, field.titles) for field in found.dropped] == [
        ("otp", ("till",)),
        ("Port", ("till",)),
    ]
    assert [(bad.title, bad.field, bad.problem) for bad in found.bad] == [("desk", "secret", "wrong_type")]


@pytest.mark.parametrize(
    "document",
    [{}, {"a": {}}, {"a": {"b": "c"}}, {"a": "b"}, {"a": [1]}, {"a": {"password": "x"}, "b": [TILL]}],
)
def test_other_objects_are_no_store(document: object) -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read(document)
    assert caught.value.problem == "unknown_format"
