"""Bitwarden's CSV, of an individual vault and of an organization."""

from pathlib import Path

from nskeys.errors import BadRow
from nskeys.imports.detect import read_export
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem

VECTORS = Path(__file__).parents[2] / "vectors" / "exports"
HEADER = (
    "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp"
)


def vector(name: str) -> ParsedExport:
    return read_export(name, (VECTORS / name).read_bytes())


def counted(found: ParsedExport) -> set[tuple[str, int]]:
    return {(field.field, field.rows) for field in found.dropped}


def read(text: str) -> ParsedExport:
    return read_export("export.csv", text.encode("utf-8"))


def test_every_login_of_an_individual_vault_is_read() -> None:
    found = vector("bitwarden.csv")
    assert found.format is ImportFormat.BITWARDEN_CSV
    assert found.bad == ()
    assert [(entry.group, entry.title, entry.username, entry.url) for entry in found.rows] == [
        ("Hierarchy", "emea-ns02", "CORP\\svc-repl", "https://ns02.emea.example.net/Altiris"),
        ("Hierarchy", "apac-ns01", "CORP\\svc-repl", "http://ns01.apac.example.net:8080"),
        ("pcAnywhere", "pc-0417", "support", "pc-0417.example.net:5632"),
        ("pcAnywhere", "kiosk-7.example.net", "support", ""),
        ("Run-as/Finance", "deploy", "CORP\\svc-deploy", "finance-*"),
        ("Run-as/Zürich", "deploy", "svc-local", ""),
    ]
    assert [entry.secret.text() for entry in found.rows] == [
        'Tr0ub4dor&3, "zwei"',
        "密码-пароль-🔑",
        "=cmd|' /C calc'!A0",
        "",
        " leading and trailing ",
        '""',
    ]
    assert found.rows[0].notes == 'Replication only.\nAsk the EMEA desk, or "the night shift".'


def test_fields_without_a_place_are_counted() -> None:
    assert counted(vector("bitwarden.csv")) == {
        ("login_uri", 1),
        ("favorite", 1),
        ("login_totp", 1),
        ("archivedDate", 1),
        ("fields", 1),
        ("reprompt", 1),
    }


def test_a_secure_note_is_named_and_not_taken() -> None:
    found = vector("bitwarden-mixed.csv")
    assert found.bad == (BadRow(2, "door code", "type", FieldProblem.NOT_A_LOGIN),)
    assert [entry.title for entry in found.rows] == ["emea-ns02", "intranet"]


def test_an_organization_has_collections_and_the_first_one_counts() -> None:
    found = vector("bitwarden-organization.csv")
    assert [(entry.group, entry.title) for entry in found.rows] == [
        ("Hierarchy", "emea-ns02"),
        ("Service accounts", "deploy"),
    ]
    assert [(field.field, field.rows) for field in found.dropped] == [("collections", 1)]
    assert found.dropped[0].titles == ("emea-ns02",)


def test_the_header_without_archived_date_is_known_too() -> None:
    found = read(f"{HEADER}\r\nRun-as,,login,deploy,,,0,,svc,pass,")
    assert (found.rows[0].secret.text(), found.dropped) == ("pass", ())


def test_a_short_row_is_bad_and_shows_none_of_its_cells() -> None:
    found = read(f"{HEADER}\nRun-as,,login,t0p-secret\n")
    assert found.bad == (BadRow(1, "", "row", FieldProblem.WRONG_COLUMNS),)
