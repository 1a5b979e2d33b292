"""The home and the CMDB of the vectors are an installation: the program takes them as its own."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.bootstrap import Services, Surroundings, connect
from nskeys.ports import Purpose
from nskeys.store.cmdb import SqlCmdb
from tests.core.vectors.runners import VECTORS, secrets_in
from tests.fakes.fixed import Answers, FixedClock
from tests.fakes.postgres import postgres_url
from tests.vectors.positives import PASSPHRASE

FORMAT = VECTORS / "format-1"
ROWS = json.loads((FORMAT / "sealed_rows.json").read_text("utf-8"))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The home of the vectors, with their SQLite database in it."""
    home = tmp_path / "home"
    shutil.copytree(FORMAT / "home", home)
    with closing(sqlite3.connect(home / "cmdb.sqlite3")) as database:
        database.executescript((FORMAT / "cmdb.sqlite.sql").read_text("utf-8"))
    for path in (home, *home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    connected = connect(str(home), around=Surroundings(environ={}, clock=FixedClock(), logs=False))
    yield connected
    connected.close()


def test_every_credential_opens(services: Services) -> None:
    proof = services.verify.execute(Answers({Purpose.PASSPHRASE: [PASSPHRASE]}))
    assert (proof.opened, proof.failed) == (len(ROWS["rows"]), 0)
    assert not proof.differences


def test_nothing_contradicts_the_checkpoint(services: Services) -> None:
    seen = services.checkpoint.show()
    assert not seen.mismatches
    assert not seen.differences
    assert services.audit.verify().intact


def test_the_postgresql_database_holds_the_same() -> None:
    """The whole file runs as one statement."""
    with postgres_url() as url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute((FORMAT / "cmdb.postgresql.sql").read_bytes())
        cmdb = SqlCmdb(url, FixedClock())
        secrets = secrets_in(cmdb, ROWS["keys"])
        cmdb.close()
    assert secrets == {row["name"]: row["secret"] for row in ROWS["rows"]}
