"""open_kms.py --rows: with Python's standard library alone, every credential of a database copy or of a
database is printed with its secret; whatever is not what nskeys wrote is refused."""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from nskeys.archive.canonical_zip import build, split
from nskeys.archive.reader import reader_bytes
from nskeys.model.backup import KMS_NAME
from tests.core.archive.test_open_kms import SYSTEM_PYTHON
from tests.core.services.database.test_database_copy import SMALL, copied
from tests.core.services.restore.test_both_halves import WANTED
from tests.core.services.restore.test_both_halves_refused import drop_a_credential, forged
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import PASSWORD

pytestmark = pytest.mark.usefixtures("second_reader_here")


@dataclass
class Kept:
    """What somebody has who has nothing else: what was in the key backup, and the parts."""

    folder: Path
    server: RealServer

    def parts(self) -> list[str]:
        """The files of the newest copy that is in the vault."""
        newest = self.server.services.database.copies()[0]
        return [str(Path(newest.destination) / part.name) for part in newest.parts]

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        assert SYSTEM_PYTHON is not None
        command = [SYSTEM_PYTHON, "-I", "open_kms.py", "keys.kms", *argv]
        return subprocess.run(
            command, cwd=self.folder, input=PASSWORD + "\n", capture_output=True, text=True, check=False
        )

    def secrets(self, *argv: str) -> dict[str, str]:
        ran = self.run(*argv)
        assert ran.returncode == 0, ran.stderr
        rows = [json.loads(line) for line in ran.stdout.splitlines()]
        return {f"{row['kind']}/{row['name']}": row["secret"] for row in rows}

    def refused(self, *argv: str) -> str:
        """Why, in one sentence."""
        ran = self.run(*argv)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "Traceback" not in ran.stderr
        return ran.stderr.strip()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    server = RealSite(tmp_path).server()
    server.set_up()
    for reference, secret in WANTED.items():
        server.add(reference.partition("/")[2], secret)
    archive = Path(server.back_up_keys().copy.address).read_bytes()
    copied(server)
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "open_kms.py").write_bytes(reader_bytes())
    (folder / "keys.kms").write_bytes(dict(split(archive))[KMS_NAME])
    return Kept(folder, server)


def test_every_secret_of_a_copy_is_printed(kept: Kept) -> None:
    ran = kept.run("--rows", *kept.parts())
    assert "12 of 12 credentials opened." in ran.stderr
    assert kept.secrets("--rows", *kept.parts()) == WANTED


def test_parts_may_come_in_any_order_and_none_may_be_missing(kept: Kept) -> None:
    copied(kept.server, size=SMALL)
    parts = kept.parts()
    assert kept.secrets("--rows", *reversed(parts)) == WANTED
    assert "not all of its" in kept.refused("--rows", *parts[1:])
    assert "not all of its" in kept.refused("--rows", *parts, parts[0])


def test_the_database_itself_is_read(kept: Kept) -> None:
    assert kept.secrets("--rows", str(kept.server.folder.cmdb)) == WANTED
    assert kept.secrets("--rows", str(kept.server.folder.cmdb), "--only", "ns03") == {
        "run-as/ns03": "secret 3"
    }


def test_one_of_them_by_its_name(kept: Kept) -> None:
    assert kept.secrets("--rows", *kept.parts(), "--only", "run-as/ns07") == {"run-as/ns07": "secret 7"}
    nobody = kept.run("--rows", *kept.parts(), "--only", "nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")


def test_a_row_that_was_edited_does_not_open_and_the_others_do(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.server.folder.cmdb)) as database, database:
        database.execute("UPDATE credentials SET target = 'elsewhere' WHERE name = 'ns05'")
        database.execute("UPDATE credentials SET sealed = 'text' WHERE name = 'ns06'")
    ran = kept.run("--rows", str(kept.server.folder.cmdb))
    assert ran.returncode == 1
    assert len(ran.stdout.splitlines()) == 10
    assert "run-as/ns05 does not open: it is not what was sealed" in ran.stderr
    assert "run-as/ns06 does not open" in ran.stderr
    assert "10 of 12 credentials opened." in ran.stderr


def test_a_database_or_copy_of_another_server_is_none_of_this_backup(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    other = RealSite(tmp_path / "others").server()
    other.set_up()
    other.add("theirs")
    other.back_up_keys()
    theirs = copied(other).copies[0]
    assert "not the database of this key backup" in kept.refused("--rows", str(other.folder.cmdb))
    part = str(Path(theirs.destination) / theirs.parts[0].name)
    assert "not of the server of this key backup" in kept.refused("--rows", part)
    other.services.close()


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    return build([(one, change(member) if one == name else member) for one, member in split(data)])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:-900], "it was cut, or changed"),
        (lambda data: data + b"x", "it was cut, or changed"),
        (lambda data: b"PK\x03\x04 and so on", "it is damaged"),
        (
            lambda data: changed(data, "cmdb.age", lambda age: age[:-1] + b"x"),
            "a file in it is another one",
        ),
        (
            lambda data: changed(data, "manifest.json", lambda text: text.replace(b"cmdb/1", b"cmdb/2")),
            "it is of a newer version",
        ),
        (
            lambda data: changed(
                data, "manifest.json", lambda text: text.replace(b'"number":', b'"number": ')
            ),
            "it is damaged",
        ),
        (
            lambda data: changed(
                data, "manifest.json", lambda text: text.replace(b"ns01.example.net", b"ns02.example.net")
            ),
            "its signature does not hold",
        ),
    ],
)
def test_a_part_that_is_not_what_was_written(
    kept: Kept, change: Callable[[bytes], bytes], why: str
) -> None:
    (part,) = map(Path, kept.parts())
    part.write_bytes(change(part.read_bytes()))
    assert kept.refused("--rows", str(part)) == f"Nothing was printed: {why}."


def test_rows_that_the_server_itself_miscounted(kept: Kept) -> None:
    forged(kept.server, drop_a_credential)
    (part,) = kept.parts()
    assert kept.refused("--rows", part) == "Nothing was printed: its rows are not those that it names."


def test_a_copy_to_a_newer_copy_key_wants_a_newer_backup(kept: Kept) -> None:
    kept.server.clock.advance(minutes=5)
    kept.server.back_up_keys()
    kept.server.add("later")
    copied(kept.server)
    assert "does not hold its copy key" in kept.refused("--rows", *kept.parts())


@pytest.mark.parametrize("argv", [("--rows",), ("--only", "x"), ("--rows", "a", "--odd"), ("a", "b", "c")])
def test_it_says_how_it_is_called(kept: Kept, argv: tuple[str, ...]) -> None:
    ran = kept.run(*argv)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Usage: python3 -I open_kms.py keys.kms")
