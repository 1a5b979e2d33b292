"""1Password's archive: its vaults, tags, trash, and what has no place."""

import io
import json
import zipfile
from typing import Any

import pytest

from nskeys.errors import ImportUnreadable
from nskeys.imports import detect
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport


def item(title: str, secret: Any = "s", category: str = "001", state: str = "active", **more: Any) -> Any:
    fields = [
        {"designation": "username", "value": "LAB\\svc", "fieldType": "T"},
        {"designation": "password", "value": secret, "fieldType": "P"},
    ]
    overview = {"title": title, "url": "pkg", "tags": ["Run-as/EMEA"], **more.pop("overview", {})}
    details = {"loginFields": fields, "notesPlain": "a note", "sections": [], **more}
    return {"state": state, "categoryUuid": category, "details": details, "overview": overview}


def packed(*items: Any) -> bytes:
    document = {"accounts": [{"vaults": [{"attrs": {"name": "Servers"}, "items": list(items)}]}]}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.attributes", '{"version":3}')
        archive.writestr("export.data", json.dumps(document))
    return data.getvalue()


def read(*items: Any) -> ParsedExport:
    return read_export("export.1pux", packed(*items))


def test_every_login_is_read_with_its_vault_and_tags() -> None:
    found = read(item("till", "\u5bc6 7"))
    assert (found.format, found.bad, found.dropped) == (ImportFormat.ONEPUX, (), ())
    (row,) = found.rows
    assert (row.group, row.further, row.title, row.username) == (
        "Servers",
        ("Run-as/EMEA",),
        "till",
        "LAB\\svc",
    )
    assert (row.secret.text(), row.url, row.notes) == ("\u5bc6 7", "pkg", "a note")


def test_what_was_thrown_away_is_marked_and_what_is_no_login_is_named() -> None:
    found = read(item("gone", state="trashed"), item("old", state="archived"), item("card", category="002"))
    assert [(row.title, row.deleted) for row in found.rows] == [("gone", Deleted.YES), ("old", Deleted.NO)]
    assert [(bad.title, bad.problem) for bad in found.bad] == [("card", "not_a_login")]


def test_what_has_no_place_is_counted_by_the_item() -> None:
    urls: Any = {"overview": {"urls": [{"url": "pkg"}, {"url": "other"}]}}
    section = [{"title": "", "fields": [{"title": "one-time password", "value": {"totp": "x"}}]}]
    found = read(item("till", **urls, sections=section, passwordHistory=[{"value": "old"}]), item("desk"))
    assert [(field.field, field.titles) for field in found.dropped] == [
        ("urls", ("till",)),
        ("sections", ("till",)),
        ("passwordHistory", ("till",)),
    ]


@pytest.mark.parametrize("content", ["{}", "[]", '{"accounts": {}}'])
def test_an_archive_without_accounts_is_damaged(content: str) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("export.data", content)
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", data.getvalue())
    assert caught.value.problem == "zip_damaged"


def test_a_password_that_is_no_text_is_a_bad_row() -> None:
    assert [bad.problem for bad in read(item("till", 4711)).bad] == ["wrong_type"]


def test_an_archive_that_grows_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(item("till", "x" * 100_000))
    monkeypatch.setattr(detect, "SIZE_LIMIT", len(data) + 1_000)
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", data)
    assert caught.value.problem == "too_large"
