"""open_kms.py opens every database copy and database of the vectors, and refuses what must be refused."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.core.vectors.runners import VECTORS, Line, load

READER = Path(__file__).parents[3] / "core" / "nskeys" / "archive" / "reader" / "open_kms.py"
KMS = VECTORS / "format-1" / "password.kms"
PASSWORD = json.loads((VECTORS / "format-1" / "password.json").read_text("utf-8"))["password"]
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))["vectors"]
_NOT_ITS_OWN = ("R-13.7", "R-13.13")
"""It does not check RESTORE.txt, and takes the copy key out of the key backup."""
_NOT_PRINTED = "format-1/refused/13.18-column.zip"
"""Nor the columns that it does not print."""
COPIES = [
    line
    for line in INDEX
    if line["kind"] == "database copy"
    and line.get("rule") not in _NOT_ITS_OWN
    and _NOT_PRINTED not in line["files"]
]


def _printed(folder: Path, line: Line) -> subprocess.CompletedProcess[bytes]:
    parts = []
    for name in line["files"]:
        parts.append(folder / Path(name).name.removesuffix(".zlib"))
        parts[-1].write_bytes(load(name))
    return _run(*parts)


def _run(*of: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", str(READER), str(KMS), "--rows", *map(str, of)]
    return subprocess.run(command, input=PASSWORD.encode(), capture_output=True, check=False)


@pytest.mark.parametrize("line", COPIES, ids=lambda line: line["files"][0])
def test_a_copy(line: Line, tmp_path: Path) -> None:
    ran = _printed(tmp_path, line)
    if line["expect"] == "refused":
        assert ran.returncode == 1, ran.stdout
        assert b"Traceback" not in ran.stderr
        return
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(row) for row in ran.stdout.decode("utf-8").splitlines()]
    assert {row["name"]: row["secret"] for row in told} == line["gives"]["secrets"]


def test_the_database(tmp_path: Path) -> None:
    path = tmp_path / "cmdb.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((VECTORS / "format-1" / "cmdb.sqlite.sql").read_text("utf-8"))
    ran = _run(path)
    (line,) = [line for line in INDEX if line["files"] == ["format-1/cmdb.sqlite.sql"]]
    told = [json.loads(row) for row in ran.stdout.decode("utf-8").splitlines()]
    assert {row["name"]: row["secret"] for row in told} == line["gives"]["secrets"]
