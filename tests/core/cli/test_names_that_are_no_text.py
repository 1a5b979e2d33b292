"""A backup is read wherever it lies, also below a folder whose name another system wrote in its own bytes;
only where something is to be written down, as a destination is, such a name is refused."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.core.cli.test_backups import _copied
from tests.fakes.command_line import Machine, tree

LATIN = os.fsdecode(b"Gr\xf6\xdfe")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / LATIN
    folder.mkdir()
    return folder


@pytest.fixture
def file(server: Machine, folder: Path) -> str:
    made = server.back_up("--to", server.vault())["path"]
    return str(shutil.copy(made, folder / "x.zip"))


def test_such_a_file_is_inspected_drilled_and_restored(server: Machine, file: str) -> None:
    inspected = server.run("inspect", file)
    assert inspected.code == 0, inspected.err
    assert "\\udcf6" in inspected.out
    assert server.does("inspect", file)["facts"]["generation"] == 1
    drilled = server.run("drill", file, "--password-file", server.password, "--json")
    assert drilled.json["proof"] == "credentials_open"
    assert drilled.json["diary"] in ("signed", "unsigned")
    other = _copied(server)
    restored = other.run("restore", file, "--password-file", other.password, *server.confirmed, "--json")
    assert restored.code == 0, restored.err
    assert other.does("verify")["failed"] == 0
    again = server.run("restore", file, "--password-file", server.password)
    assert again.code == 0, again.err
    text = server.run("register", "diary")
    assert text.code == 0
    assert "Gr??e" in text.out or "Gr??e" in json.dumps(server.does("register", "diary"))


def test_such_a_file_may_be_named_by_its_url_or_have_such_a_name_itself(
    server: Machine, file: str, folder: Path
) -> None:
    odd = folder.parent / os.fsdecode(b"\xfc.zip")
    shutil.copy(file, odd)
    assert server.does("inspect", str(odd))["facts"]["generation"] == 1
    url = f"file://{folder.parent}/Gr%F6%DFe/x.zip"
    assert server.does("inspect", url)["facts"]["generation"] == 1


@pytest.mark.parametrize(
    "words", [("destination", "add"), ("destination", "test"), ("backup", "--to"), ("register", "add")]
)
def test_what_is_to_be_written_down_is_refused_with_a_sentence(
    server: Machine, file: str, folder: Path, words: tuple[str, ...]
) -> None:
    before = tree(server.home)
    named = file if words[0] == "register" else str(folder)
    password = ("--password-file", server.password) if words[0] == "backup" else ()
    ran = server.run(*words, named, *password)
    assert ran.code == 64
    assert "cannot be used as a destination: it is not UTF-8 text." in ran.err
    assert tree(server.home) == before


@pytest.mark.parametrize("part", ["a" * 300, "/".join(["b" * 100] * 60)])
def test_a_path_longer_than_the_system_takes_has_a_sentence(
    server: Machine, tmp_path: Path, part: str
) -> None:
    place = str(tmp_path / part)
    for words in (
        ("destination", "test", place),
        ("backup", "--to", place, "--password-file", server.password),
        ("inspect", f"{place}/x.zip"),
        ("restore", f"{place}/x.zip", "--password-file", server.password),
        ("drill", f"{place}/x.zip", "--password-file", server.password),
    ):
        ran = server.run(*words)
        assert ran.code in (65, 69, 73), (words, ran.err)
        assert "the name is too long" in ran.err
    added = server.run("destination", "add", place, "--elsewhere", "tape")
    assert added.code == 0
    assert "the name is too long" in added.err
