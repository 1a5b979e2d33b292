"""Whoever can write to the database can write anything into it: it is told, and never crashes anything."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nskeys.errors import CmdbDamaged, KeyUsedUp
from nskeys.model.audit import first_digest, next_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import Credential, UnreadableCredential
from nskeys.model.keys import Rotation, RotationStage
from nskeys.model.register_json import to_text
from nskeys.model.signed_json import canonical_json
from nskeys.ports import CmdbView, RegisterRow
from nskeys.store.cmdb import SqlCmdb, unreadable
from nskeys.store.cmdb.address import url_of
from nskeys.store.cmdb.engine import Row
from nskeys.store.cmdb.sqlite import SqliteConnection
from tests.fakes.backups import a_copy
from tests.fakes.cmdbs import CMDB_ID, every_sealed, stream_raw
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
        change.set_checkpoint(None, SignedCheckpoint("{}", b"s" * 64))
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
    "inventory": seen(lambda view: view.inventory()),
    "tallies": seen(lambda view: view.tallies()),
    "page": seen(lambda view: view.page(CredentialFilter(), CredentialOrder(SortBy.TARGET), 10)),
    "credential": seen(lambda view: view.credential(ONE)),
    "find": seen(lambda view: view.find("0")),
    "names": seen(lambda view: view.names()),
    "sealed": seen(lambda view: view.sealed()),
    "sealed_rows": seen(lambda view: view.sealed_rows(OLD_KEY)),
    "stream_raw": lambda cmdb: list(stream_raw(cmdb)),
    "seals": seen(lambda view: view.seals(OLD_KEY)),
    "rotation": seen(lambda view: view.rotation()),
    "audit_head": seen(lambda view: view.audit_head()),
    "audit_entries": seen(lambda view: view.audit_entries()),
    "checkpoint": seen(lambda view: view.checkpoint()),
    "key_rows": seen(lambda view: canonical_json(view.key_rows())),
    "statements": seen(lambda view: view.statements()),
    "notes": seen(lambda view: view.notes()),
    "cmdb_id": lambda cmdb: cmdb.cmdb_id(),
}


def credentials(column: str, value: object) -> tuple[str, tuple[object, ...]]:
    """Put a value into a column of the first credential."""
    return f"UPDATE credentials SET {column} = ? WHERE id = '{ONE}'", (value,)


def everywhere(table: str, column: str, value: object) -> tuple[str, tuple[object, ...]]:
    """Put a value into a column of a whole table."""
    return f"UPDATE {table} SET {column} = ?", (value,)


TEXT = [b"bytes", b"\xff\xfe"]
NUMBERS = ["text", b"bytes", -1, 2**62, 1.5]

Attack = tuple[str, tuple[object, ...]]

ONE_ILL: list[Attack] = [
    *(
        credentials("id", value)
        for value in (*TEXT, "AB" * 16, "0" * 33, " " * 32, "0\x00" + "0" * 30, "x" * 5_000)
    ),
    *(credentials("kind", value) for value in ("root", b"run-as")),
    *(credentials("name", value) for value in (*TEXT, "x" * 256)),
    *(credentials("target", value) for value in (*TEXT, "x" * 2_049)),
    *(credentials("account", value) for value in TEXT),
    *(credentials("note", value) for value in (*TEXT, "x" * 16_385)),
    *(credentials("sealed", value) for value in ("text", 7, bytes(1 << 18))),
    *(credentials("key_no", value) for value in (77, "text", b"bytes", 1.5)),
    *(
        credentials(column, value)
        for column in ("created", "updated")
        for value in ("text", b"bytes", 2**62, -(2**62), 1.5)
    ),
    *(credentials("number", value) for value in ("text", b"bytes", -1, 0, 1.5, 2.5, 2**53)),
    # Text that is not UTF-8: whoever writes it has a database that lets it in as text.
    *(
        (f"UPDATE credentials SET {column} = CAST(? AS TEXT) WHERE id = '{ONE}'", (b"caf\xe9",))
        for column in ("id", "kind", "name", "target", "account", "note")
    ),
]
"""Values of one row that are not as nskeys writes them."""


@pytest.mark.parametrize("attack", ONE_ILL, ids=[f"{sql} {values!r:.20}" for sql, values in ONE_ILL])
def test_one_row_that_cannot_be_read_stops_no_other_and_is_named(
    cmdb: SqlCmdb, other: sqlite3.Connection, attack: Attack
) -> None:
    other.execute(*attack)
    for ask in QUESTIONS.values():
        ask(cmdb)
    told: list[UnreadableCredential] = []
    opened = [row[0] for _, rows in stream_raw(cmdb, told.append) for row in rows]
    read = [row.credential for row in every_sealed(cmdb)]
    with cmdb.reading() as view:
        [named] = [row for row in view.unreadable() if row.table == "credentials"]
        walked = walk(view)
        second = view.credential(TWO)
        assert second is not None
        assert not isinstance(second.credential, UnreadableCredential)
        assert sum(use.credentials for use in view.counts()) in (1, 2)
    assert TWO in opened
    assert TWO in [row.credential_id for row in read]
    assert not any(isinstance(row, UnreadableCredential) for row in read)
    assert named.credential is not None
    assert named.problem
    assert TWO in [item.credential_id for item in walked]
    # Whatever was not opened was told: no row falls between the two.
    assert len(opened) + len(told) == 2
    for row in (named.credential, *told):
        texts = (row.credential_id, row.reference, row.fields.target, row.fields.account, row.fields.note)
        assert all(text.encode("utf-8") is not None for text in texts)
        assert max(map(len, texts)) <= 16_384


def walk(view: CmdbView) -> list[Credential]:
    """Every page of the list, one row at a time."""
    found: list[Credential] = []
    place = None
    while page := view.page(CredentialFilter(), CredentialOrder(), 1, place):
        found += [item.credential for item in page]
        place = page[-1].place
        assert len(found) < 10, "the list comes to its end"
    return found


def test_rows_that_cannot_be_read_do_not_end_the_reading_of_those_behind_them(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    """More of them, one behind the other, than one batch holds."""
    with cmdb.changing(an_event()) as change:
        change.add([a_credential(f"n{n}", credential_id=f"{n:032x}") for n in range(10, 30)])
    other.execute("UPDATE credentials SET sealed = 'text' WHERE name <> 'n29'")
    other.execute("UPDATE credentials SET note = CAST(x'ff' AS TEXT) WHERE name = 'n15'")
    with cmdb.reading() as view:
        assert [row[2] for row in view.sealed_rows(OLD_KEY, limit=3)] == ["n29"]
        assert [row.credential.fields.name for row in view.sealed(limit=3)] == ["n29"]
        assert len(view.unreadable()) == 21


def test_an_id_that_is_not_utf8_is_gone_past_in_every_list(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    ill = b"0\xff"
    for table in ("credentials", "listing"):
        other.execute(f"UPDATE {table} SET id = CAST(? AS TEXT) WHERE id = ?", (ill, ONE))
    other.execute("UPDATE listing SET by_name = CAST(? AS TEXT) WHERE id = ?", (b"\xffa", TWO))
    with cmdb.reading() as view:
        assert [item.fields.name for item in walk(view)] == ["one", "two"]
        place = None
        backwards = []
        while page := view.page(CredentialFilter(), CredentialOrder(), 1, place, backwards=True):
            backwards += [item.credential.fields.name for item in page]
            place = page[0].place
    assert backwards == ["two", "one"]


def test_a_row_without_a_key_of_the_list_is_named_and_the_others_are_listed(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    for value in (b"x", None):
        if value is None:
            other.execute("DELETE FROM listing WHERE id = ?", (ONE,))
        else:
            other.execute("UPDATE listing SET by_name = ? WHERE id = ?", (value, ONE))
        with cmdb.reading() as view:
            assert [item.credential_id for item in walk(view)] == [TWO]
            assert [(row.table, row.row) for row in view.unreadable()] == [("listing", ONE)]
    with cmdb.changing(an_event()) as change:
        change.replace([a_credential("one", credential_id=ONE)])
        assert [item.credential_id for item in walk(change)] == [ONE, TWO]
        assert change.unreadable() == ()


def test_a_row_of_the_list_without_a_credential_is_listed_as_such(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("DELETE FROM credentials WHERE id = ?", (ONE,))
    with cmdb.reading() as view:
        ill, good = walk(view)
    assert isinstance(ill, UnreadableCredential)
    assert (ill.credential_id, ill.problem, good.credential_id) == (ONE, "no_credential", TWO)


OTHER_TABLES: list[tuple[Attack, str]] = [
    *((everywhere("keys", "kid", value), "keys") for value in ("not hex", b"\x0a" * 32)),
    *((everywhere("keys", "key_no", value), "keys") for value in (-1, 2**40)),
    (everywhere("keys", "seals", "text"), "keys"),
    *((everywhere("rotations", "stage", value), "rotations") for value in ("splendid", b"waiting")),
    (everywhere("rotations", "kid", "x"), "rotations"),
    *((everywhere("rotations", "begun", value), "rotations") for value in NUMBERS if value != -1),
    *((everywhere("rotations", "gate_skipped", value), "rotations") for value in NUMBERS),
    *((everywhere("listing", "by_target", value), "listing") for value in (b"x",)),
]


@pytest.mark.parametrize(
    ("attack", "table"), OTHER_TABLES, ids=[f"{attack[0]} {attack[1]!r:.20}" for attack, _ in OTHER_TABLES]
)
def test_a_row_of_another_table_that_cannot_be_read_stops_nothing_and_is_named(
    cmdb: SqlCmdb, other: sqlite3.Connection, attack: Attack, table: str
) -> None:
    other.execute("PRAGMA ignore_check_constraints = ON")
    other.execute(*attack)
    for ask in QUESTIONS.values():
        ask(cmdb)
    with cmdb.reading() as view:
        assert table in {row.table for row in view.unreadable()}
        assert view.rotation() is None or table != "rotations"
    with cmdb.changing(an_event()):
        pass


def test_a_count_of_seals_that_cannot_be_read_lets_nothing_be_sealed(
    cmdb: SqlCmdb, other: sqlite3.Connection
) -> None:
    other.execute("PRAGMA ignore_check_constraints = ON")
    other.execute("UPDATE keys SET seals = 'text'")
    with cmdb.reading() as view:
        assert view.seals(OLD_KEY) == 2**32
    with pytest.raises(KeyUsedUp), cmdb.changing(an_event()) as change:
        change.add([a_credential("three")])


@pytest.mark.parametrize(
    "attack",
    [
        *(everywhere("audit", "line", value) for value in (b"x", "x" * (1 << 21))),
        *(everywhere("audit", "digest", value) for value in ("text", b"short", bytes(33), 7)),
        everywhere("audit", "no", 2**40),
    ],
    ids=lambda attack: f"{attack[0]} {attack[1]!r:.20}",
)
def test_an_audit_line_that_cannot_be_read_breaks_the_chain_and_holds_up_nothing(
    cmdb: SqlCmdb, other: sqlite3.Connection, attack: Attack
) -> None:
    other.execute(*attack)
    for _ in range(2):
        with cmdb.changing(an_event()):
            pass
    with cmdb.reading() as view:
        entries = view.audit_entries()
        assert entries[-1].number == view.audit_head().count
        assert all(entry.line for entry in entries[-2:])
        first, digest = entries[0], first_digest(CMDB_ID)
        assert first.digest != next_digest(digest, first.line) or first.number != 1 or len(entries) == 2


@pytest.mark.parametrize(
    ("column", "value"), [("body", b"x"), ("body", "x" * 2_000_000), ("signature", "x")]
)
def test_a_checkpoint_that_cannot_be_one_is_an_empty_one(
    cmdb: SqlCmdb, other: sqlite3.Connection, column: str, value: object
) -> None:
    other.execute(*everywhere("checkpoint", column, value))
    with cmdb.reading() as view:
        assert view.checkpoint() == SignedCheckpoint("", b"")


@pytest.mark.parametrize("value", [b"\xff", 2**62, "x", 0.5, "é"])
def test_a_key_s_row_is_hashed_whatever_is_in_it(
    cmdb: SqlCmdb, other: sqlite3.Connection, value: object
) -> None:
    with cmdb.reading() as view:
        before = canonical_json(view.key_rows())
    other.execute(*everywhere("keys", "state", value))
    with cmdb.reading() as view:
        assert canonical_json(view.key_rows()) != before


@pytest.mark.parametrize(
    "attack",
    [
        *(
            ("UPDATE meta SET value = ? WHERE name = 'cmdb_id'", (value,))
            for value in ("", "C0" * 16, b"\xc0" * 16, "zz" * 16, "c0" * 17)
        ),
        ("DELETE FROM meta WHERE name = 'cmdb_id'", ()),
        ("DELETE FROM meta WHERE name = 'schema'", ()),
    ],
    ids=repr,
)
def test_a_database_that_does_not_say_whose_it_is_is_not_used(
    cmdb: SqlCmdb, other: sqlite3.Connection, attack: Attack
) -> None:
    other.execute(*attack)
    for ask in QUESTIONS.values():
        with pytest.raises(CmdbDamaged) as refused:
            ask(cmdb)
        assert refused.value.table == "meta"


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


@pytest.mark.parametrize("key_no", [0, 99, 1.5, "text", b"bytes", None])
def test_among_many_credentials_one_that_names_no_key_is_told_once(
    cmdb: SqlCmdb, other: sqlite3.Connection, key_no: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unreadable, "_READ_ALL", 1)
    with cmdb.reading() as view:
        assert view.unreadable() == ()
    if key_no is None:
        other.execute("PRAGMA writable_schema = ON")
        other.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'key_no INTEGER NOT NULL', 'key_no INTEGER')"
        )
        other.execute("PRAGMA writable_schema = RESET")
    other.execute("UPDATE credentials SET key_no = ? WHERE id = ?", (key_no, ONE))
    with cmdb.reading() as view:
        assert [row.row for row in view.unreadable()] == [ONE]


def test_the_index_finds_what_names_no_key(cmdb: SqlCmdb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unreadable, "_READ_ALL", 1)
    plans: list[str] = []
    asked = SqliteConnection.all

    def planned(connection: SqliteConnection, sql: str, *values: object) -> list[Row]:
        if "sealed FROM credentials" in sql and "NULL" not in sql:
            plans.extend(row[3] for row in asked(connection, f"EXPLAIN QUERY PLAN {sql}", *values))
        return asked(connection, sql, *values)

    monkeypatch.setattr(SqliteConnection, "all", planned)
    with cmdb.reading() as view:
        assert view.unreadable() == ()
    assert len(plans) >= 2
    assert all(plan.startswith("SEARCH credentials USING INDEX credentials_by_use") for plan in plans)
