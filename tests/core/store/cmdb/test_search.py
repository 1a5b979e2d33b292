"""Searching a long list: the trigrams find what reading every row finds, whatever became of them, and they
are never believed.

What makes a list long is set low here, so that a few rows take every way of a million.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Timer

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.errors import Cancelled, CmdbAltered
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import CredentialKind
from nskeys.ports import Cmdb
from nskeys.store.cmdb import SqlCmdb, search
from nskeys.store.cmdb.address import url_of
from nskeys.store.cmdb.migrations import SEARCH
from tests.fakes.cmdbs import CMDB_ID, add
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.examples import examples
from tests.fakes.fixed import FixedClock
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.postgres import postgres_url
from tests.fakes.postgres_servers import (
    PostgresServer,
    postgres_server,
    programs_with_trigrams,
    servers_folder,
)

NAMES = (
    "till-01",
    "till-02",
    "Kasse ÄÖ",
    "100%_\\x",
    'say "hi"',
    "🔑🔑🔑 vault",
    "ŉŉŉ",
    "a\u0301bc",
    "x\ufffe\uffffy",
)
TEXTS = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        (
            *NAMES,
            "till",
            "ill-",
            "TILL-0",
            "%_\\",
            '"hi"',
            "🔑🔑🔑",
            "kasse äö",
            "ʼn",
            "no such text",
            "a" * 90,
        )
    ),
)


ROWS = [
    a_credential(
        f"{name} {number}",
        tuple(CredentialKind)[number % 3],
        target=f"Host-{number}",
        account="CORP\\svc",
        note=name.upper(),
        kid=(OLD_KEY, NEW_KEY)[number % 2],
    )
    for name in NAMES
    for number in range(3)
]
"""A few for each name, in all kinds."""


@pytest.fixture(autouse=True)
def every_list_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is looked for among two and three rows, and a trigram of four rows is common."""
    for name, value in (("_SHORT", 0), ("_NEAR", 2), ("_FAR", 3), ("_MANY", 4)):
        monkeypatch.setattr(search, name, value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cmdb.sqlite3"


@pytest.fixture
def in_file(path: Path) -> SqlCmdb:
    cmdb = SqlCmdb(url_of(path), FixedClock())
    cmdb.create(CMDB_ID)
    return cmdb


@pytest.fixture(scope="module")
def with_trigrams() -> Iterator[PostgresServer]:
    """A server where an administrator installed pg_trgm."""
    pytest.importorskip("psycopg")
    with servers_folder() as folder, postgres_server(folder, programs_with_trigrams()) as server:
        server.run("CREATE EXTENSION pg_trgm")
        yield server


@contextmanager
def on_server(url: str) -> Iterator[SqlCmdb]:
    with closing(SqlCmdb(url, FixedClock())) as cmdb:
        cmdb.create(CMDB_ID)
        yield cmdb


@pytest.fixture(params=["sqlite", "postgres", "postgres with pg_trgm"])
def cmdb(request: pytest.FixtureRequest, in_file: SqlCmdb) -> Iterator[SqlCmdb]:
    if request.param == "sqlite":
        yield in_file
    elif request.param == "postgres":
        with postgres_url() as url, on_server(url) as cmdb:
            yield cmdb
    else:
        server = request.getfixturevalue("with_trigrams")
        server.run("CREATE SCHEMA nskeys")
        with on_server(f"{server.url}?options=-csearch_path%3Dnskeys") as cmdb:
            yield cmdb
        server.run("DROP SCHEMA nskeys CASCADE")


def answers(cmdb: Cmdb, wanted: CredentialFilter, order: CredentialOrder) -> list[object]:
    """Number, pages forwards and backwards, and a page from the middle."""
    with cmdb.reading() as view:
        told: list[object] = [view.total(wanted)]
        for backwards in (False, True):
            after = None
            while page := view.page(wanted, order, 2, after, backwards):
                told.append(page)
                after = page[0 if backwards else -1].place
        told.append(view.page(wanted, order, 2, offset=1))
    return told


def agree(one: Cmdb, other: Cmdb, text: str) -> None:
    for order in (CredentialOrder(SortBy.NAME), CredentialOrder(SortBy.UPDATED, descending=True)):
        for wanted in (
            CredentialFilter(text=text),
            CredentialFilter(CredentialKind.HIERARCHY, text, frozenset([OLD_KEY])),
        ):
            assert answers(one, wanted, order) == answers(other, wanted, order)


@settings(
    max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(texts=st.lists(TEXTS, min_size=1, max_size=8))
def test_a_long_list_is_searched_like_a_short_one(cmdb: SqlCmdb, texts: list[str]) -> None:
    plain = MemoryCmdb()
    plain.create(CMDB_ID)
    add(plain, *ROWS)
    with cmdb.reading() as view:
        empty = not view.total(CredentialFilter())
    if empty:
        add(cmdb, *ROWS)
    for text in texts:
        agree(cmdb, plain, text)


def names_found(cmdb: Cmdb, text: str) -> list[str]:
    with cmdb.reading() as view:
        page = view.page(CredentialFilter(text=text), CredentialOrder(), 50)
        assert view.total(CredentialFilter(text=text)) == len(page)
    return [row.credential.fields.name for row in page]


def asked(cmdb: SqlCmdb, text: str) -> bool:
    """Whether the trigrams are asked for a text."""
    with cmdb.reading() as view:
        return view._connection.search.among(text) is not None  # type: ignore[attr-defined]  # SqlView's


def test_what_was_edited_or_removed_is_found_as_it_is_now(cmdb: SqlCmdb) -> None:
    old, gone = a_credential("old name"), a_credential("gone away")
    add(cmdb, old, gone, *ROWS)
    new = a_credential("new words", credential_id=old.credential.credential_id, number=2)
    with cmdb.changing(an_event()) as change:
        change.replace([new])
        change.remove(gone.credential.credential_id)
    assert [names_found(cmdb, text) for text in ("old name", "gone", "new words")] == [
        [],
        [],
        ["new words"],
    ]


def test_what_was_rolled_back_is_not_found(cmdb: SqlCmdb) -> None:
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        change.add([a_credential("never there")])
        raise KeyError
    add(cmdb, *ROWS)
    assert names_found(cmdb, "never") == []


def test_a_server_that_gets_pg_trgm_later_has_its_index_with_the_next_change(
    with_trigrams: PostgresServer,
) -> None:
    with_trigrams.run("CREATE SCHEMA later")
    with on_server(f"{with_trigrams.url}?options=-csearch_path%3Dlater") as cmdb:
        add(cmdb, *ROWS)
        with_trigrams.run("DROP INDEX later.listing_by_text")
        assert not asked(cmdb, "till-01")
        with cmdb.changing(an_event()):
            pass
        assert asked(cmdb, "till-01")
        assert names_found(cmdb, "TILL-01") == [f"till-01 {number}" for number in range(3)]
    with_trigrams.run("DROP SCHEMA later CASCADE")


_REFUSES = """
CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION no()
"""


@pytest.mark.parametrize(
    ("forbidden", "allowed"),
    [
        (
            "CREATE SCHEMA hidden; ALTER EXTENSION pg_trgm SET SCHEMA hidden",
            "GRANT USAGE ON SCHEMA hidden TO clerk",
        ),
        ("REVOKE CREATE ON SCHEMA kept FROM clerk", "GRANT CREATE ON SCHEMA kept TO clerk"),
        (_REFUSES, "DROP EVENT TRIGGER no; DROP FUNCTION no"),
    ],
    ids=["no right to pg_trgm", "no right to make anything", "refused by a trigger"],
)
def test_a_server_that_lets_nobody_make_the_index_takes_every_change(
    with_trigrams: PostgresServer, forbidden: str, allowed: str
) -> None:
    with_trigrams.run("CREATE ROLE clerk LOGIN; CREATE SCHEMA kept; GRANT ALL ON SCHEMA kept TO clerk")
    url = with_trigrams.url_of("postgres", "clerk")
    try:
        with on_server(f"{url}?options=-csearch_path%3Dkept") as cmdb:
            with_trigrams.run("DROP INDEX kept.listing_by_text")
            with_trigrams.run(forbidden)
            add(cmdb, *ROWS)
            assert not asked(cmdb, "till-01")
            assert names_found(cmdb, "TILL-01") == [f"till-01 {number}" for number in range(3)]
            with_trigrams.run(allowed)
            with cmdb.changing(an_event()):
                pass
            assert asked(cmdb, "till-01")
    finally:
        with_trigrams.run(
            "ALTER EXTENSION pg_trgm SET SCHEMA public; DROP EVENT TRIGGER IF EXISTS no;"
            " DROP FUNCTION IF EXISTS no; DROP SCHEMA kept CASCADE; DROP SCHEMA IF EXISTS hidden;"
            " DROP OWNED BY clerk; DROP ROLE clerk"
        )


_IS_SLOW = """
CREATE SEQUENCE begun; CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM nextval(''public.begun''), pg_sleep(0.6); END';
CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION slow()
"""
_BEGUN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.begun"


def test_an_index_that_takes_too_long_is_begun_once_for_each_time_that_is_allowed(
    with_trigrams: PostgresServer,
) -> None:
    with_trigrams.run("CREATE SCHEMA slow")
    url = f"{with_trigrams.url}?options=-csearch_path%3Dslow%20-cstatement_timeout%3D"
    begun: list[tuple[int, bool, bool]] = []
    try:
        with on_server(f"{url}0"):
            with_trigrams.run("DROP INDEX slow.listing_by_text")
            with_trigrams.run(_IS_SLOW)
        for allowed in ("300ms", "300ms", "301ms", "301ms", "0", "0"):
            with closing(SqlCmdb(f"{url}{allowed}", FixedClock())) as cmdb:
                add(cmdb, a_credential(f"under {allowed}, {len(begun)}"))
                with cmdb.reading() as view:
                    connection = view._connection  # type: ignore[attr-defined]  # SqlView's
                    told = connection.value(
                        "SELECT pg_catalog.col_description('listing'::regclass, 8) IS NOT NULL"
                    )
                    begun.append((connection.value(_BEGUN), told, asked(cmdb, "under")))
    finally:
        with_trigrams.run(
            "DROP EVENT TRIGGER slow; DROP FUNCTION slow; DROP SEQUENCE begun; DROP SCHEMA slow CASCADE"
        )
    waited, done = [(1, True, False)] * 2 + [(2, True, False)] * 2, [(3, False, True)] * 2
    assert begun == [*waited, *done]


def test_what_is_being_searched_is_broken_off(cmdb: SqlCmdb) -> None:
    """The next letter does not wait for the answer to the one before."""
    add(cmdb, *ROWS)
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def ask() -> None:
        with cmdb.reading() as view:
            Timer(0.3, view.stop).start()
            view._connection.value(endless)  # type: ignore[attr-defined]  # SqlView's

    with pytest.raises(Cancelled):
        ask()
    assert names_found(cmdb, "till-01") == [f"till-01 {number}" for number in range(3)]


@pytest.mark.parametrize("text", ["qz", "z", "\U0010ffff\U0010ffff"])
def test_a_text_that_is_shorter_than_a_trigram_is_found_by_those_that_begin_with_it(
    in_file: SqlCmdb, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the end of the last field, with no third character behind it."""
    add(in_file, *ROWS, a_credential("the one", note=f"a note that ends with {text}"))
    assert asked(in_file, text)
    assert names_found(in_file, text) == ["the one"]
    assert asked(in_file, "q7")
    assert names_found(in_file, "q7") == []
    monkeypatch.setattr(search, "_TRIGRAMS", 0)
    assert not asked(in_file, text), "too many trigrams begin with it"
    assert names_found(in_file, text) == ["the one"]


# --- the table of an SQLite file -----------------------------------------------------------------------


@pytest.fixture
def other(path: Path, in_file: SqlCmdb) -> Iterator[sqlite3.Connection]:
    """Somebody else's way into the file, once a few rows are in it."""
    add(in_file, *ROWS)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


SPOILED = {
    "emptied": "DELETE FROM search_data",
    "given up": search.SqliteSearch._GIVE_UP,
    "without a version": "DELETE FROM search_config",
    "of a later FTS5": "UPDATE search_config SET v = 99 WHERE k = 'version'",
    "without its settings": "DROP TABLE search_config",
    "filled with what is no index": "UPDATE search_data SET block = randomblob(900)",
    "gone": "DROP TABLE search",
}


@pytest.mark.parametrize("statement", SPOILED.values(), ids=SPOILED)
def test_trigrams_that_were_spoiled_keep_nobody_from_changing_anything(
    in_file: SqlCmdb, other: sqlite3.Connection, statement: str
) -> None:
    if statement == "DROP TABLE search_config":
        other.execute("PRAGMA writable_schema = ON")
    other.execute(statement)
    add(in_file, a_credential("added later"))
    first = ROWS[0].credential.credential_id
    with in_file.changing(an_event()) as change:
        change.replace([a_credential("added instead", credential_id=first, number=3)])
    add(in_file, a_credential("added at last"))
    assert names_found(in_file, "added") == ["added at last", "added instead", "added later"]


@pytest.mark.parametrize("statement", [search.SqliteSearch._GIVE_UP, "DROP TABLE search"])
def test_trigrams_that_are_not_kept_are_made_anew_by_the_next_change(
    in_file: SqlCmdb, other: sqlite3.Connection, statement: str
) -> None:
    assert asked(in_file, "till-01")
    other.execute(statement)
    assert not asked(in_file, "till-01")
    assert names_found(in_file, "till-01") == [f"till-01 {number}" for number in range(3)]
    with in_file.changing(an_event()):
        pass
    assert asked(in_file, "till-01")
    assert names_found(in_file, "till-01") == [f"till-01 {number}" for number in range(3)]


def test_what_the_trigrams_name_is_looked_for_in_the_list(
    in_file: SqlCmdb, other: sqlite3.Connection
) -> None:
    """Somebody has every row named for a text that none of them has."""
    other.execute("INSERT INTO search (rowid, haystack) SELECT rowid, 'forged' FROM listing")
    assert names_found(in_file, "forged") == []


def test_an_sqlite_without_fts5_gives_the_trigrams_up_and_works_as_ever(
    in_file: SqlCmdb, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = "INSERT INTO no_such_module (rowid) SELECT rowid FROM listing WHERE id IN ({marks})"
    with monkeypatch.context() as without:
        without.setattr(search.SqliteSearch, "_ADD", unknown)
        for asking in ("_ONE", "_LIST"):
            without.setattr(search.SqliteSearch, asking, "SELECT rowid FROM no_such_module")
        add(in_file, a_credential("added without"))
        assert not asked(in_file, "added without")
        assert names_found(in_file, "added without") == ["added without"]
    assert not asked(in_file, "added without"), "it lacks a row, and says so"
    add(in_file, a_credential("added with"))
    assert asked(in_file, "added without")
    assert names_found(in_file, "added with") == ["added with", "added without"]


@pytest.mark.parametrize(
    "statement",
    [
        SEARCH.replace("detail = none", "detail = full"),
        SEARCH.replace("content = 'listing'", "content = 'credentials'"),
        SEARCH.replace("TABLE search", "TABLE another"),
    ],
)
def test_another_virtual_table_is_named_and_not_used(
    in_file: SqlCmdb, other: sqlite3.Connection, statement: str
) -> None:
    other.execute("DROP TABLE search")
    other.execute(statement)
    with pytest.raises(CmdbAltered), in_file.reading():
        pytest.fail("nothing is read from it")


def test_a_term_that_is_no_text_is_none(
    in_file: SqlCmdb, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are not UTF-8, behind a letter that people search for."""
    statement = "SELECT x'74ff' WHERE ? <> '' AND ? <> '' AND ? <> '' AND ? > 0"
    monkeypatch.setattr(search.SqliteSearch, "_BEGINNING", statement)
    assert not asked(in_file, "t")
    assert "till-01 0" in names_found(in_file, "t")
