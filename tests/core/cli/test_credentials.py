"""`nskeys credential` as an administrator uses it."""

import io
import json
import os
import sys
from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree

_REFERENCE = "run-as/deploy-finance"


def test_a_list_is_a_table_in_the_order_of_kind_and_name(server: Machine) -> None:
    server.add("run-as", "Änderung", "x", "svc", "s")
    lines = server.run("credential", "list").out.splitlines()
    assert lines[0].split() == ["kind", "name", "target", "account", "state", "id"]
    assert [line.split()[1] for line in lines[1:]] == ["emea-ns02", "deploy-finance", "Änderung"]


def test_a_list_is_filtered_and_limited(server: Machine) -> None:
    def names(*argv: str) -> list[str]:
        return [item["name"] for item in server.does("credential", "list", *argv)]

    assert names("--kind", "hierarchy") == ["emea-ns02"]
    assert names("--find", "FINANCE") == ["deploy-finance"]
    assert names("--find", "nothing like it") == []
    assert names("--limit", "1") == ["emea-ns02"]
    assert names("--limit", "0") == []


def test_a_list_longer_than_a_page_is_whole(server: Machine) -> None:
    rows = [
        {"kind": "run-as", "name": f"n{number:05}", "target": "x", "account": "svc", "secret": "s"}
        for number in range(2_500)
    ]
    server.does("credential", "import", server.file("many.json", json.dumps(rows)))
    listed = server.does("credential", "list", "--kind", "run-as", "--find", "n0")
    assert [item["name"] for item in listed] == [row["name"] for row in rows]
    assert len(server.run("credential", "list").out.splitlines()) == 2_503
    assert len(server.does("credential", "list", "--limit", "1500")) == 1_500


def test_any_unique_beginning_of_an_id_will_do(server: Machine) -> None:
    whole = server.does("credential", "show", _REFERENCE)["id"]
    assert server.does("credential", "show", whole[:8])["id"] == whole
    ran = server.run("credential", "show", "run-as/nobody")
    assert (ran.code, ran.out) == (65, "")
    assert "No credential is called run-as/nobody." in ran.err


def test_fields_are_edited_and_the_secret_stays(server: Machine) -> None:
    server.does("credential", "edit", _REFERENCE, "--account", "CORP\\svc-install", "--name", "renamed")
    shown = server.does("credential", "show", "run-as/renamed", "--reveal")
    assert (shown["account"], shown["secret"]) == ("CORP\\svc-install", "pässword")
    assert shown["target"] == "finance-*"
    server.does("credential", "edit", "run-as/renamed", "--note", "a note")
    server.does("credential", "edit", "run-as/renamed", "--note", "")
    assert server.does("credential", "show", "run-as/renamed")["note"] == ""


def test_a_secret_is_edited_and_the_fields_stay(server: Machine) -> None:
    server.does("credential", "edit", _REFERENCE, "--secret-file", server.file("new", " spaces \n\n"))
    assert server.does("credential", "show", _REFERENCE, "--reveal")["secret"] == " spaces \n"


def test_a_bad_field_changes_nothing(server: Machine) -> None:
    before = server.does("credential", "list")
    ran = server.run("credential", "edit", "hierarchy/emea-ns02", "--target", "not a url")
    assert (ran.code, ran.out) == (65, "")
    assert "The target is not a URL of another server." in ran.err
    again = server.run(
        "credential", "add", "--kind", "run-as", "--name", "deploy-finance", "--target", "x",
        "--account", "svc", "--secret-file", server.file("s", "s"),
    )  # fmt: skip
    assert again.code == 73
    assert server.does("credential", "list") == before


def test_a_secret_that_is_no_text_is_refused(server: Machine) -> None:
    path = server.folder / "binary"
    path.write_bytes(b"\xff\xfd")
    ran = server.run("credential", "edit", _REFERENCE, "--secret-file", str(path))
    assert ran.code == 65
    assert "The secret is not valid Unicode text." in ran.err
    backup = server.run("backup", "--password-file", str(path))
    assert backup.code == 65
    assert "not UTF-8 text" in backup.err


def test_a_secret_that_a_terminal_must_not_get_is_shown_as_escapes(server: Machine) -> None:
    server.does("credential", "edit", _REFERENCE, "--secret-file", server.file("new", "a\x1b[2J"))
    ran = server.run("credential", "show", _REFERENCE, "--reveal")
    assert "secret   a\\x1b[2J" in ran.out
    assert "shown as escapes" in ran.err


def test_nothing_is_removed_without_a_word(server: Machine) -> None:
    assert server.run("credential", "remove", _REFERENCE).code == 64
    assert len(server.does("credential", "list")) == 2
    removed = server.does("credential", "remove", _REFERENCE, "--yes")
    assert removed["name"] == "deploy-finance"
    assert [item["name"] for item in server.does("credential", "list")] == ["emea-ns02"]


def test_an_import_comes_through_standard_input(
    server: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(
        b"\xef\xbb\xbf"
        b'"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\r\n'
        b'"Root/Remote control","db01","operator","p","pca://db01:5632","","otpauth://x","0","",""\r\n'
    )
    before = os.dup(0)
    with export.open("rb") as stream:
        os.dup2(stream.fileno(), 0)
        try:
            document = server.does("credential", "import", "-")
        finally:
            os.dup2(before, 0)
            os.close(before)
    assert document["imported"] == 1
    assert {"field": "TOTP", "rows": 1, "titles": ["db01"]} in document["dropped"]
    assert server.does("credential", "show", "pcanywhere/db01")["target"] == "db01:5632"


def test_a_plan_shows_the_rule_and_changes_nothing(server: Machine) -> None:
    export = server.file(
        "export.csv",
        '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\n'
        '"Root/Remote control","db01","operator","p","db01","","","0","",""\n',
    )
    before = tree(server.home)
    ran = server.run("credential", "import", export, "--plan")
    assert ran.code == 0
    assert ran.out.startswith(
        "KeePassXC CSV: 1 entry.\nNew 1, changed 0, present 0.\nThe kind comes from a word in"
    )
    assert '"remote control" in Root/Remote control' in ran.out
    assert "Nothing was changed" in ran.err
    assert tree(server.home) == before
    done = server.run("credential", "import", export, "--kind", "run-as")
    assert done.out.startswith("1 credential was imported.\n")
    assert server.does("credential", "show", "run-as/db01")["target"] == "db01"


def test_every_bad_row_of_an_import_is_named(server: Machine) -> None:
    rows = [
        {"kind": "run-as", "name": f"n{n}", "target": "x", "account": "", "secret": ""} for n in range(7)
    ]
    ran = server.run("credential", "import", server.file("bad.json", json.dumps(rows)))
    assert (ran.code, ran.out) == (65, "")
    assert [f'row {n + 1}, "n{n}": the account is empty' for n in range(7)] == ran.err.splitlines()[:7]
    assert "7 rows of" in ran.err


def test_an_export_with_a_row_that_was_not_taken_is_not_to_be_removed(server: Machine) -> None:
    rows = [
        {"kind": "run-as", "name": f"n{n}", "target": "x", "account": account, "secret": "s"}
        for n, account in enumerate(("one", ""))
    ]
    export = server.file("half.json", json.dumps(rows))
    ran = server.run("credential", "import", export, "--skip-bad")
    assert ran.code == 0
    assert "1 row of the export is only there" in ran.err
    assert "Remove it once" not in ran.err
    whole = server.run("credential", "import", server.file("one.json", json.dumps(rows[:1])))
    assert "Everything in the export was taken. Remove it once" in whole.err


def test_an_import_that_is_none_is_refused(server: Machine) -> None:
    for name, text in (("x", "a,b\n1,2\n"), ("y", ""), ("z", "<xml/>")):
        ran = server.run("credential", "import", server.file(name, text))
        assert (ran.code, ran.out) == (65, "")
    assert server.run("credential", "import", str(server.folder / "missing")).code == 65


def test_secrets_never_stand_in_the_audit_trail_or_the_database(server: Machine) -> None:
    server.run("credential", "show", _REFERENCE, "--reveal")
    assert server.does("audit")[-1]["action"] == "credential-revealed"
    everything = b"".join(tree(server.home).values()) + server.run("audit", "--json").out.encode()
    assert "pässword".encode() not in everything
    assert b"p\\u00e4ssword" not in everything


def test_output_in_a_poor_locale_is_escaped_and_not_lost(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("run-as", "東京", "x", "svc", "s")
    poor = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", poor)
    server.run("credential", "list", "--find", "東京")
    poor.flush()
    assert b"\\u6771\\u4eac" in poor.buffer.getvalue()
