"""Bitwarden's JSON: every type of item, several URIs, and what must be refused."""

import json
from pathlib import Path

import pytest

from nskeys.errors import BadRow, ImportUnreadable, SecretUnavailable
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

VECTORS = Path(__file__).parents[2] / "vectors" / "exports"


def vector(name: str) -> ParsedExport:
    return read_export(name, (VECTORS / name).read_bytes())


def counted(found: ParsedExport) -> set[tuple[str, int]]:
    return {(field.field, field.rows) for field in found.dropped}


def read(*items: object) -> ParsedExport:
    document = {"encrypted": False, "folders": [], "items": items}
    return read_export("export.json", json.dumps(document).encode("utf-8"))


def test_json_and_csv_of_one_vault_give_the_same_entries() -> None:
    as_json, as_csv = vector("bitwarden.json"), vector("bitwarden.csv")
    assert as_json.format is ImportFormat.BITWARDEN_JSON
    assert [
        (entry.row, entry.group, entry.title, entry.username, entry.url, entry.notes, entry.secret.text())
        for entry in as_json.rows
    ] == [
        (entry.row, entry.group, entry.title, entry.username, entry.url, entry.notes, entry.secret.text())
        for entry in as_csv.rows
    ]
    assert as_json.bad == ()


def test_totp_passkeys_custom_fields_and_history_are_counted_as_dropped() -> None:
    assert counted(vector("bitwarden.json")) == {
        ("login.totp", 1),
        ("login.uris", 1),
        ("login.fido2Credentials", 1),
        ("fields", 1),
        ("passwordHistory", 1),
        ("favorite", 1),
        ("reprompt", 1),
        ("creationDate", 6),
        ("revisionDate", 6),
    }


def test_cards_identities_notes_ssh_keys_and_trash_are_named_and_not_taken() -> None:
    found = vector("bitwarden-mixed.json")
    assert found.bad == (
        BadRow(2, "door code", "type", FieldProblem.NOT_A_LOGIN),
        BadRow(3, "fuel card", "type", FieldProblem.NOT_A_LOGIN),
        BadRow(4, "night shift", "type", FieldProblem.NOT_A_LOGIN),
        BadRow(5, "jump host", "type", FieldProblem.NOT_A_LOGIN),
    )
    assert [entry.title for entry in found.rows if entry.deleted is Deleted.YES] == ["trashed"]
    assert [entry.title for entry in found.rows if entry.deleted is Deleted.NO] == ["emea-ns02", "intranet"]


def test_an_organization_has_collections_and_the_first_one_counts() -> None:
    found = vector("bitwarden-organization.json")
    assert [(entry.group, entry.title) for entry in found.rows] == [("Hierarchy", "emea-ns02")]
    assert ("collectionIds", 1) in counted(found)


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        ({"passwordProtected": True, "data": "2.x"}, "encrypted"),
        ({"items": [{"type": 1}]}, "account_restricted"),
    ],
)
def test_an_encrypted_export_that_no_password_opens_is_told(
    marker: dict[str, object], problem: str
) -> None:
    data = json.dumps({"encrypted": True, **marker}).encode()
    with pytest.raises(ImportUnreadable) as caught:
        read_export("export.json", data)
    assert (caught.value.source, caught.value.problem) == ("export.json", problem)


def test_an_export_under_a_password_is_not_read_without_one() -> None:
    with pytest.raises(SecretUnavailable):
        vector("bitwarden-encrypted.json")


def test_null_is_nothing() -> None:
    login = {"uris": None, "username": None, "password": None, "totp": None}
    found = read({"type": 1, "name": "bare", "notes": None, "folderId": None, "login": login})
    entry = found.rows[0]
    assert (entry.group, entry.username, entry.url, entry.notes) == ("", "", "", "")
    assert len(entry.secret) == 0


def test_an_item_without_its_login_is_read_as_empty() -> None:
    assert read({"type": 1, "name": "bare"}).rows[0].username == ""


def test_uris_that_say_nothing_are_passed_over() -> None:
    uris = [{"uri": None}, {"uri": ""}, {"uri": "pc-1"}]
    found = read({"type": 1, "name": "pc", "login": {"uris": uris}})
    assert (found.rows[0].url, found.dropped) == ("pc-1", ())


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"name": 7}, "name"),
        ({"notes": ["x"]}, "note"),
        ({"login": {"username": 7}}, "account"),
        ({"login": {"password": 4711}}, "secret"),
        ({"login": {"uris": ["https://x"]}}, "target"),
    ],
)
def test_what_should_be_text_and_is_not_makes_its_row_bad(item: dict[str, object], field: str) -> None:
    found = read({"type": 1, "name": "odd", **item})
    assert [(bad.row, bad.field, bad.problem) for bad in found.bad] == [(1, field, "wrong_type")]
    assert len(found.rows) == 0


def test_a_password_that_is_no_unicode_makes_its_row_bad() -> None:
    found = read({"type": 1, "name": "odd", "login": {"password": "\ud800"}})
    assert found.bad == (BadRow(1, "odd", "secret", FieldProblem.NOT_TEXT),)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("text", "not_an_object"),
        (None, "not_an_object"),
        ({"type": "1"}, "not_a_login"),
        ({}, "not_a_login"),
    ],
)
def test_an_item_of_no_known_shape_is_bad(item: object, problem: str) -> None:
    assert [bad.problem for bad in read(item).bad] == [problem]


def test_a_list_of_items_alone_is_not_bitwardens() -> None:
    for document in ({"encrypted": True}, {"items": [{"type": 1}]}, {"encrypted": 0, "items": []}):
        with pytest.raises(ImportUnreadable) as caught:
            read_export("x", json.dumps(document).encode())
        assert caught.value.problem == "unknown_format"


def test_items_have_to_be_a_list() -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", b'{"encrypted": false, "items": {}}')
    assert caught.value.problem == "unknown_format"
