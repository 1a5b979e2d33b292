"""Secrets out of files: a path, a pipe, a descriptor, standard input."""

import os
import threading
from pathlib import Path

import pytest

from nskeys.cli.recipients import recipients_of
from nskeys.cli.secret_files import read_secret
from nskeys.errors import FileUnreadable
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.wording.errors import say
from tests.fakes.disks import public_folder


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


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"word\n")
    path.chmod(mode)
    with pytest.raises(FileUnreadable) as raised:
        read_secret(str(path))
    assert raised.value.problem == "others_write"
    os.system(say(raised.value).advice.split("'")[1].replace("FILE", str(path)))
    assert read_secret(str(path)).reveal() == b"word"


def test_a_file_that_others_can_read_is_taken_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with public_folder() as folder:
        path = folder / "secret"
        path.write_bytes(b"word\n")
        path.chmod(0o644)
        assert read_secret(str(path)).reveal() == b"word"
        assert capsys.readouterr().err == (
            f"Other users can read {path}: close it to them with 'chmod go= FILE'.\n"
        )
        folder.chmod(0o700)
        assert read_secret(str(path)).reveal() == b"word"
        assert capsys.readouterr().err == "", "nobody comes to it"


def test_a_list_of_recipients_that_others_may_write_chooses_nobody(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("age1\n")
    path.chmod(0o666)
    with pytest.raises(FileUnreadable) as raised:
        recipients_of([str(path)])
    assert raised.value.problem == "others_write"
