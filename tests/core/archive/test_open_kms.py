"""open_kms.py: its bytes are those of the format version, and it needs nothing to open a `.kms`."""

import ast
import hashlib
import shutil
import subprocess
import sys
import unicodedata
from importlib.resources import files
from pathlib import Path

import pytest

from nskeys.archive.age.recipients import encrypt_to, parse_recipient
from nskeys.archive.age.scrypt import decrypt, encrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.reader import READER_SHA256, reader_bytes
from nskeys.model.secret import SecretBytes
from tests.core.archive.samples import PASSWORD, archive, password

SYSTEM_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the reader and a `.kms`, as unzip leaves them."""
    written = archive()
    (tmp_path / "open_kms.py").write_bytes(reader_bytes())
    (tmp_path / "keys.kms").write_bytes(written.kms)
    return tmp_path


def _run(folder: Path, line: bytes, *names: str) -> subprocess.CompletedProcess[bytes]:
    assert SYSTEM_PYTHON is not None
    command = [SYSTEM_PYTHON, "-I", "open_kms.py", *(names or ("keys.kms",))]
    return subprocess.run(command, cwd=folder, input=line, capture_output=True, check=False)


def test_its_bytes_are_those_that_were_written_down() -> None:
    data = files("nskeys.archive.reader").joinpath("open_kms.py").read_bytes()
    assert hashlib.sha256(data).hexdigest() == READER_SHA256
    assert data == reader_bytes()


def test_it_can_be_read_in_one_sitting() -> None:
    data = reader_bytes()
    assert len(data.splitlines()) <= 500
    assert b"\r" not in data
    assert data.isascii()


def test_it_needs_python_3_8_and_its_standard_library_only() -> None:
    tree = ast.parse(reader_bytes(), feature_version=(3, 8))
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_it_shows_the_keys(folder: Path, ending: bytes) -> None:
    ran = _run(folder, PASSWORD.encode() + ending)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout == decrypt(archive_bytes(folder), password()) + b"\n"


def archive_bytes(folder: Path) -> bytes:
    """The `.kms` that lies there."""
    return (folder / "keys.kms").read_bytes()


def test_it_takes_a_password_in_another_normal_form(folder: Path) -> None:
    ran = _run(folder, unicodedata.normalize("NFD", PASSWORD).encode() + b"\n")
    assert ran.returncode == 0


@pytest.mark.parametrize("size", [0, 65_535, 65_536, 65_537, 140_000])
def test_it_reads_payloads_of_several_chunks(folder: Path, size: int) -> None:
    plain = bytes(size)
    (folder / "keys.kms").write_bytes(encrypt(plain, SecretBytes(b"x"), 1))
    assert _run(folder, b"x\n").stdout == plain + b"\n"


@pytest.mark.parametrize("line", [b"wrong\n", b"\n", b"", b"\xff\xfe\n"])
def test_a_wrong_password_is_one_sentence(folder: Path, line: bytes) -> None:
    ran = _run(folder, line)
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert ran.stderr.startswith(b"The password does not open it. ")
    assert ran.stderr.count(b"\n") == 1


def test_damage_is_one_sentence(folder: Path) -> None:
    data = archive_bytes(folder)
    for damaged in (
        data[:-1],
        data[:-200],
        data[:-1] + bytes([data[-1] ^ 1]),
        data.replace(b"--- ", b"--- A", 1),
    ):
        (folder / "keys.kms").write_bytes(damaged)
        ran = _run(folder, PASSWORD.encode() + b"\n")
        assert (ran.returncode, ran.stdout) == (1, b"")
        assert ran.stderr.count(b"\n") == 1
        assert b"damaged" in ran.stderr


@pytest.mark.parametrize("data", [b"", b"hello", b"age-encryption.org/v1\n-> scrypt ", b"PK\x03\x04"])
def test_another_file_is_one_sentence(folder: Path, data: bytes) -> None:
    (folder / "keys.kms").write_bytes(data)
    ran = _run(folder, b"x\n")
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert ran.stderr.startswith(b"This is no keys.kms")


def test_a_cost_beyond_reason_is_refused_before_it_is_paid(folder: Path) -> None:
    (folder / "keys.kms").write_bytes(archive_bytes(folder).replace(b" 1\n", b" 31\n", 1))
    ran = _run(folder, b"x\n")
    assert (ran.returncode, ran.stderr.startswith(b"This is no keys.kms")) == (1, True)


def test_a_file_that_is_not_there_is_one_sentence(folder: Path) -> None:
    ran = _run(folder, b"x\n", "missing.kms")
    assert (ran.returncode, ran.stderr) == (1, b"The file cannot be read: No such file or directory\n")


def test_without_a_file_it_says_how_it_is_called(folder: Path) -> None:
    ran = _run(folder, b"", "a", "b", "c")
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"Usage: python3 -I open_kms.py keys.kms")


IDENTITIES = [X25519Identity(SecretBytes(bytes([at]) * 32)) for at in (1, 2)]


def _to_recipients(folder: Path, identity_file: bytes) -> bytes:
    """A `.kms` to the second identity, beside an identity file: what is in it."""
    plain = b"a JWK Set"
    kms = encrypt_to([parse_recipient(IDENTITIES[1].recipient)], plain)
    (folder / "open_kms.py").write_bytes(reader_bytes())
    (folder / "keys.kms").write_bytes(kms)
    (folder / "identity").write_bytes(identity_file)
    return plain + b"\n"


def _spelled() -> str:
    return "\n".join(identity.spelled().text() for identity in IDENTITIES)


@pytest.mark.parametrize(
    "written",
    [
        f"# two of them\n\n{_spelled()}\n",
        f"\ufeff{_spelled()}\n".replace("\n", "\r\n"),
        f"  {IDENTITIES[1].spelled().text()}  ",
    ],
)
def test_identity_files_as_people_have_them(tmp_path: Path, written: str) -> None:
    plain = _to_recipients(tmp_path, written.encode())
    ran = _run(tmp_path, b"", "keys.kms", "identity")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, plain, b"")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", b"There is no identity of age in that file."),
        (IDENTITIES[1].recipient.encode(), b"There is no identity of age in that file."),
        (f"{_spelled()}\nhello".encode(), b"There is no identity of age in that file."),
        (b"", b"There is no identity of age in that file."),
        (_spelled().encode("utf-16"), b"There is no identity of age in that file."),
        (b"x" * 70_000, b"The file is larger than nskeys writes one."),
        (IDENTITIES[0].spelled().reveal(), b"That identity is none of its recipients."),
        (_spelled().replace("1", "1Q", 1)[:-1].encode(), b"There is no identity of age in that file."),
    ],
)
def test_another_identity_file_is_one_sentence(tmp_path: Path, written: bytes, said: bytes) -> None:
    _to_recipients(tmp_path, written)
    ran = _run(tmp_path, b"", "keys.kms", "identity")
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, b"", said + b"\n")


def test_a_password_file_that_a_windows_editor_saved(tmp_path: Path) -> None:
    (tmp_path / "open_kms.py").write_bytes(reader_bytes())
    (tmp_path / "keys.kms").write_bytes(encrypt(b"{}", SecretBytes(b"x"), 1))
    assert _run(tmp_path, b"\xef\xbb\xbfx\r\n").stdout == b"{}\n"
