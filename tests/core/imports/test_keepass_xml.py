"""KeePass' own XML: every entry, its bin by UUID, and what has no place counted by the entry's title."""

from xml.sax.saxutils import escape

import pytest

from nskeys.errors import ImportUnreadable
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport

BIN = "AQIDBAUGBwgJCgsMDQ4PEA=="


def entry(title: str, secret: str = "s", more: str = "", protected: str = "", **strings: str) -> str:
    values = {
        "Title": title,
        "UserName": "LAB\\svc",
        "Password": secret,
        "URL": "pkg",
        "Notes": "",
        **strings,
    }
    told = "".join(
        f"<String><Key>{key}</Key>"
        f"<Value{protected if key == 'Password' else ''}>{escape(value)}</Value></String>"
        for key, value in values.items()
    )
    return f"<Entry>{told}{more}</Entry>"


def group(name: str, *inner: str, uuid: str = "AAAA") -> str:
    return f"<Group><UUID>{uuid}</UUID><Name>{escape(name)}</Name>{''.join(inner)}</Group>"


def read(*groups: str, enabled: str = "True", bin_id: str = BIN) -> ParsedExport:
    meta = f"<RecycleBinEnabled>{enabled}</RecycleBinEnabled><RecycleBinUUID>{bin_id}</RecycleBinUUID>"
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<KeePassFile><Meta>{meta}</Meta>'
        f"<Root>{group('IT/OT', *groups)}</Root></KeePassFile>"
    )
    return read_export("export.xml", text.encode("utf-8"))


def test_every_entry_is_read_with_its_path_and_its_secret_as_it_is() -> None:
    found = read(group("Run-as", entry("till", ' <&"> \u5bc6\n7 ')), entry("root"))
    assert found.format is ImportFormat.KEEPASS_XML
    assert [(row.group, row.title, row.username, row.url) for row in found.rows] == [
        ("IT/OT", "root", "LAB\\svc", "pkg"),
        ("IT/OT/Run-as", "till", "LAB\\svc", "pkg"),
    ]
    assert found.rows[1].secret.text() == ' <&"> \u5bc6\n7 '


def test_the_bin_is_known_by_its_id_and_not_by_its_name() -> None:
    mine = group("Old things", entry("gone"), group("Run-as", entry("gone too")), uuid=BIN)
    found = read(mine, group("Recycle Bin", entry("kept")))
    assert {row.title: row.deleted for row in found.rows} == {
        "gone": Deleted.YES,
        "gone too": Deleted.YES,
        "kept": Deleted.NO,
    }
    assert read(mine, enabled="False").rows[0].deleted is Deleted.NO


def test_fields_attachments_and_history_are_counted_by_their_entry() -> None:
    more = "<Binary><Key>a</Key></Binary><History><Entry/></History>"
    found = read(group("Run-as", entry("till", more=more, otp="x", empty=""), entry("desk")))
    assert [(field.field, field.rows, field.titles) for field in found.dropped] == [
        ("otp", 1, ("till",)),
        ("attachments", 1, ("till",)),
        ("history", 1, ("till",)),
    ]


def test_references_and_values_that_are_still_encrypted_are_bad_rows() -> None:
    found = read(entry("a", "{REF:P@I:0C6F}"), entry("b", "q83v", protected=' Protected="True"'))
    assert [(bad.title, bad.field, bad.problem) for bad in found.bad] == [
        ("a", "secret", "reference"),
        ("b", "secret", "still_encrypted"),
    ]


def test_groups_without_end_are_refused() -> None:
    nested = entry("x")
    for _ in range(200):
        nested = group("g", nested)
    with pytest.raises(ImportUnreadable) as caught:
        read(nested)
    assert caught.value.problem == "xml_syntax"
