"""Steps: they make the tables that queries expect, and lead an older CMDB up to them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.errors import CannotCreate, NewerVersion, NskeysError
from nskeys.model.audit import first_digest, next_digest
from nskeys.model.credential_list import CredentialFilter
from nskeys.reasons import Problem
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.address import url_of
from nskeys.store.cmdb.migrations import STEPS, TABLES, Step
from tests.fakes.cmdbs import CMDB_ID, stream_raw
from tests.fakes.credentials import a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import FixedClock
from tests.fakes.postgres import postgres_url

NOTES = Step(2, lambda spelling: [f"CREATE TABLE remarks (body {spelling.text} NOT NULL)"])
STAMP = Step(
    3, lambda _: ["ALTER TABLE remarks ADD COLUMN stamp BIGINT", "CREATE INDEX stamps ON remarks (stamp)"]
)
BROKEN = Step(3, lambda _: ["CREATE TABLE half_done (x BIGINT)", "CREATE TABLE remarks (again BIGINT)"])


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
    """Every (table, column) in the database, by its own list."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            rows = file.execute(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
                " WHERE m.type = 'table'"
            )
            return set(rows.fetchall())
    import psycopg

    with psycopg.connect(url) as server:
        found = server.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema()"
        )
        return set(found.fetchall())


def test_the_steps_make_the_tables_whose_names_are_ours(url: str) -> None:
    made = {table for table, _ in columns(url)}
    assert {table for table in made if not table.startswith("search")} == TABLES
    assert ("search" in made) is url.startswith("sqlite:")


def test_steps_are_numbered_without_a_gap() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_looking_reads_an_older_cmdb_and_leaves_it_as_it_is(url: str, later: SqlCmdb) -> None:
    assert later.exists()
    later.create(CMDB_ID)
    with later.reading() as view:
        assert view.total(CredentialFilter()) == 1
    assert [len(batch) for _, batch in stream_raw(later)] == [1]
    assert ("remarks", "body") not in columns(url)
    assert copies(url) == []


def test_the_first_change_leads_it_up_step_by_step(url: str, later: SqlCmdb) -> None:
    with later.changing(an_event()) as change:
        change.add([a_credential("two")])
    assert {("remarks", "body"), ("remarks", "stamp")} <= columns(url)
    with later.reading() as view:
        assert view.total(CredentialFilter()) == 2
        entries = view.audit_entries(after=1)
        assert '"action":"migrated"' in entries[0].line
        assert '"from":"1"' in entries[0].line
        assert '"to":"3"' in entries[0].line
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
    assert (refused.value.found, refused.value.known) == (3, 1)


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
    copy = path.with_name("cmdb.sqlite3.before-3")
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
    for name in ("cmdb.sqlite3.before-3", "cmdb.sqlite3.before-3-2"):
        path.with_name(name).write_text("an earlier attempt", encoding="utf-8")
    upgrade(path)
    assert [len(copy.read_bytes()) > 1_000 for copy in copies(url_of(path))] == [False, False, True]
    assert path.with_name("cmdb.sqlite3.before-3-3").is_file()


def test_without_a_copy_nothing_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> str:
        raise CannotCreate(str(path.parent), Problem.NO_SPACE)

    monkeypatch.setattr("nskeys.files.write_first_free", no_space)
    before = path.read_bytes()
    with pytest.raises(CannotCreate):
        upgrade(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
