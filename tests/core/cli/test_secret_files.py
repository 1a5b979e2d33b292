"""Secrets out of files: a path, a pipe, a descriptor, standard input."""

import os
import threading
from pathlib import Path

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.cli.commands.backup import recipients_of
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import read_secret
from nskeys.errors import FileUnreadable
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.services.user_files import read_identity_file
from nskeys.wording.errors import say
from tests.fakes.command_line import Machine
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


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        (MARK + b"word\r\n", b"word"),
        (MARK + MARK + b"word", b"word"),
        (MARK, b""),
        ("Tür".encode("utf-8-sig"), "Tür".encode()),
        (b"word" + MARK, b"word" + MARK),
    ],
)
def test_the_mark_that_an_editor_puts_before_utf_8_is_no_part_of_a_secret(
    tmp_path: Path, written: bytes, secret: bytes
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(written)
    assert read_secret(str(path)).reveal() == secret


@pytest.mark.parametrize("text", ["1", "four words\r\n", "Grüße aus Köln\n", "a€b"])
@pytest.mark.parametrize(
    ("encoding", "problem"),
    [
        ("utf-16", "utf16"),
        ("utf-16-le", "utf16"),
        ("utf-16-be", "utf16"),
        ("utf-32", "utf32"),
        ("utf-32-le", "utf32"),
        ("utf-32-be", "utf32"),
    ],
)
def test_what_is_saved_as_utf_16_or_utf_32_is_refused_by_its_name(
    tmp_path: Path, text: str, encoding: str, problem: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(FileUnreadable) as raised:
        read_secret(str(path))
    assert raised.value.problem == problem
    said = say(raised.value)
    assert f"it is {problem.upper().replace('F', 'F-')} text" in said.what
    assert "Save it as UTF-8" in said.advice


def test_every_kind_of_file_may_begin_with_a_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a Windows editor saved, and what a person types, are the same password, passphrase, secret,
    identity and recipient."""
    machine, marked = Machine(tmp_path, capsys), "\ufeff{}\r\n".format
    secret, typed = (
        machine.file(name, text)
        for name, text in (("m", marked("tall oak by the lake")), ("t", "tall oak by the lake"))
    )
    machine.does("init", "--server-name", "ns01", "--protector", "passphrase", "--passphrase-file", secret)
    fields = ("--kind", "run-as", "--name", "deploy", "--target", "*", "--account", "svc")
    machine.does("credential", "add", *fields, "--secret-file", secret, "--passphrase-file", typed)
    shown = machine.does("credential", "show", "run-as/deploy", "--reveal", "--passphrase-file", typed)
    assert shown["secret"] == "tall oak by the lake"
    other, opens = (
        machine.file("p", marked("wide elm on the hill")),
        machine.file("q", "wide elm on the hill"),
    )
    at = str(tmp_path)
    made = machine.does("backup", "--to", at, "--password-file", other, "--passphrase-file", typed)
    machine.does("drill", made["path"], "--password-file", opens, "--passphrase-file", typed)
    machine.does("identity", "create", "--password-file", other, "--passphrase-file", typed)
    identity = X25519Identity.new()
    with identity.spelled() as line:
        file = machine.file("identity", marked(line.text()))
    to = machine.file("to", marked(identity.recipient))
    made = machine.does("backup", "--to", at, "--recipient", to, "--passphrase-file", typed)
    machine.does("drill", made["path"], "--password-file", opens, "--passphrase-file", typed)
    machine.does("drill", made["path"], "--identity", file, "--passphrase-file", typed)
    read = read_identity_file(file).identity
    assert read is not None
    assert read.reveal().startswith(b"AGE-SECRET-KEY-1")
    for option in ("--password-file", "--identity"):
        path = tmp_path / "powershell"
        path.write_bytes(identity.recipient.encode("utf-16"))
        refused = machine.run("drill", made["path"], option, str(path), "--passphrase-file", typed)
        assert (refused.code, "UTF-16" in refused.err) == (Exit.BAD_DATA, True)
    with pytest.raises(FileUnreadable):
        read_identity_file(str(path))
