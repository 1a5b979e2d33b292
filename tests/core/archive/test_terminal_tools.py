"""The tools that RESTORE.txt names, on a terminal, as a person would type it."""

import shutil
import sys
from pathlib import Path

import pytest

from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.reader import reader_bytes
from tests.core.archive.samples import PASSWORD, archive, password
from tests.end_to_end.pty_session import PtySession

VECTORS = Path(__file__).parents[2] / "vectors" / "format-1"
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")


def _typed(command: list[str], folder: Path, line: str) -> tuple[int, bytes]:
    """Run a command on a terminal, type a line when it asks, and return its exit code and all it said."""
    with PtySession(command, directory=str(folder)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw or b"assword" in now.raw)
        session.write(line + "\n")
        return session.wait_end(), session.raw


@needs_age
@pytest.mark.parametrize("released", [False, True], ids=["written now", "released vector"])
def test_age_shows_the_keys(tmp_path: Path, *, released: bool) -> None:
    kms = (VECTORS / "password.kms").read_bytes() if released else archive().kms
    (tmp_path / "keys.kms").write_bytes(kms)
    code, said = _typed(["age", "-d", "keys.kms"], tmp_path, PASSWORD)
    assert code == 0, said
    assert decrypt(kms, password()) in said.replace(b"\r\n", b"\n")


@needs_age
def test_age_refuses_a_wrong_password(tmp_path: Path) -> None:
    (tmp_path / "keys.kms").write_bytes(archive().kms)
    code, said = _typed(["age", "-d", "keys.kms"], tmp_path, "wrong")
    assert code == 1
    assert b"incorrect passphrase" in said


def test_the_readers_question_shows_no_password(tmp_path: Path) -> None:
    kms = archive().kms
    (tmp_path / "keys.kms").write_bytes(kms)
    (tmp_path / "open_kms.py").write_bytes(reader_bytes())
    code, said = _typed([sys.executable, "-I", "open_kms.py", "keys.kms"], tmp_path, PASSWORD)
    assert code == 0, said
    assert decrypt(kms, password()) in said
    assert PASSWORD.encode() not in said


@needs_age
@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_the_lines_of_the_instructions_for_age_work(tmp_path: Path) -> None:
    (tmp_path / "ARCHIVE.zip").write_bytes(archive().data)
    script = "unzip -q -o ARCHIVE.zip keys.kms && age -d keys.kms"
    code, said = _typed(["sh", "-c", script], tmp_path, PASSWORD)
    assert code == 0, said
    assert b'"kty":"oct"' in said
