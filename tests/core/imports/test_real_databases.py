"""What KeePassXC's own program writes: the database, its CSV and its XML hold the same, byte for byte."""

import shutil
import subprocess
from pathlib import Path

import pytest

from nskeys.errors import SecretUnavailable
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from tests.core.imports.test_kdbx import SECRETS
from tests.fakes.opening import Opening

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("keepassxc-cli") is None, reason="keepassxc-cli is not installed"),
]
PASSWORD = "Quokka-71! of the till"


def cli(*words: str, given: str = f"{PASSWORD}\n") -> bytes:
    done = subprocess.run(
        ["keepassxc-cli", *words], input=given.encode(), capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with an entry for each secret, one with an attachment, and one in the bin."""
    folder = tmp_path_factory.mktemp("keepassxc")
    path, key = folder / "till.kdbx", folder / "till.keyx"
    cli("db-create", "--set-key-file", str(key), "--set-password", str(path), given=f"{PASSWORD}\n" * 2)
    known = ("--key-file", str(key), "--quiet", str(path))
    cli("mkdir", *known, "Run-as")
    for number, secret in enumerate(SECRETS):
        words = (
            "--username",
            f"LAB\\svc-{number}",
            "--url",
            "pkg",
            "--notes",
            "one\\ntwo",
            "--password-prompt",
        )
        cli("add", *words, *known, f"Run-as/till-{number}", given=f"{PASSWORD}\n{secret}\n")
    (folder / "key.pem").write_bytes(b"data")
    cli("attachment-import", *known, "Run-as/till-0", "key.pem", str(folder / "key.pem"))
    cli("add", *known, "Run-as/gone")
    cli("rm", *known, "Run-as/gone")
    return path


def read(data: bytes, key_file: bytes = b"") -> ParsedExport:
    return read_export("till", data, unlock=Opening((PASSWORD,), key_file))


def exported(database: Path, form: str) -> bytes:
    key = str(database.with_suffix(".keyx"))
    return cli("export", "--format", form, "--key-file", key, "--quiet", str(database))


def secrets_of(found: ParsedExport) -> dict[str, str]:
    return {row.title: row.secret.text() for row in found.rows if row.title != "gone"}


EXPECTED = {f"till-{number}": secret for number, secret in enumerate(SECRETS)}


def test_the_database_itself(database: Path) -> None:
    found = read(database.read_bytes(), database.with_suffix(".keyx").read_bytes())
    assert found.format is ImportFormat.KDBX
    assert secrets_of(found) == EXPECTED
    assert {row.deleted for row in found.rows if row.title == "gone"} == {Deleted.YES}
    (row,) = [row for row in found.rows if row.title == "till-1"]
    assert (row.group, row.username, row.url, row.notes) == (
        "Passwords/Run-as",
        "LAB\\svc-1",
        "pkg",
        "one\ntwo",
    )
    assert {field.field: field.titles for field in found.dropped} == dict.fromkeys(
        ("attachments", "history"), ("till-0",)
    )


@pytest.mark.parametrize("form", [ImportFormat.KEEPASSXC_CSV, ImportFormat.KEEPASS_XML])
def test_its_exports(database: Path, form: ImportFormat) -> None:
    found = read(exported(database, form.value.rpartition("-")[2]))
    assert found.format is form
    assert secrets_of(found) == EXPECTED
    gone = {row.deleted for row in found.rows if row.title == "gone"}
    assert gone == {Deleted.PERHAPS if form is ImportFormat.KEEPASSXC_CSV else Deleted.YES}


def test_its_key_file_is_a_part_of_the_key(database: Path) -> None:
    with pytest.raises(SecretUnavailable):
        read(database.read_bytes())
