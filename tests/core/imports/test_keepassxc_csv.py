"""KeePassXC's CSV, from files that KeePassXC wrote and from what a person might do to them."""

from pathlib import Path

import pytest

from nskeys.errors import BadRow, ImportUnreadable
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

VECTORS = Path(__file__).parents[2] / "vectors" / "exports"
HEADER = '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"'
TIMES = '"0","2026-03-22T08:11:00Z","2026-03-02T08:11:00Z"'


def read(text: str) -> ParsedExport:
    return read_export("export.csv", text.encode("utf-8"))


def row(group: str, title: str, username: str, password: str, url: str = "", notes: str = "") -> str:
    return f'"{group}","{title}","{username}","{password}","{url}","{notes}","",{TIMES}\n'


@pytest.fixture(scope="module")
def real() -> ParsedExport:
    return read_export("keepassxc.csv", (VECTORS / "keepassxc.csv").read_bytes())


def test_every_entry_of_a_real_export_is_read(real: ParsedExport) -> None:
    assert real.format is ImportFormat.KEEPASSXC_CSV
    assert real.bad == ()
    assert [(entry.row, entry.group, entry.title) for entry in real.rows] == [
        (1, "Passwords/Hierarchy", "emea-ns02"),
        (2, "Passwords/Hierarchy", "apac-ns01"),
        (3, "Passwords/pcAnywhere hosts", "pc-0417"),
        (4, "Passwords/pcAnywhere hosts", "kiosk-7.example.net"),
        (5, "Passwords/pcAnywhere hosts", "lab-3"),
        (6, "Passwords/Run-as/Finance", "deploy"),
        (7, "Passwords/Run-as/Finance", "deploy"),
        (8, "Passwords/Run-as/Finance", "deploy"),
        (9, 'Passwords/Run-as/Zürich, "HQ"', "deploy"),
    ]


def test_passwords_arrive_exactly_as_they_were(real: ParsedExport) -> None:
    assert [entry.secret.text() for entry in real.rows] == [
        'Tr0ub4dor&3, "zwei"',
        "密码-пароль-🔑",
        "=cmd|' /C calc'!A0",
        "",
        " leading and trailing ",
        "a,b;c\td",
        "line one\nline two",
        '""',
        "ends with a backslash\\",
    ]


def test_notes_keep_their_lines_and_quotes(real: ParsedExport) -> None:
    first = real.rows[0]
    assert first.notes == 'Replication only.\nAsk the EMEA desk, or "the night shift".'
    assert first.username == "CORP\\svc-repl"
    assert first.url == "https://ns02.emea.example.net/Altiris"


def test_fields_without_a_place_are_counted_under_the_names_of_their_columns(real: ParsedExport) -> None:
    assert [(field.field, field.rows) for field in real.dropped] == [
        ("TOTP", 1),
        ("Icon", 9),
        ("Last Modified", 9),
        ("Created", 9),
    ]
    assert real.dropped[0].titles == ("emea-ns02",)


def test_a_reference_is_not_mistaken_for_the_password_it_stands_for() -> None:
    mixed = read_export("mixed.csv", (VECTORS / "keepassxc-mixed.csv").read_bytes())
    assert BadRow(3, "apac-ns01", "secret", FieldProblem.REFERENCE) in mixed.bad


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (row("Run-as", "{REF:T@I:0C6F}", "CORP\\\\svc", "x"), "name"),
        (row("Run-as", "deploy", "{REF:U@T:deploy}", "x"), "account"),
        (row("Run-as", "deploy", "CORP\\\\svc", "before {ref:p@t:deploy} after"), "secret"),
        (row("Run-as", "deploy", "CORP\\\\svc", "x", "https://{REF:A@I:0C6F}"), "target"),
    ],
)
def test_a_reference_is_seen_in_every_field_that_is_kept(line: str, field: str) -> None:
    found = read(f"{HEADER}\n{line}")
    assert [(bad.field, bad.problem) for bad in found.bad] == [(field, "reference")]


def test_braces_alone_are_a_password_like_any_other() -> None:
    found = read(f"{HEADER}\n" + row("Run-as", "deploy", "svc", "{REF:} {PASSWORD} {REF:X@I:1}"))
    assert found.rows[0].secret.text() == "{REF:} {PASSWORD} {REF:X@I:1}"


def test_what_lies_in_the_recycle_bin_looks_deleted() -> None:
    mixed = read_export("mixed.csv", (VECTORS / "keepassxc-mixed.csv").read_bytes())
    assert [entry.title for entry in mixed.rows if entry.deleted is Deleted.PERHAPS] == ["old-deploy"]


def test_the_six_columns_of_old_versions_are_enough() -> None:
    found = read('"Group","Title","Username","Password","URL","Notes"\n"Root/NS","a","b","c","d","e"\n')
    entry = found.rows[0]
    assert (entry.group, entry.title, entry.username) == ("Root/NS", "a", "b")
    assert (entry.secret.text(), entry.url, entry.notes) == ("c", "d", "e")
    assert found.dropped == ()


def test_columns_are_known_by_their_names_not_their_places() -> None:
    found = read("notes,url,password,username,title,group\ne,d,c,b,a,Root/NS\n")
    assert (found.rows[0].title, found.rows[0].secret.text()) == ("a", "c")


def test_an_export_of_an_empty_database_holds_nothing() -> None:
    found = read(HEADER + "\n")
    assert (len(found.rows), found.bad, found.dropped) == (0, (), ())


@pytest.mark.parametrize(
    "shifted", ['"deploy","svc","t0p-secret"\n', '"a","b","c","d","e","f","g","h","i","j","k"\n']
)
def test_a_row_with_other_cells_than_columns_is_bad_and_shows_none_of_them(shifted: str) -> None:
    found = read(f"{HEADER}\n{shifted}" + row("Run-as", "deploy", "svc", "x"))
    assert found.bad == (BadRow(1, "", "row", FieldProblem.WRONG_COLUMNS),)
    assert [entry.row for entry in found.rows] == [2]


def test_blank_lines_are_no_entries() -> None:
    found = read(f"\n{HEADER}\n\n" + row("Run-as", "deploy", "svc", "x") + "\n\n")
    assert [entry.row for entry in found.rows] == [1]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_ends_a_record(ending: str) -> None:
    text = HEADER + "\n" + row("Run-as", "one", "svc", "x") + row("Run-as", "two", "svc", "y")
    found = read(text.replace("\n", ending))
    assert [entry.title for entry in found.rows] == ["one", "two"]


def test_a_quote_that_is_never_closed_is_named_by_the_line_where_its_record_begins() -> None:
    broken = f"{HEADER}\n" + row("Run-as", "one", "svc", "two\nlines") + '"Run-as","three","svc","x\nmore\n'
    with pytest.raises(ImportUnreadable) as caught:
        read(broken)
    assert (caught.value.problem, caught.value.line) == ("unterminated_quote", 4)


def test_a_quote_inside_a_quoted_field_has_to_be_doubled() -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read(f"{HEADER}\n" + row("Run-as", "one", "svc", 'say "x" now'))
    assert (caught.value.problem, caught.value.line) == ("quote_in_field", 2)


def test_a_field_beyond_all_limits_is_named_by_its_line() -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read(f"{HEADER}\n" + row("Run-as", "one", "svc", "x", notes="n" * 200_000))
    assert (caught.value.problem, caught.value.line) == ("field_too_long", 2)


def test_a_secret_that_cannot_be_sealed_makes_its_row_bad() -> None:
    found = read(f"{HEADER}\n" + row("Run-as", "long", "svc", "ä" * 40_000))
    assert found.bad == (BadRow(1, "long", "secret", FieldProblem.TOO_LONG),)


def test_a_header_that_names_a_column_twice_is_refused() -> None:
    with pytest.raises(ImportUnreadable) as caught:
        read("Group,Title,Username,Password,URL,Notes,Password\na,b,c,d,e,f,g\n")
    assert (caught.value.problem, caught.value.line) == ("duplicate_column", 1)
