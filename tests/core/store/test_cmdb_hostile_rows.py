"""Whoever can write to the database can write anything into it: it is told, and never crashes anything."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nskeys.errors import CmdbDamaged, KeyUsedUp
from nskeys.model.paging import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.register_text import to_text
from nskeys.model.rotation import Rotation, RotationStage
from nskeys.ports import CmdbView, RegisterRow
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from tests.fakes.backups import a_copy
from tests.fakes.cmdbs import CMDB_ID
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON, FixedClock

ONE, TWO = f"{1:032x}", f"{2:032x}"

Question = Callable[[SqlCmdb], object]


@pytest.fixture
def cmdb(tmp_path: Path) -> SqlCmdb:
    """A CMDB with one of everything."""
    cmdb = SqlCmdb(url_of(tmp_path / "cmdb.sqlite3"), FixedClock())
    cmdb.create(CMDB_ID)
    with cmdb.changing(an_event()) as change:
        change.add([a_credential("one", credential_id=ONE), a_credential("two", credential_id=TWO)])
        change.record(a_copy(), RegisterRow(to_text(a_copy()), b"s" * 64))
        change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
        change.sign_audit(change.audit_head(), b"s" * 64)
    return cmdb


@pytest.fixture
def other(cmdb: SqlCmdb) -> Iterator[sqlite3.Connection]:
    """Somebody who writes to the file without asking."""
    connection = sqlite3.connect(cmdb.address(), isolation_level=None)
    yield connection
    connection.close()


def seen(look: Callable[[CmdbView], object]) -> Question:
    """A question that one look answers."""

    def ask(cmdb: SqlCmdb) -> object:
        with cmdb.reading() as view:
            return look(view)

    return ask


QUESTIONS: dict[str, Question] = {
    "counts": seen(lambda view: view.counts()),
    "last_seal": seen(lambda view: view.last_seal()),
    "page": seen(lambda view: view.page(CredentialFilter(), CredentialOrder(SortBy.TARGET), 10)),
    "credential": seen(lambda view: view.credential(ONE)),
    "find": seen(lambda view: view.find("0")),
    "names": seen(lambda view: view.names()),
    "sealed": seen(lambda view: view.sealed()),
    "sealed_rows": seen(lambda view: view.sealed_rows(OLD_KEY)),
    "stream_raw": lambda cmdb: list(cmdb.stream_raw()),
    "stream_sealed": lambda cmdb: list(cmdb.stream_sealed()),
    "seals": seen(lambda view: view.seals(OLD_KEY)),
    "rotation": seen(lambda view: view.rotation()),
    "audit_head": seen(lambda view: view.audit_head()),
    "audit_entries": seen(lambda view: view.audit_entries()),
    "audit_signature": seen(lambda view: view.audit_signature()),
    "cmdb_id": lambda cmdb: cmdb.cmdb_id(),
}
ROWS = ["find", "sealed", "sealed_rows", "stream_raw", "stream_sealed"]
ONE_ROW = [*ROWS, "page", "credential"]


def credentials(column: str, value: object) -> tuple[str, tuple[object, ...]]:
    """Put a value into a column of the first credential."""
    return f"UPDATE credentials SET {column} = ? WHERE id = '{ONE}'", (value,)


def everywhere(table: str, column: str, value: object) -> tuple[str, tuple[object, ...]]:
    """Put a value into a column of a whole table."""
    return f"UPDATE {table} SET {column} = ?", (value,)


TEXT = [b"bytes", b"\xff\xfe"]
NUMBERS = ["text", b"bytes", -1, 2**62, 1.5]

HOSTILE: list[tuple[tuple[str, tuple[object, ...]], str, list[str]]] = [
    *[(credentials("id", value), "credentials", ["sealed", "sealed_rows", "stream_raw"]) for value in TEXT],
    (credentials("id", "AB" * 16), "credentials", ["sealed", "sealed_rows", "stream_raw"]),
    (credentials("id", "0" * 33), "credentials", ["find", "sealed", "sealed_rows", "stream_raw"]),
    (credentials("id", " " * 32), "credentials", ["sealed", "sealed_rows", "stream_raw"]),
    (credentials("id", "0\x00" + "0" * 30), "credentials", ["find", "sealed", "sealed_rows", "stream_raw"]),
    (credentials("kind", "root"), "credentials", [*ONE_ROW, "counts", "names"]),
    (credentials("kind", b"run-as"), "credentials", [*ONE_ROW, "counts", "names"]),
    *[(credentials("name", value), "credentials", [*ONE_ROW, "names"]) for value in TEXT],
    (credentials("name", "x" * 256), "credentials", ["find", "page", "credential", "sealed", "names"]),
    *[
        (credentials(field, value), "credentials", ONE_ROW)
        for field in ("target", "account", "note")
        for value in TEXT
    ],
    (credentials("target", "x" * 2_049), "credentials", ["find", "page", "credential", "sealed"]),
    (credentials("note", "x" * 16_385), "credentials", ["find", "page", "credential", "sealed"]),
    (credentials("sealed", "text"), "credentials", ["credential", "sealed", "sealed_rows", "stream_raw"]),
    (credentials("sealed", 7), "credentials", ["credential", "sealed", "sealed_rows", "stream_raw"]),
    (credentials("sealed", bytes(1 << 18)), "credentials", ["credential", "sealed"]),
    (credentials("key_no", 77), "credentials", ["page", "credential", "sealed", "counts", "stream_raw"]),
    (
        credentials("key_no", "text"),
        "credentials",
        ["page", "credential", "sealed", "counts", "stream_raw"],
    ),
    *[
        (credentials(column, value), "credentials", ["find", "page", "credential", "sealed"])
        for column in ("created", "updated", "sealed_at")
        for value in ("text", b"bytes", 2**62, -(2**62), 1.5)
    ],
    *[
        (credentials("seal_no", value), "credentials", ["find", "page", "credential", "sealed"])
        for value in ("text", b"bytes", -1, 1.5)
    ],
    *[(credentials("seal_no", value), "credentials", ["counts"]) for value in ("text", b"bytes", 2.5)],
    (everywhere("keys", "seals", "text"), "keys", ["last_seal"]),
    (everywhere("credentials", "sealed_at", "text"), "credentials", ["counts"]),
    *[(everywhere("listing", "by_target", value), "listing", ["page"]) for value in (b"x", "x" * 5_000)],
    (everywhere("keys", "kid", "not hex"), "keys", ["counts", "page", "sealed", "stream_raw"]),
    (everywhere("keys", "kid", b"\x0a" * 32), "keys", ["counts", "page", "sealed", "stream_raw"]),
    *[(everywhere("keys", "key_no", value), "keys", ["counts"]) for value in (-1, 2**40)],
    (everywhere("keys", "seals", "text"), "keys", ["seals"]),
    (everywhere("rotations", "stage", "splendid"), "rotations", ["rotation"]),
    (everywhere("rotations", "stage", b"waiting"), "rotations", ["rotation"]),
    (everywhere("rotations", "kid", "x"), "rotations", ["rotation"]),
    *[
        (everywhere("rotations", "begun", value), "rotations", ["rotation"])
        for value in NUMBERS
        if value != -1
    ],
    *[(everywhere("rotations", "gate_skipped", value), "rotations", ["rotation"]) for value in NUMBERS],
    *[
        (everywhere("audit", "line", value), "audit", ["audit_entries"])
        for value in [b"x", "x" * (1 << 21)]
    ],
    *[
        (everywhere("audit", "digest", value), "audit", ["audit_entries", "audit_head"])
        for value in ("text", b"short", bytes(33), 7)
    ],
    (everywhere("audit", "no", 2**40), "audit", ["audit_entries", "audit_head"]),
    *[
        (
            ("UPDATE meta SET value = ? WHERE name = 'audit_signature'", (value,)),
            "meta",
            ["audit_signature"],
        )
        for value in ("", "1 2 3", b"x", "١ " + "00" * 32 + " 00", "1 " + "00" * 32 + " 0", "x" * 9_999)
    ],
    *[
        (("UPDATE meta SET value = ? WHERE name = 'cmdb_id'", (value,)), "meta", ["cmdb_id", "counts"])
        for value in ("", "C0" * 16, b"\xc0" * 16, "zz" * 16, "c0" * 17)
    ],
    (("DELETE FROM meta WHERE name = 'cmdb_id'", ()), "meta", ["cmdb_id"]),
    (("DELETE FROM meta WHERE name = 'schema'", ()), "meta", ["cmdb_id"]),
    (("DELETE FROM credentials", ()), "listing", ["page"]),
    (("DELETE FROM keys", ()), "credentials", ["counts", "page", "sealed", "stream_raw", "stream_sealed"]),
]


@pytest.mark.parametrize(
    ("attack", "table", "questions"),
    HOSTILE,
    ids=[f"{attack[0]} {attack[1]!r:.20}" for attack, _, _ in HOSTILE],
)
def test_a_hostile_value_is_damage_and_nothing_else(
    cmdb: SqlCmdb,
    other: sqlite3.Connection,
    attack: tuple[str, tuple[object, ...]],
    table: str,
    questions: list[str],
) -> None:
    for name in questions:
        QUESTIONS[name](cmdb)
    other.execute("PRAGMA ignore_check_constraints = ON")
    other.execute(*attack)
    for name in questions:
        with pytest.raises(CmdbDamaged) as refused:
            QUESTIONS[name](cmdb)
        # SQLite's driver decodes text by itself and does not say of which table it was.
        assert refused.value.table in (table, ""), name
    for ask in QUESTIONS.values():
        with suppress(CmdbDamaged):
            ask(cmdb)


def test_every_question_was_put_to_a_hostile_database() -> None:
    assert {name for _, _, questions in HOSTILE for name in questions} == set(QUESTIONS)


def test_a_row_is_named_by_no_more_than_fits_on_a_line(cmdb: SqlCmdb, other: sqlite3.Connection) -> None:
    other.execute(*credentials("id", "x" * 5_000))
    with pytest.raises(CmdbDamaged) as refused:
        list(cmdb.stream_raw())
    assert refused.value.rows == ("x" * 64,)


def test_a_row_is_named_by_its_id(cmdb: SqlCmdb, other: sqlite3.Connection) -> None:
    other.execute(*credentials("target", b"x"))
    with pytest.raises(CmdbDamaged) as refused:
        list(cmdb.stream_raw())
    assert refused.value.rows == (ONE,)


def test_an_orders_key_may_lie_but_every_row_is_still_shown_once(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute(*everywhere("listing", "by_name", "\x1b[31m"))
    with cmdb.reading() as view:
        walked: list[str] = []
        place = None
        while page := view.page(CredentialFilter(), CredentialOrder(), 1, place):
            walked += [item.credential.credential_id for item in page]
            place = page[-1].place
    assert walked == [ONE, TWO]


def test_a_forged_count_of_seals_stops_sealing_rather_than_wrapping_round(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("UPDATE keys SET seals = 4294967296")
    with pytest.raises(KeyUsedUp), cmdb.changing(an_event()) as change:
        change.add([a_credential("three")])


def test_a_broken_chain_is_lengthened_for_the_record_all_the_same(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("UPDATE audit SET line = 'nothing happened'")
    with cmdb.changing(an_event()):
        pass
    with cmdb.reading() as view:
        assert [entry.number for entry in view.audit_entries()] == [1, 2]


NO_ROW = RegisterRow("", b"s" * 64)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("body", b"{}", NO_ROW),
        ("body", 7, RegisterRow("7", b"s" * 64)),
        ("body", "x" * 2_000_000, NO_ROW),
        ("body", "[" * 100_000, RegisterRow("[" * 100_000, b"s" * 64)),
        ("body", "", NO_ROW),
        ("signature", None, RegisterRow(to_text(a_copy()), None)),
        ("signature", "text", RegisterRow(to_text(a_copy()), None)),
        ("signature", bytes(5_000), RegisterRow(to_text(a_copy()), None)),
        ("address", b"x", RegisterRow(to_text(a_copy()), b"s" * 64)),
        ("kms_sha256", 7, RegisterRow(to_text(a_copy()), b"s" * 64)),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_hostile_register_row_holds_nobody_up(
    cmdb: SqlCmdb, other: sqlite3.Connection, column: str, value: object, shown: RegisterRow
) -> None:
    other.execute(*everywhere("register", column, value))
    with cmdb.reading() as view:
        assert view.register_rows() == (shown,)
    fresh = a_copy(generation=2)
    with cmdb.changing(an_event()) as change:
        change.record(fresh, RegisterRow(to_text(fresh), b"t" * 64))
    with cmdb.reading() as view:
        assert view.register_rows() == (shown, RegisterRow(to_text(fresh), b"t" * 64))
