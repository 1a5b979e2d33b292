"""Steps: they make the tables that queries expect, and lead an older CMDB up to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, text

from nskeys.errors import CannotCreate, NewerVersion, NskeysError
from nskeys.model.audit import first_digest, next_digest
from nskeys.model.paging import CredentialFilter, CredentialOrder
from nskeys.store.cmdb import SqlCmdb, schema
from nskeys.store.cmdb.address import url_of
from nskeys.store.cmdb.migrations import STEPS, Step
from tests.fakes.cmdbs import CMDB_ID
from tests.fakes.credentials import OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.postgres import postgres_url

NOTES = Step(3, lambda spelling: [f"CREATE TABLE notes (body {spelling.text} NOT NULL)"])
STAMP = Step(
    4, lambda _: ["ALTER TABLE notes ADD COLUMN stamp BIGINT", "CREATE INDEX stamps ON notes (stamp)"]
)
BROKEN = Step(4, lambda _: ["CREATE TABLE half_done (x BIGINT)", "CREATE TABLE notes (again BIGINT)"])


def opened(url: str, *steps: Step) -> closing[SqlCmdb]:
    """The CMDB of a program that knows these steps besides those of today."""
    return closing(SqlCmdb(url, FixedClock(), steps=(*STEPS, *steps)))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a CMDB of today, with one credential, is."""
    if request.param == "sqlite":
        url = url_of(tmp_path / "cmdb.sqlite3")
        fill(url)
        yield url
    else:
        with postgres_url() as url:
            fill(url)
            yield url


def fill(url: str) -> None:
    """Make the CMDB with today's steps, and put one credential into it."""
    with opened(url) as cmdb:
        cmdb.create(CMDB_ID)
        with cmdb.changing(an_event()) as change:
            change.add([a_credential("one")])


@pytest.fixture
def later(url: str) -> Iterator[SqlCmdb]:
    """The same CMDB, opened by a program that knows two more steps."""
    with opened(url, NOTES, STAMP) as cmdb:
        yield cmdb


def copies(url: str) -> list[Path]:
    """Copies that were put aside."""
    return sorted(Path(url.removeprefix("sqlite:///")).parent.glob("*.before-*"))


def columns(url: str) -> set[tuple[str, str]]:
    """Every (table, column) in the database."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    found = MetaData()
    found.reflect(engine)
    engine.dispose()
    return {(table.name, column.name) for table in found.tables.values() for column in table.columns}


def test_the_steps_make_the_tables_that_queries_expect(url: str) -> None:
    expected = {
        (table.name, column.name) for table in schema.metadata.tables.values() for column in table.columns
    }
    assert columns(url) == expected


def test_steps_are_numbered_without_a_gap() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_looking_reads_an_older_cmdb_and_leaves_it_as_it_is(url: str, later: SqlCmdb) -> None:
    assert later.exists()
    later.create(CMDB_ID)
    with later.reading() as view:
        assert view.total(CredentialFilter()) == 1
    assert [len(batch) for _, batch in later.stream_raw()] == [1]
    assert ("notes", "body") not in columns(url)
    assert copies(url) == []


def test_the_first_change_leads_it_up_step_by_step(url: str, later: SqlCmdb) -> None:
    with later.changing(an_event()) as change:
        change.add([a_credential("two")])
    assert {("notes", "body"), ("notes", "stamp")} <= columns(url)
    with later.reading() as view:
        assert view.total(CredentialFilter()) == 2
        entries = view.audit_entries(after=1)
        assert '"action":"migrated"' in entries[0].line
        assert '"from":"2"' in entries[0].line
        assert '"to":"4"' in entries[0].line
        assert '"sudo_user":"operator"' in entries[0].line
        assert '"action":"credential-added"' in entries[1].line
        digest = first_digest(CMDB_ID)
        for entry in view.audit_entries():
            digest = next_digest(digest, entry.line)
            assert entry.digest == digest
    before = columns(url)
    with later.changing(an_event()):
        pass
    assert columns(url) == before


def test_a_step_that_fails_undoes_the_steps_before_it(url: str) -> None:
    before = columns(url)
    with opened(url, NOTES, BROKEN) as broken, pytest.raises(NskeysError), broken.changing(an_event()):
        pytest.fail("there is no such schema")
    assert columns(url) == before
    with opened(url) as cmdb, cmdb.changing(an_event()) as change:
        assert change.total(CredentialFilter()) == 1


def test_an_older_program_leaves_the_newer_cmdb_alone(url: str, later: SqlCmdb) -> None:
    with later.changing(an_event()):
        pass
    with opened(url) as older, pytest.raises(NewerVersion) as refused:
        older.cmdb_id()
    assert (refused.value.found, refused.value.known) == (4, 2)


# --- the copy of an SQLite file ----------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a CMDB of today, with one credential."""
    path = tmp_path / "cmdb.sqlite3"
    fill(url_of(path))
    return path


def upgrade(path: Path) -> None:
    """Change it with a program that knows two more steps."""
    with opened(url_of(path), NOTES, STAMP) as cmdb, cmdb.changing(an_event()) as change:
        change.add([a_credential("two")])


def test_the_file_is_copied_aside_before_anything_changes(path: Path) -> None:
    upgrade(path)
    copy = path.with_name("cmdb.sqlite3.before-4")
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, copy.name]
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    copy.replace(path)
    with opened(url_of(path)) as old, old.reading() as view:
        assert view.total(CredentialFilter()) == 1
        assert view.audit_head().count == 1


def test_a_copy_that_is_there_is_kept(path: Path) -> None:
    for name in ("cmdb.sqlite3.before-4", "cmdb.sqlite3.before-4-2"):
        path.with_name(name).write_text("an earlier attempt", encoding="utf-8")
    upgrade(path)
    assert [len(copy.read_bytes()) > 1_000 for copy in copies(url_of(path))] == [False, False, True]
    assert path.with_name("cmdb.sqlite3.before-4-3").is_file()


def test_without_a_copy_nothing_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> str:
        raise CannotCreate(str(path.parent), "no_space")

    monkeypatch.setattr("nskeys.files.write_first_free", no_space)
    before = path.read_bytes()
    with pytest.raises(CannotCreate):
        upgrade(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


# --- from the first schema to today's ----------------------------------------------------------------

FIRST = STEPS[:1]


@pytest.fixture
def first(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a CMDB of schema 1 is, made by its own step and filled as the program of its time did."""
    file = nullcontext(url_of(tmp_path / "cmdb.sqlite3"))
    with postgres_url() if request.param == "postgres" else file as url:
        with closing(SqlCmdb(url, FixedClock(), steps=FIRST)) as cmdb:
            cmdb.create(CMDB_ID)
        of_its_time(url)
        yield url


def of_its_time(url: str) -> None:
    """One key, two credentials and one line of the audit trail, in the columns of schema 1."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO keys VALUES (1, :kid, 2)"), {"kid": OLD_KEY})
        for number in (1, 2):
            row = a_credential(f"n{number}").credential
            connection.execute(
                text(
                    "INSERT INTO credentials (id, key_no, kind, name, target, account, note, sealed_at,"
                    " created, updated, sealed) VALUES (:id, 1, 'run-as', :name, 't', 'a', '', 1700000000,"
                    " 1700000000, 1700000000, :blob)"
                ),
                {"id": row.credential_id, "name": row.fields.name, "blob": b"\x01blob"},
            )
            connection.execute(
                text("INSERT INTO listing VALUES (:id, 'run-as', 'k', :name, 't', 'a', 'u', 'h')"),
                {"id": row.credential_id, "name": row.fields.name},
            )
        line = an_event().line()
        digest = next_digest(first_digest(CMDB_ID), line)
        connection.execute(
            text("INSERT INTO audit VALUES (1, :line, :digest)"), {"line": line, "digest": digest}
        )
    engine.dispose()


EACH_DATABASE = pytest.mark.parametrize("first", ["sqlite", "postgres"], indirect=True)


@EACH_DATABASE
def test_the_first_schema_is_read_as_it_is(first: str) -> None:
    before = columns(first)
    with opened(first) as cmdb:
        assert cmdb.outdated()
        with cmdb.reading() as view:
            [use] = view.counts()
            assert (use.credentials, use.last_seal, view.last_seal()) == (2, 0, 2)
            assert [row.credential.seal_no for row in view.sealed()] == [0, 0]
            assert view.sealed_after([OLD_KEY], 0) == 0
            assert view.drill_rows() == ()
            page = view.page(CredentialFilter(), CredentialOrder(), 5)
            assert [item.credential.fields.name for item in page] == ["n1", "n2"]
    assert columns(first) == before


@EACH_DATABASE
def test_the_first_schema_is_led_up_with_a_copy_aside(first: str) -> None:
    with opened(first) as cmdb:
        with cmdb.changing(an_event()) as change:
            change.add([a_credential("three")])
            change.write_drill("told", None)
        assert not cmdb.outdated()
        with cmdb.reading() as view:
            numbers = {row.credential.fields.name: row.credential.seal_no for row in view.sealed()}
            assert numbers == {"n1": 0, "n2": 0, "three": 3}
            assert [use.last_seal for use in view.counts()] == [3]
            assert view.sealed_after([OLD_KEY], 2) == 1
            assert [row.text for row in view.drill_rows()] == ["told"]
    assert len(copies(first)) == first.startswith("sqlite")
