"""Recognising an export by its content, refusing everything else in one clear way."""

import bz2
import csv
import gc
import gzip
import io
import json
import lzma
import traceback
import zipfile
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.errors import ImportUnreadable
from nskeys.imports import detect, parsing
from nskeys.imports.detect import read_export
from nskeys.model.imports import ImportFormat, ParsedExport, Reading
from tests.fakes.examples import examples

VECTORS = Path(__file__).parents[2] / "vectors" / "exports"
KEEPASSXC = ["Group", "Title", "Username", "Password", "URL", "Notes"]
HEADER = ",".join(KEEPASSXC)
SECRET = "t0p-secret-4711"

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


def problem_of(data: bytes) -> tuple[str, int]:
    with pytest.raises(ImportUnreadable) as caught:
        read_export("some file", data)
    assert caught.value.source == "some file"
    return caught.value.problem, caught.value.line


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("keepassxc.csv", ImportFormat.KEEPASSXC_CSV),
        ("bitwarden.csv", ImportFormat.BITWARDEN_CSV),
        ("bitwarden-organization.csv", ImportFormat.BITWARDEN_CSV),
        ("bitwarden.json", ImportFormat.BITWARDEN_JSON),
        ("bitwarden-organization.json", ImportFormat.BITWARDEN_JSON),
        ("nskeys.json", ImportFormat.NSKEYS_JSON),
    ],
)
def test_a_format_is_known_by_its_content_whatever_the_file_is_called(
    name: str, form: ImportFormat
) -> None:
    data = (VECTORS / name).read_bytes()
    assert read_export("no-extension", data).format is form


@pytest.mark.parametrize("name", ["keepassxc.csv", "bitwarden.csv", "bitwarden.json", "nskeys.json"])
def test_a_byte_order_mark_changes_nothing(name: str) -> None:
    data = (VECTORS / name).read_bytes()
    plain, marked = read_export(name, data), read_export(name, b"\xef\xbb\xbf" + data)
    assert [(entry.group, entry.title) for entry in marked.rows] == [
        (entry.group, entry.title) for entry in plain.rows
    ]
    assert marked.dropped == plain.dropped


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("marked", [True, False])
def test_utf_16_of_a_spreadsheet_is_read_and_said(encoding: str, marked: bool) -> None:
    mark = {"utf-16": "", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}[encoding] if marked else ""
    text = f"{mark}{HEADER}\r\nRun-as,deploy,svc,密码-7,finance,\r\n"
    found = read_export("x", text.encode(encoding))
    assert (found.encoding, found.rows[0].secret.text()) == ("utf-16", "密码-7")


def test_a_code_page_is_asked_for_with_the_line_and_read_where_it_is_named() -> None:
    data = f"{HEADER}\na,b,c,d,e,f\nRun-as,deploy,svc,Zürich€,,\n".encode("cp1252")
    assert problem_of(data) == ("code_page", 3)
    assert problem_of(data + b"\0") == ("unknown_format", 0)
    found = read_export("x", data, Reading("cp1252"))
    assert (found.encoding, found.rows[1].secret.text()) == ("cp1252", "Zürich€")
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", data + b"\x81", Reading("cp1252"))
    assert (caught.value.problem, caught.value.line) == ("not_in_encoding", 4)
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", HEADER.encode("utf-16"), Reading("cp1252"))
    assert caught.value.problem == "utf16"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_separators_alone(encoding: str) -> None:
    rows = "".join(f"\u79d8\u5bc6{n},\u540d\u524d,\u7269\r\n" for n in range(9))
    columns = (("name", "\u540d\u524d"), ("account", "\u8005"), ("secret", "\u79d8\u5bc6"))
    text = "\u79d8\u5bc6,\u540d\u524d,\u8005\r\n" + rows
    found = read_export("x", text.encode(encoding), Reading(columns=columns))
    assert (found.encoding, len(found.rows), found.rows[0].secret.text()) == ("utf-16", 9, "\u79d8\u5bc60")
    assert problem_of(f"{HEADER}\n".encode("utf-16") + b"x")[0] == "not_in_encoding"


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-15", "gbk"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_not_read_in_a_code_page_which_would_change_it(encoding: str, mark: bytes) -> None:
    data = mark + f"{HEADER}\nRun-as,deploy,svc,Z\u00fcrich,,\n".encode()
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", data, Reading(encoding))
    assert caught.value.problem == "utf8"
    assert read_export("x", data, Reading("utf-8")).rows[0].secret.text() == "Z\u00fcrich"
    assert len(read_export("x", f"{HEADER}\nRun-as,a,b,c,,\n".encode(), Reading(encoding)).rows) == 1


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\x00", "kdbx_damaged"),
        (b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5\x01\x00", "kdbx_version"),
        (b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5\x01\x00", "kdb"),
        (gzip.compress(HEADER.encode(), mtime=0), "gzip"),
        (bz2.compress(b"x"), "compressed"),
        (lzma.compress(b"x"), "compressed"),
        (zipped("export.attributes"), "zip_damaged"),
        (zipped("export.attributes", "export.data")[:-20], "zip_damaged"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "spreadsheet"),
        (zipped("letter.txt"), "zip"),
        (b"<!DOCTYPE html>\n<html><body>KeePass</body></html>", "web_page"),
        (b"<?xml version='1.0'?>\n<mrng:Connections Name='x'>", "mremoteng"),
        (b"<?xml version='1.0'?>\n<RDCMan schemaVersion='3'>", "rdcman"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><letter/>", "xml"),
        (b'{"uuid":"A"}\n***5642bee8-a5ff-11dc-8314-0800200c9a66***\n{"uuid":"B"}\n', "onepif"),
        (b'{"encrypted":false,"vaults":{},"version":"1"}', "proton_json"),
        (b'{"items":[{"title":"x","fields":[]}],"folders":[]}', "unknown_format"),
        (b'{"encrypted":false,"items":[{"title":"x","fields":[]}]}', "unknown_format"),
        (b'{"a": 1}\n{"b": 2}\n', "json_lines"),
        (b"-----BEGIN PGP MESSAGE-----\n", "pgp"),
        (b"%PDF-1.7", "pdf"),
        (b"{\\rtf1 hello}", "unknown_format"),
        (b"export.csv".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0"), "archive"),
        (b"<body><table><tr><td>KeePass</td></tr></table></body>", "web_page"),
        (b"SQLite format 3\x00", "sqlite"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"<?xml version='1.0'?><KeePassFile><Root>", "xml_syntax"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><KeePassFile/>", "xml_entities"),
        (b"dear administrator", "unknown_format"),
        (b'"dear "administrator', "unknown_format"),
        (b"age-encryption.org/v1\n-> scrypt x 18\n", "age"),
    ],
)
def test_what_people_mistake_for_an_export_is_named(data: bytes, problem: str) -> None:
    assert problem_of(data)[0] == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"name": "x",]', ("json_syntax", 1)),
        ('{\n"items": [\n}', ("json_syntax", 3)),
        ('[{"name": "x", "account": "y", "secret": NaN}]', ("number", 0)),
        ('[{"name": "x", "account": "y", "secret": ' + "9" * 5_000 + "}]", ("json_syntax", 0)),
        ("[" * 200_000, ("json_depth", 0)),
        ('[{"name": "x", "account": "y", "secret": "1", "secret": "2"}]', ("duplicate_name", 0)),
    ],
)
def test_json_that_is_not_quite_json_is_refused(text: str, problem: tuple[str, int]) -> None:
    assert problem_of(text.encode()) == problem


def test_a_file_beyond_the_limit_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "SIZE_LIMIT", 1_000)
    assert problem_of(HEADER.encode() + b"\n" * 1_000)[0] == "too_large"


def test_rows_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "ROW_LIMIT", 3)
    row = b"\nNS,a,b,c,d,e"
    assert len(read_export("x", HEADER.encode() + row * 3).rows) == 3
    assert problem_of(HEADER.encode() + row * 4)[0] == "too_many_rows"
    assert problem_of(HEADER.encode() + b"\nshort" * 4)[0] == "too_many_rows"


def test_names_of_dropped_fields_are_bounded() -> None:
    entry = {"name": "x", "account": "y", "target": "z", "secret": "", **{f"x{n}": 1 for n in range(500)}}
    found = read_export("x", json.dumps([entry]).encode())
    assert len(found.dropped) == parsing.DROPPED_LIMIT + 1
    assert (found.dropped[-1].field, found.dropped[-1].rows) == ("other", 500 - parsing.DROPPED_LIMIT)


def attachments(error: BaseException) -> list[object]:
    """Everything an error drags along, its context and theirs, but for the frames it passed."""
    found: list[object] = []
    pending: list[object] = [error]
    while pending:
        item = pending.pop()
        found.append(item)
        if isinstance(item, BaseException):
            pending += [part for part in gc.get_referents(item) if not hasattr(part, "tb_frame")]
        elif isinstance(item, dict | tuple | list):
            pending += gc.get_referents(item)
    return found


@pytest.mark.parametrize(
    "data",
    [
        f'[{{"name": "x", "secret": "{SECRET}",]'.encode(),
        f'[{{"name": "x", "secret": "{SECRET}", "secret": ""}}]'.encode(),
        f'{HEADER}\nNS,a,b,"{SECRET}'.encode(),
        f'{HEADER}\nNS,a,b,"{SECRET}"x,,\n'.encode(),
        f"{HEADER}\nNS,a,b,{SECRET},,\xff".encode("latin-1"),
    ],
)
def test_an_error_carries_nothing_of_the_file(data: bytes) -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read_export("x", data)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert not any(SECRET in str(part) for part in attachments(caught.value))
    assert not any(SECRET.encode() in part for part in attachments(caught.value) if isinstance(part, bytes))


def test_a_parsed_export_can_be_shown_without_its_secrets() -> None:
    found = read_export("x", f"{HEADER}\nNS,a,b,{SECRET},c,d\n".encode())
    assert found.rows[0].secret.text() == SECRET
    assert SECRET not in repr(found)


def write(rows: list[list[str]], ending: str, quoting: Literal[0, 1]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows([KEEPASSXC, *rows])
    return text.getvalue().encode("utf-8")


def cells(found: ParsedExport) -> list[list[str]]:
    return [
        [entry.group, entry.title, entry.username, entry.secret.text(), entry.url, entry.notes]
        for entry in found.rows
    ]


# Not QUOTE_MINIMAL with "\n": there csv.writer leaves a field's own "\r" unquoted, and nobody can tell
# it from a line ending any more.
Dialect: TypeAlias = tuple[str, Literal[0, 1]]
DIALECTS: list[Dialect] = [("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]


@settings(max_examples=examples(150), deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=6, max_size=6), max_size=5), dialect=st.sampled_from(DIALECTS))
def test_whatever_is_written_as_csv_is_read_back(rows: list[list[str]], dialect: Dialect) -> None:
    found = read_export("x", write(rows, *dialect))
    assert found.bad == ()
    assert cells(found) == [row for row in rows if any(row)]


@settings(max_examples=examples(150), deadline=None)
@given(entries=st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), max_size=5), mark=st.booleans())
def test_whatever_is_written_as_json_is_read_back(
    entries: list[tuple[str, str, str, str, str]], mark: bool
) -> None:
    names = ("name", "account", "target", "note", "secret")
    document = [dict(zip(names, entry, strict=True)) for entry in entries]
    data = json.dumps(document, ensure_ascii=False).encode("utf-8")
    found = read_export("x", b"\xef\xbb\xbf" + data if mark else data)
    assert [
        (entry.title, entry.username, entry.url, entry.notes, entry.secret.text()) for entry in found.rows
    ] == entries


HEADERS = st.sampled_from([b"", HEADER.encode() + b"\n", b"[", b'{"encrypted":false,"items":[', b"[{"])


@settings(max_examples=examples(300), deadline=None)
@given(head=HEADERS, data=st.binary(max_size=200))
def test_random_bytes_are_an_export_or_unreadable_and_nothing_else(head: bytes, data: bytes) -> None:
    try:
        found = read_export("x", head + data)
    except ImportUnreadable:
        return
    assert found.format in ImportFormat


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
ITEM = st.fixed_dictionaries(
    {"type": st.just(1) | JSON, "name": JSON, "login": JSON},
    optional={"account": JSON, "target": JSON, "secret": JSON, "folderId": JSON, "collectionIds": JSON},
)


@settings(max_examples=examples(200), deadline=None)
@given(items=st.lists(ITEM | JSON, max_size=4), folders=JSON, own=st.booleans())
def test_json_of_any_shape_is_an_export_or_unreadable_and_nothing_else(
    items: list[object], folders: object, own: bool
) -> None:
    document = items if own else {"encrypted": False, "folders": folders, "items": items}
    try:
        found = read_export("x", json.dumps(document).encode())
    except ImportUnreadable:
        return
    assert len(found.rows) + len(found.bad) == len(items) or own
