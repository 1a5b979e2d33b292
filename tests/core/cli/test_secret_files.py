"""Secrets out of files: a path, a pipe, a descriptor, standard input."""

import os
import threading
from pathlib import Path

import pytest

from nskeys.cli.secret_files import read_secret
from nskeys.errors import FileUnreadable
from nskeys.model.credentials import SECRET_LIMIT


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        (b"word", b"word"),
        (b"word\n", b"word"),
        (b"word\r\n", b"word"),
        (b"word\n\n", b"word\n"),
        (b"word\r", b"word\r"),
        (b" two words \n", b" two words "),
        (b"\n", b""),
        (b"", b""),
        (b"a\x00b\n", b"a\x00b"),
        ("pässword\n".encode(), "pässword".encode()),
    ],
)
def test_one_final_line_ending_is_dropped_and_nothing_else(
    tmp_path: Path, written: bytes, secret: bytes
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(written)
    assert read_secret(str(path)).reveal() == secret


def test_a_descriptor_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"word\n")
    os.close(writing)
    assert read_secret(f"/dev/fd/{reading}").reveal() == b"word"
    os.close(reading)


def test_a_named_pipe_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(b"word\n"))
    writer.start()
    assert read_secret(str(path)).reveal() == b"word"
    writer.join()


def test_the_longest_secret_is_read_and_a_longer_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for ending in (b"", b"\n", b"\r\n"):
        path.write_bytes(b"x" * SECRET_LIMIT + ending)
        assert len(read_secret(str(path))) == SECRET_LIMIT
        path.write_bytes(b"x" * (SECRET_LIMIT + 1) + ending)
        with pytest.raises(FileUnreadable) as raised:
            read_secret(str(path))
        assert raised.value.problem == "too_large"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(FileUnreadable) as raised:
        read_secret("/dev/zero")
    assert raised.value.problem == "too_large"


@pytest.mark.parametrize(
    ("path", "problem"),
    [("missing", "missing"), (".", "not_a_file"), ("/dev/fd/999", "missing"), ("a\0b", "missing")],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, path: str, problem: str) -> None:
    given = path if "\0" in path else str(tmp_path / path)
    with pytest.raises(FileUnreadable) as raised:
        read_secret(given)
    assert raised.value.problem == problem
