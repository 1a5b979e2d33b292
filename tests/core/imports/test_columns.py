"""Tables of columns: each program's CSV by the columns that make it that, and any CSV by named columns."""

import pytest

from nskeys.errors import ImportUnreadable
from nskeys.imports.bins import lies_in_bin
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport, Reading

F = ImportFormat
PLAIN = Reading()


def read(*lines: str, reading: Reading = PLAIN) -> ParsedExport:
    return read_export("export.csv", "\r\n".join(lines).encode("utf-8"), reading)


def values(found: ParsedExport) -> list[tuple[str, ...]]:
    return [
        (row.group, row.title, row.username, row.secret.text(), row.url, row.notes) for row in found.rows
    ]


ENTRY = ("Run-as", "till", "LAB\\svc", "s,1", "pkg-1", "a note")

EXPORTS = {
    F.KEEPASS1_CSV: (
        '"Account","Login Name","Password","Web Site","Comments"',
        '"till","LAB\\\\svc","s,1","pkg-1","a note"',
    ),
    F.ONEPASSWORD_CSV: (
        "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes",
        'till,pkg-1,LAB\\svc,"s,1",,false,false,Run-as,a note',
    ),
    F.LASTPASS_CSV: (
        "url,username,password,totp,extra,name,grouping,fav",
        'pkg-1,LAB\\svc,"s,1",,a note,till,Run-as,0',
    ),
    F.CHROME_CSV: ("name,url,username,password,note", 'till,pkg-1,LAB\\svc,"s,1",a note'),
    F.DASHLANE_CSV: (
        "username,username2,username3,title,password,note,url,category,otpUrl",
        'LAB\\svc,,,till,"s,1",a note,pkg-1,Run-as,',
    ),
    F.NORDPASS_CSV: (
        "name,url,username,password,note,cardholdername,cardnumber,cvc,folder,type",
        'till,pkg-1,LAB\\svc,"s,1",a note,,,,Run-as,password',
    ),
    F.PROTON_CSV: (
        "type,name,url,email,username,password,note,totp,createTime,modifyTime,vault",
        'login,till,pkg-1,,LAB\\svc,"s,1",a note,,,,Run-as',
    ),
    F.SECRET_SERVER_CSV: (
        "Secret Name,Machine,Username,Password,Notes,Folder Path",
        'till,pkg-1,LAB\\svc,"s,1",a note,Run-as',
    ),
}


@pytest.mark.parametrize("form", EXPORTS)
def test_each_program_s_columns_are_read_as_what_they_mean(form: ImportFormat) -> None:
    found = read(*EXPORTS[form])
    grouped = form not in (F.KEEPASS1_CSV, F.CHROME_CSV)
    assert (found.format, found.bad, found.dropped) == (form, (), ())
    assert values(found) == [("Run-as" if grouped else "", *ENTRY[1:])]


def test_firefox_gives_no_titles_so_the_host_is_the_name() -> None:
    found = read(
        '"url","username","password","httpRealm","formActionOrigin","guid","timeCreated"',
        '"https://srv7.example.net:8443/x","svc","s","","","{a}","1700000000000"',
    )
    assert found.format is F.FIREFOX_CSV
    assert values(found) == [
        ("", "srv7.example.net:8443", "svc", "s", "https://srv7.example.net:8443/x", "")
    ]
    assert [(field.field, field.titles) for field in found.dropped] == [
        ("guid", ("srv7.example.net:8443",)),
        ("timeCreated", ("srv7.example.net:8443",)),
    ]


def test_folders_of_lastpass_and_secret_server_nest_by_backslashes() -> None:
    header = EXPORTS[F.LASTPASS_CSV][0]
    assert read(header, "pkg,svc,s,,,till,Run-as\\EMEA,0").rows[0].group == "Run-as/EMEA"
    header = EXPORTS[F.SECRET_SERVER_CSV][0]
    assert read(header, "till,srv,svc,s,,\\Run-as\\EMEA").rows[0].group == "Run-as/EMEA"


def test_what_is_no_login_is_named_and_a_row_that_only_makes_a_folder_is_no_entry() -> None:
    found = read(
        EXPORTS[F.NORDPASS_CSV][0],
        ",,,,,,,,Run-as,folder",
        "card,,,,,A,1,2,,credit_card",
        "x,,u,p,,,,,,password",
    )
    assert [(bad.title, bad.problem) for bad in found.bad] == [("card", "not_a_login")]
    assert [row.title for row in found.rows] == ["x"]
    proton = read(EXPORTS[F.PROTON_CSV][0], "alias,mask,,,,,,,,,", "login,x,u,a@example.net,,p,,,,,")
    assert [bad.title for bad in proton.bad] == ["mask"]
    assert proton.rows[0].username == "a@example.net"


def test_second_names_totp_and_favourites_are_counted_by_the_row_that_has_them() -> None:
    found = read(EXPORTS[F.DASHLANE_CSV][0], "one,two,,a,s,,u,,otpauth://x", "one,,,b,s,,u,,")
    assert [(field.field, field.rows, field.titles) for field in found.dropped] == [
        ("username2", 1, ("a",)),
        ("otpUrl", 1, ("a",)),
    ]


def test_a_cell_below_no_column_s_name_is_counted_too() -> None:
    found = read("Group,Title,Username,Password,URL,Notes,,", "Run-as,a,u,p,,,,lost", "Run-as,b,u,p,,,,")
    assert [(field.field, field.rows, field.titles) for field in found.dropped] == [("column 8", 1, ("a",))]


BITWARDEN = (
    "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp"
)


@pytest.mark.parametrize(
    ("cell", "uri", "dropped"),
    [
        ("A-*,B-*", "A-*,B-*", []),
        ("https://ns7/site,7", "https://ns7/site,7", []),
        ("https://ns7,https://ns8", "https://ns7", [("login_uri", ("till",))]),
        ("https://ns7/a,b,rdp://ns8", "https://ns7/a,b", [("login_uri", ("till",))]),
    ],
)
def test_a_uri_with_a_comma_stays_whole_and_further_uris_are_counted(
    cell: str, uri: str, dropped: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = read(BITWARDEN, f'Run-as,,login,till,,,0,"{cell}",svc,p,')
    assert found.rows[0].url == uri
    assert [(field.field, field.titles) for field in found.dropped] == dropped


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_separator_of_a_spreadsheet_is_found_and_said(delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in EXPORTS[F.CHROME_CSV]]
    found = read(*lines)
    assert (found.format, found.delimiter, len(found.rows)) == (F.CHROME_CSV, delimiter, 1)


NAMED = Reading(columns=(("name", "Was"), ("account", "Wer"), ("secret", "Kennwort"), ("kind", "Art")))


def test_any_csv_is_read_by_the_columns_that_a_person_names() -> None:
    found = read("Nr;Was;Wer;Kennwort;Art", "1;till;svc;s,1;Run-as", reading=NAMED)
    assert (found.format, found.delimiter) == (F.COLUMNS_CSV, ";")
    assert values(found) == [("", "till", "svc", "s,1", "", "")]
    assert found.rows[0].kind == "run-as"
    assert [(field.field, field.titles) for field in found.dropped] == [("Nr", ("till",))]


def test_columns_that_are_not_there_are_told_with_the_line() -> None:
    for reading in (NAMED, Reading(delimiter="|", columns=NAMED.columns)):
        with pytest.raises(ImportUnreadable) as caught:
            read("Was;Wer;Kennwort", "a;b;c", reading=reading)
        assert (caught.value.problem, caught.value.line) == ("no_such_column", 1)


def test_a_column_that_is_wanted_and_stands_there_twice_is_refused_and_another_one_is_counted() -> None:
    header = "Group,Title,Username,Password,URL,Notes"
    with pytest.raises(ImportUnreadable) as caught:
        read(f"{header},password", "Run-as,till,svc,s,,,other")
    assert (caught.value.problem, caught.value.line) == ("duplicate_column", 1)
    found = read(f"{header},Icon,ICON", "Run-as,till,svc,s,,,,7", "Run-as,desk,svc,s,,,8,")
    assert {(field.field, field.titles) for field in found.dropped} == {
        ("ICON", ("till",)),
        ("Icon", ("desk",)),
    }


@pytest.mark.parametrize("name", ["[Was]", "<Was>", '{"Was"', "Tu\u0308r", " WAS\u00a0"])
def test_a_named_column_is_found_whatever_it_begins_with_and_however_it_is_composed(name: str) -> None:
    cell = name.replace('"', '""')
    said = {"Tu\u0308r": "T\u00fcr", " WAS\u00a0": "was"}.get(name, name)
    columns = (("name", said), ("account", "Wer"), ("secret", "Kennwort"))
    found = read(f'"{cell}",Wer,Kennwort', "till,svc,s", reading=Reading(columns=columns))
    assert values(found) == [("", "till", "svc", "s", "", "")]


LASTPASS = "url,username,password,extra,name,grouping,fav"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("pkg,svc,a&amp;b,,till,Run-as,0", "secret"),
        ("pkg,svc,a&#39;b,,till,Run-as,0", "secret"),
        ("pkg,R&amp;D,s,,till,Run-as,0", "account"),
        ("http://x/?a&amp;b,svc,s,,till,Run-as,0", "target"),
        ("pkg,svc,s,,R&lt;D,Run-as,0", "name"),
    ],
)
def test_an_entity_that_lastpass_may_have_written_for_a_character_is_refused(row: str, field: str) -> None:
    found = read(LASTPASS, row, "pkg,svc,a&b;&amp c,R &amp; D,desk,Run-as,0")
    assert [(bad.row, bad.field, bad.problem) for bad in found.bad] == [(1, field, "html_entity")]
    assert [(one.secret.text(), one.notes) for one in found.rows] == [("a&b;&amp c", "R &amp; D")]


@pytest.mark.parametrize(
    "group",
    [
        "Passwords/Recycle Bin",
        "Root/recycle-bin/Run-as",
        "IT/OT/Papierkorb/Run-as",
        "Parole/Cestino",
        "Hasla/Kosz/x",
        "비밀번호/휴지통",
        "Root/סל־מחזור",
        "Root/Ko\u030csz"[:-1] + "/Kos\u030c",
        "Root/Papelera de reciclaje",
        "Root/Thùng rác",
        "Skraldespand",
        "Root/ප\u0dca\u200dරතිචක\u0dca\u200dරීකරණ බඳුන",
    ],
)
def test_a_bin_is_known_in_every_language_and_below_any_root(group: str) -> None:
    assert lies_in_bin(group)
    found = read("Group,Title,Username,Password,URL,Notes", f"{group},till,svc,s,,")
    assert found.rows[0].deleted is Deleted.PERHAPS


@pytest.mark.parametrize("group", ["", "Root/Run-as", "Recycling", "Recycle Bins of Kosz", "Root/Kos"])
def test_other_groups_are_no_bins(group: str) -> None:
    assert not lies_in_bin(group)
