"""The story of both halves where three of five custodians open the backups, with nskeys and without it."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.model.database_copy import is_part_name
from tests.core.cli.test_custodians import words_on
from tests.end_to_end.both_halves_story import (
    ENGINES,
    Life,
    Openers,
    bring_back,
    by_password,
    cmdb_options,
    lived,
)
from tests.end_to_end.test_custodians_without_nskeys import decrypted, recovered
from tests.fakes.command_line import Machine
from tests.fakes.programs import needs

ANY_THREE = (4, 0, 2)


@pytest.fixture(params=ENGINES)
def cmdb(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    """The options with which a server names its CMDB."""
    with cmdb_options(request.param) as options:
        yield options


@pytest.fixture
def place(tmp_path: Path) -> str:
    (tmp_path / "vault").mkdir()
    return str(tmp_path / "vault")


def by_three_of_five(old: Machine) -> Openers:
    """Every share was proven by its custodian; three of them come when they are needed."""
    sheets = old.folder / "sheets"
    sheets.mkdir(mode=0o700)
    split = ("custodians", "split", "--shares", "5", "--threshold", "3", "--sheets", str(sheets))
    shares = [words_on(Path(path).read_text("utf-8")) for path in old.does(*split)["files"]]
    old.does("custodians", "check", "--shares-file", old.file("typed", "\n".join(shares)))
    three = old.file("three", "\n".join(shares[number] for number in ANY_THREE) + "\n")
    return Openers((), ("--shares-file", three))


def test_three_of_five_bring_every_credential_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, cmdb: tuple[str, ...]
) -> None:
    life = lived(Machine(tmp_path, capsys, "old"), place, cmdb, by_three_of_five)
    with cmdb_options("postgres" if cmdb else "sqlite") as new:
        bring_back(Machine(tmp_path, capsys, "bare"), life, new)


def copy_of(part: Path) -> tuple[str, str]:
    """What the parts of one copy share: `ns01-20261130T100000Z` and `3.zip`, or `3-2.zip` where a copy of
    the same second was there before."""
    stem, _, place = part.name.partition("-cmdb-")
    return stem, place.partition("of")[2]


def unzipped(place: str, into: Path) -> list[str]:
    """What `unzip` takes out of the newest key backup; the newest parts of a copy, as they lie there. A
    name tells no less than a second, so the times of the files say what is newest."""
    paths = sorted(Path(place).glob("*.zip"), key=lambda path: path.stat().st_mtime_ns)
    backup = [path for path in paths if not is_part_name(path.name)][-1]
    into.mkdir()
    subprocess.run(["unzip", "-q", str(backup)], cwd=into, check=True)
    parts = [path for path in paths if is_part_name(path.name)]
    return [str(path) for path in parts if copy_of(path) == copy_of(parts[-1])]


def printed(folder: Path, password: str, *argv: str) -> dict[str, str]:
    """Each secret that `open_kms.py` prints; the password is its first line."""
    command = [sys.executable, "-I", "open_kms.py", "keys.kms", *argv]
    ran = subprocess.run(
        command, cwd=folder, input=password + "\n", capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    return {f"{row['kind']}/{row['name']}": row["secret"] for row in rows}


def keys_by_age(command: list[str], password: str, folder: Path) -> list[str]:
    """What kind of keys `age -d` shows."""
    return sorted(key["kty"] for key in json.loads(decrypted(command, password, folder))["keys"])


@needs("age", "unzip")
def test_without_nskeys_a_password_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, cmdb: tuple[str, ...]
) -> None:
    old = Machine(tmp_path, capsys, "old")
    life = lived(old, place, cmdb, by_password)
    parts = unzipped(place, tmp_path / "rescue")
    password = Path(old.password).read_text("utf-8").strip()
    assert printed(tmp_path / "rescue", password, "--rows", *parts) == life.secrets
    assert set(keys_by_age(["age", "-d", "keys.kms"], password, tmp_path / "rescue")) == {"oct", "OKP"}


@needs("age", "unzip")
def test_without_nskeys_three_sheets_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, cmdb: tuple[str, ...]
) -> None:
    life: Life = lived(Machine(tmp_path, capsys, "old"), place, cmdb, by_three_of_five)
    folder = tmp_path / "rescue"
    parts = unzipped(place, folder)
    recover = str(Path(sys.executable).parent / "shamir")
    three = Path(life.opens[1]).read_text("utf-8").splitlines()
    password = recovered([recover, "recover"], three, folder)
    assert printed(folder, password, "identity-custodians.age", "--rows", *parts) == life.secrets
    by_age = ["age", "-d", "-i", "identity-custodians.age", "keys.kms"]
    assert set(keys_by_age(by_age, password, folder)) == {"oct", "OKP"}
    with zipfile.ZipFile(parts[0]) as part:
        text = part.read("RESTORE.txt").decode()
    assert re.search(r"open_kms\.py keys\.kms .*--rows", text)
    shutil.rmtree(folder)
