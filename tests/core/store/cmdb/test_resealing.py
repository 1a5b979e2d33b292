"""On SQLite a batch is re-sealed by one walk over the rows: what it was not given, it leaves."""

import sqlite3
from collections.abc import Sequence
from unittest.mock import patch

import pytest

from nskeys.model.credentials import SealedCredential
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.engine import Connection
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event

ROWS = tuple(a_credential(f"n{n}", credential_id=f"{n:02x}" * 16) for n in range(9))


def spoiled(cmdb: SqlCmdb, *statements: str) -> None:
    connection = sqlite3.connect(cmdb.address(), isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def seals(cmdb: SqlCmdb) -> dict[bytes, tuple[int, bytes]]:
    connection = sqlite3.connect(cmdb.address())
    rows = connection.execute("SELECT CAST(id AS BLOB), key_no, sealed FROM credentials").fetchall()
    connection.close()
    return {id_: (key_no, sealed) for id_, key_no, sealed in rows}


def resealed(cmdb: SqlCmdb, rows: Sequence[SealedCredential]) -> None:
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(row.row(), b"\x01new") for row in rows], NEW_KEY)


@pytest.fixture
def cmdb(cmdb: SqlCmdb) -> SqlCmdb:
    with cmdb.changing(an_event()) as change:
        change.add(ROWS)
    return cmdb


def test_rows_between_that_were_not_given_stay(cmdb: SqlCmdb) -> None:
    spoiled(cmdb, "UPDATE credentials SET id = CAST(x'3033ff' AS TEXT) WHERE id LIKE '03%'")
    before = seals(cmdb)
    resealed(cmdb, ROWS[2::4])
    given = {row.credential.credential_id.encode() for row in ROWS[2::4]}
    after = seals(cmdb)
    assert {id_ for id_ in after if after[id_] != before[id_]} == given
    assert {after[id_][1] for id_ in given} == {b"\x01new"}
    assert b"03\xff" in after


def test_one_statement_does_it(cmdb: SqlCmdb) -> None:
    with patch.object(Connection, "reseal", side_effect=AssertionError("each row was looked up")):
        resealed(cmdb, ROWS)
    after = seals(cmdb)
    assert {after[row.credential.credential_id.encode()][1] for row in ROWS} == {b"\x01new"}


def test_a_row_that_got_another_key_meanwhile_is_found_all_the_same(cmdb: SqlCmdb) -> None:
    spoiled(cmdb, "UPDATE credentials SET key_no = 99 WHERE id LIKE '04%'")
    resealed(cmdb, ROWS)
    after = seals(cmdb)
    assert {after[row.credential.credential_id.encode()][1] for row in ROWS} == {b"\x01new"}
