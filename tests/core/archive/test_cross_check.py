"""The second reader: an independent implementation, in a process of its own, that tells no secret."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pyrage
import pytest

from nskeys.archive.age.scrypt import encrypt
from nskeys.archive.cross_check import answer, confirm, second_opinion, token_of
from nskeys.errors import BackupNotProven
from nskeys.model.secret import SecretBytes
from tests.core.archive.samples import archive, password

WRITTEN = archive()


def test_it_confirms_what_was_written() -> None:
    confirm(WRITTEN.kms, password(), WRITTEN.payload_sha256)


@pytest.mark.parametrize(
    ("kms", "given", "payload"),
    [
        (WRITTEN.kms, "wrong", WRITTEN.payload_sha256),
        (WRITTEN.kms[:-1], None, WRITTEN.payload_sha256),
        (b"", None, WRITTEN.payload_sha256),
        (WRITTEN.kms, None, "ab" * 32),
        (encrypt(b"{}", password(), 1), None, WRITTEN.payload_sha256),
    ],
    ids=["wrong password", "damaged", "empty", "another hash", "another file"],
)
def test_it_does_not_confirm_anything_else(kms: bytes, given: str | None, payload: str) -> None:
    with pytest.raises(BackupNotProven) as raised:
        confirm(kms, password(given) if given else password(), payload)
    assert raised.value.problem == "second_reader"


def test_a_child_that_cannot_start_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(BackupNotProven):
        confirm(WRITTEN.kms, password(), WRITTEN.payload_sha256)


def test_a_child_that_crashes_confirms_nothing() -> None:
    assert second_opinion(WRITTEN.kms, SecretBytes(b"\xff")) == ""


def _framed(secret: bytes, kms: bytes) -> bytes:
    return len(secret).to_bytes(4, "big") + secret + len(kms).to_bytes(4, "big") + kms


def test_its_answer_holds_a_hash_and_no_secret() -> None:
    request = _framed(password().reveal(), WRITTEN.kms)
    child = subprocess.run(
        [sys.executable, "-P", "-m", "nskeys.archive.cross_check", "password"],
        input=request,
        capture_output=True,
        check=False,
    )
    assert child.stdout.decode() == f"sha256 {WRITTEN.payload_sha256}\n"
    assert (child.returncode, child.stderr) == (0, b"")


def test_a_file_in_the_working_folder_is_not_given_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyrage.py").write_text("import sys; sys.stdout.write('stolen')\n")
    monkeypatch.chdir(tmp_path)
    assert second_opinion(WRITTEN.kms, password()) == f"sha256 {WRITTEN.payload_sha256}"


def test_other_threads_go_on_while_it_works() -> None:
    """pyrage holds the interpreter's lock while it derives; here, that must be the child's lock."""
    kms = encrypt(b"x", SecretBytes(b"x"), 15)
    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.002):
            ticks.append(time.monotonic())

    ticking = threading.Thread(target=tick)
    ticking.start()
    second_opinion(kms, SecretBytes(b"x"))
    done.set()
    ticking.join()
    assert len(ticks) > 5


# --- the contract with pyrage ------------------------------------------------------------------------

_LINES = WRITTEN.kms.split(b"\n")


def _with_line(number: int, line: bytes) -> bytes:
    return b"\n".join([*_LINES[:number], line, *_LINES[number + 1 :]])


_OTHER_MAC = b"--- " + (b"A" if _LINES[3][4:5] != b"A" else b"B") + _LINES[3][5:]


@pytest.mark.parametrize(
    ("kms", "secret", "token"),
    [
        (WRITTEN.kms, b"wrong", "wrong_password"),
        (WRITTEN.kms.replace(b" 1\n", b" 40\n", 1), b"x", "work_factor"),
        (WRITTEN.kms[:-1], None, "payload"),
        (WRITTEN.kms[:50], None, "truncated"),
        (b"", None, "truncated"),
        (b"age-encryption.org/v2\n" + WRITTEN.kms, None, "header"),
        (_with_line(1, b"-> scrypt AAAA 1"), None, "header"),
        (_with_line(1, b"-> other AAAA"), None, "no_stanza"),
        (_with_line(3, _OTHER_MAC), None, "header_mac"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pyrage_still_says_what_we_understand(kms: bytes, secret: bytes | None, token: str) -> None:
    given = password().reveal() if secret is None else secret
    assert answer(_framed(given, kms)) == f"failed {token}"


def test_words_that_pyrage_never_said_are_unreadable() -> None:
    assert token_of("The moon is full") == "unreadable"
    assert issubclass(pyrage.DecryptError, Exception)
