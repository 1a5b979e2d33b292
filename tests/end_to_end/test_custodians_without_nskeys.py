"""What a custodian's sheet says of the day without nskeys, typed as it stands, with the tools it names."""

import json
import re
import shlex
import shutil
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from nskeys.model.signed_json import from_base64url
from tests.core.cli.test_custodians import words_on
from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine
from tests.fakes.programs import needs

pytestmark = needs("age", "unzip")


@pytest.fixture
def server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Machine:
    """A server with two credentials."""
    return Machine(tmp_path, capsys).set_up()


def sheets_of(server: Machine, shares: int = 5, threshold: int = 3) -> list[str]:
    """A split whose shares were proven: each sheet as it was printed."""
    folder = server.folder / "sheets"
    folder.mkdir(mode=0o700)
    numbers = ("--shares", str(shares), "--threshold", str(threshold))
    files = server.does("custodians", "split", *numbers, "--sheets", str(folder))["files"]
    pages = [Path(path).read_text("utf-8") for path in files]
    typed = server.file("typed", "\n".join(map(words_on, pages)))
    server.does("custodians", "check", "--shares-file", typed)
    return pages


def asked(times: int) -> Callable[[PtySession], bool]:
    """Whether a share was asked for so often."""
    return lambda session: session.text.count("Enter a recovery share") >= times


def recovered(command: list[str], texts: list[str], folder: Path) -> str:
    """The master secret that `shamir recover` shows after these sheets."""
    with PtySession(command, columns=200, lines=50, directory=str(folder)) as session:
        for number, text in enumerate(texts):
            session.wait_for(asked(number + 1))
            session.write(text + "\n")
        session.wait_for("Your master secret is:")
        session.wait_end()
        shown = re.search(r"master secret is: ([0-9a-f]{32})\b", session.text)
        assert shown is not None, session.text
        return shown[1]


def decrypted(command: list[str], password: str, folder: Path) -> bytes:
    """What `age -d` prints after its question was answered."""
    line = f"{shlex.join(command)} > keys.json"
    with PtySession(["sh", "-c", line], directory=str(folder)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw)
        session.write(password + "\n")
        assert session.wait_end() == 0, session.text
    return (folder / "keys.json").read_bytes()


def test_what_the_sheet_says_opens_the_backup(server: Machine, tmp_path: Path) -> None:
    pages = sheets_of(server)
    backup = Path(server.does("backup", "--to", server.vault())["copies"][0]["path"])
    kids = {key["key_id"] for key in server.does("key", "list")}
    shutil.rmtree(server.home)

    page = pages[4]
    chapter = page[page.index("Without nskeys") :].splitlines()
    lines = [line[4:] for line in chapter if re.match(r" {4}\S", line)]
    venv, pip, recover, unzip, age = map(shlex.split, lines)
    assert venv == ["python3", "-m", "venv", "slip39"]
    assert pip[1:] == ["install", f"shamir-mnemonic[cli]=={version('shamir-mnemonic')}"]
    rescue = tmp_path / "rescue"
    (rescue / "slip39").mkdir(parents=True)
    (rescue / "slip39" / "bin").symlink_to(Path(sys.executable).parent)  # what these two lines install
    texts = [words_on(pages[number]) for number in (4, 0, 2)]
    password = recovered(recover, texts, rescue)

    assert unzip[:2] == ["unzip", "FILE"]
    with PtySession(["unzip", str(backup), *unzip[2:]], directory=str(rescue)) as session:
        assert session.wait_end() == 0
    shown = json.loads(decrypted(age, password, rescue))
    found = {key["kid"]: from_base64url(key["k"]) for key in shown["keys"] if key["kty"] == "oct"}
    assert found.keys() == kids
    assert all(len(key) == 32 for key in found.values())


def test_the_archive_says_the_same(server: Machine) -> None:
    sheets_of(server, 3, 2)
    backup = Path(server.does("backup", "--to", server.vault())["copies"][0]["path"])
    with zipfile.ZipFile(backup) as archive:
        text = archive.read("RESTORE.txt").decode()
        assert "identity-custodians.age" in archive.namelist()
    for said in ("shamir recover", "age -d -i identity-custodians.age keys.kms", "2 of the 3"):
        assert said in text


def test_two_sheets_of_five_recover_nothing(server: Machine, tmp_path: Path) -> None:
    pages = sheets_of(server)
    scripts = Path(sys.executable).parent
    with PtySession([str(scripts / "shamir"), "recover"], columns=200, directory=str(tmp_path)) as session:
        for number in (0, 1):
            session.wait_for(asked(number + 1))
            session.write(words_on(pages[number]) + "\n")
        session.wait_for("2 of 3 shares needed")
        assert "master secret" not in session.text
