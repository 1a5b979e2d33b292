"""Databases, exports and trees that are encrypted, imported by command."""

import os
import shutil
import subprocess
from pathlib import Path

import pykeepass
import pytest

from tests.core.imports.test_bitwarden_encrypted import PASSWORD as EXPORT_PASSWORD, export
from tests.core.imports.test_kdbx import PASSWORD, costing, empty, opened, saved
from tests.fakes.command_line import Machine

__all__ = ("empty",)  # a fixture


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> pykeepass.PyKeePass:
    key = tmp_path / "till.key"
    key.write_bytes(b"\xff\xfe\x00 no text\n")
    made = opened(tmp_path, empty, PASSWORD, key)
    group = made.add_group(made.root_group, "Run-as")
    made.add_entry(group, "till", "LAB\\svc", " \u5bc6 7 ", "pkg")
    made.trash_entry(made.add_entry(group, "gone", "LAB\\svc", "old"))
    saved(made)
    return made


def test_a_database_asks_for_its_password_and_takes_its_key_file(
    server: Machine, database: pykeepass.PyKeePass
) -> None:
    words = ("credential", "import", str(database.filename), "--password-file", server.file("w", PASSWORD))
    key = ("--key-file", str(database.keyfile))
    told = server.does(*words, *key)
    assert told["imported"] == 1
    assert [row["title"] for row in told["left_out"]] == ["gone"]
    assert server.does("credential", "show", "run-as/till", "--reveal")["secret"] == " \u5bc6 7 "
    again = server.run(*words, *key)
    assert "1 row is here already" in again.out
    assert "not encrypted" not in again.out + again.err
    without = server.run(*words)
    assert without.code == 77
    assert "That password does not open it" in without.err
    assert "key file" in without.err


def test_nobody_can_be_asked_for_a_password_in_a_pipe(
    server: Machine, database: pykeepass.PyKeePass
) -> None:
    ran = server.run("credential", "import", str(database.filename), "--key-file", str(database.keyfile))
    assert ran.code == 77
    assert "--password-file F" in ran.err


def test_a_database_that_would_take_hours_is_refused(
    server: Machine, database: pykeepass.PyKeePass
) -> None:
    path = server.folder / "hostile.kdbx"
    path.write_bytes(costing(database, I=1 << 40))
    ran = server.run("credential", "import", str(path), "--password-file", server.file("w", PASSWORD))
    assert ran.code == 65
    assert "needs more memory or time to open than nskeys allows" in ran.err


def test_an_export_of_bitwarden_opens_with_its_password(server: Machine) -> None:
    path = server.folder / "export.json"
    path.write_bytes(export())
    words = ("credential", "import", str(path), "--kind", "run-as", "--password-file")
    assert server.does(*words, server.file("w", EXPORT_PASSWORD))["imported"] == 1
    assert server.run(*words, server.file("wrong", "wrong")).code == 77


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_a_tree_is_named_by_its_folder(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    words = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "till@example.net"]
    subprocess.run([*words, "default", "default", "0"], check=True, capture_output=True)
    tree = tmp_path / "store" / "Run-as"
    tree.mkdir(parents=True)
    (tree.parent / ".gpg-id").write_text("till@example.net\n")
    encrypt = ["gpg", "--batch", "--trust-model", "always", "-e", "-r", "till@example.net", "-o"]
    subprocess.run([*encrypt, str(tree / "till.gpg")], input=b"s 7\nlogin: LAB\\svc\n", check=True)
    assert server.does("credential", "import", str(tree.parent))["imported"] == 1
    assert server.does("credential", "show", "run-as/till", "--reveal")["secret"] == "s 7"
    assert server.run("credential", "import", str(home)).code == 65
    subprocess.run(["gpgconf", "--kill", "all"], check=False, env={**os.environ})
