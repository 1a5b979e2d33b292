"""The CMDB moves to another database, from SQLite to PostgreSQL and back: every row, or nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nskeys.errors import (
    Cancelled,
    CannotCreate,
    ChangeWaits,
    CmdbDamaged,
    ConfigurationInvalid,
    MoveRefused,
    MoveWaits,
    NskeysError,
    PlanOutdated,
)
from nskeys.model.audit import members_of
from nskeys.model.database_tables import COPIED_TABLES, MOVED_TABLES
from nskeys.ports import SilentProgress, Stage
from nskeys.reasons import MismatchKind, MoveProblem, Problem
from nskeys.services.checkpoint.looking import compare
from nskeys.services.settling import home_of
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.migrations import TABLES
from tests.core.services.database.moving import WANTED, everything, is_there, move, places, point_back
from tests.fakes.disks import fill, small_disk
from tests.fakes.fixed import FixedClock
from tests.fakes.real_site import RealServer
from tests.fakes.servers import NOBODY
from tests.second_reader.checkpoint import read_home


@pytest.fixture(params=["memory", "postgres"])
def three(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, str, str]]:
    """A server that lived, a place for its CMDB on another engine, and one on its own."""
    with places(request.param, tmp_path) as found:
        yield found


def test_every_table_is_moved_but_what_is_derived_and_the_checkpoint_itself() -> None:
    assert {table.name for table in MOVED_TABLES} | {"listing", "checkpoint"} == TABLES
    assert set(COPIED_TABLES) < set(MOVED_TABLES)


def test_it_goes_and_comes_back_with_every_row(three: tuple[Any, str, str]) -> None:
    server, there, back = three
    left = server.installation.cmdb.address()
    with server.installation.cmdb.reading() as view:
        before, number, lines = everything(view), view.number, len(server.audit())
    report = move(server, there)
    assert (report.number, report.not_put_aside) == (number + 1, None)
    assert report.aside.startswith(f"{left}.moved-")
    assert (server.installation.settings.read().cmdb, server.installation.cmdb.url()) == (there, there)
    with server.installation.cmdb.reading() as view:
        assert everything(view)[:-2] == before[:-2]  # the two last are the audit trail and the notes
        assert everything(view)[-1] == before[-1]
        assert view.number == number + 1
    trail = server.audit()
    assert len(trail) == lines + 1
    told = members_of(trail[-1])
    assert (told["action"], told["number"]) == ("database-moved", number + 1)
    assert told["details"] == {"from": left, "engine": server.installation.cmdb.describe()}
    assert server.secrets() == WANTED
    assert server.services.audit.verify().whole
    assert compare(server.installation).fits

    server.add("four", "added there")
    again = move(server, back)
    assert again.aside == "" if there.startswith("postgresql") else again.aside
    assert server.secrets() == {**WANTED, "run-as/four": "added there"}
    assert server.restarted().secrets() == {**WANTED, "run-as/four": "added there"}
    assert server.services.audit.verify().whole
    assert server.services.check.execute(NOBODY).fits


def test_the_database_that_was_left_is_refused_and_the_words_say_why(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    report = move(server, there)
    aside = server.installation.cmdb.at(report.aside).url()
    point_back(server, aside)
    (found,) = compare(server.installation).mismatches
    number = str(report.number)
    assert (found.what, found.expected, found.found) == (
        MismatchKind.MOVED,
        number,
        str(report.number - 1),
    )
    with pytest.raises(ChangeWaits):
        server.add("four")
    point_back(server, there)
    server.add("four")
    assert compare(server.installation).fits
    point_back(server, aside)  # also after later changes
    assert [one.what for one in compare(server.installation).mismatches] == [MismatchKind.MOVED]


def test_where_a_server_is_left_its_tables_stay_and_are_refused(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, back):
        move(server, there)
        report = move(server, back)
        assert report.aside == ""
        point_back(server, there)
        assert [one.what for one in compare(server.installation).mismatches] == [MismatchKind.MOVED]


def test_a_file_in_the_home_needs_no_line_in_the_settings(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        move(server, there)
        move(server, str(server.folder.cmdb))
        assert server.installation.settings.read().cmdb == ""
        assert server.restarted().secrets() == WANTED


def test_a_plan_tries_the_target_and_changes_nothing(three: tuple[Any, str, str]) -> None:
    server, there, back = three
    before = server.everything()
    for address in (there, back):
        plan = server.services.database_move.plan(address)
        assert (plan.credentials, plan.begun, plan.moved) == (len(WANTED), False, False)
        assert plan.rows > len(WANTED)
        assert not is_there(server, address)
    assert server.everything() == before
    if isinstance(server, RealServer):
        assert not list(Path(server.folder.path).glob("back.sqlite3*"))


def test_a_database_that_is_not_empty_is_never_overwritten(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    stranger = server.installation.cmdb.at(there)
    stranger.create("ab" * 16)
    move_to = server.services.database_move
    plan = move_to.plan(there)  # nothing ever was in it
    stranger.note("somebody's")
    before = server.everything()
    with pytest.raises(MoveRefused) as refused:
        move_to.plan(there)
    assert refused.value.problem is MoveProblem.NOT_EMPTY
    with pytest.raises(MoveRefused):
        move_to.execute(plan, NOBODY)
    assert server.everything() == before
    with stranger.reading() as view:
        assert (view.cmdb_id, view.notes()) == ("ab" * 16, ("somebody's",))
    stranger.close()


def test_the_database_of_an_earlier_move_is_not_empty_either(tmp_path: Path) -> None:
    """It is the last thing left of those changes: only what a broken move wrote is written anew."""
    with places("postgres", tmp_path) as (server, there, back):
        move(server, there)
        move(server, back)
        with pytest.raises(MoveRefused) as refused:
            server.services.database_move.plan(there)
        assert refused.value.problem is MoveProblem.NOT_EMPTY


def test_it_does_not_move_to_where_it_is_by_any_name(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        for address in (str(server.folder.cmdb), server.installation.cmdb.url()):
            with pytest.raises(MoveRefused) as refused:
                server.services.database_move.plan(address)
            assert refused.value.problem is MoveProblem.HERE
        other = tmp_path / "other.sqlite3"
        other.hardlink_to(server.folder.cmdb)
        with pytest.raises(MoveRefused) as refused:
            server.services.database_move.plan(str(other))
        assert refused.value.problem is MoveProblem.SAME
        move(server, there)
        with pytest.raises(MoveRefused) as refused:
            server.services.database_move.plan(f"{there}&application_name=other")
        assert refused.value.problem is MoveProblem.SAME
        assert server.secrets() == WANTED


@pytest.mark.parametrize("address", ["mysql://db/nskeys", "", "postgresql://u:secret@db/x", "sqlite://x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        SqlCmdb("sqlite:////x", FixedClock()).at(address)
    assert "secret" not in str(refused.value)


def test_beside_a_mismatch_it_waits_as_other_changes_do(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    plan = server.services.database_move.plan(there)
    server.forge_register([])
    with pytest.raises(ChangeWaits):
        server.services.database_move.plan(there)
    with pytest.raises(ChangeWaits):
        server.services.database_move.execute(plan, NOBODY)
    assert not is_there(server, there)


def test_credentials_that_are_not_those_of_the_inventory_are_not_moved(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    plan = server.services.database_move.plan(there)
    with server.installation.cmdb.reading() as view:
        credential = view.sealed()[0].credential
    server.forge_credential(credential.credential_id, account="CORP\\somebody")
    before = server.everything()
    moving = server.services.database_move
    acts: list[Callable[[], object]] = [
        lambda: moving.plan(there),
        lambda: moving.execute(plan, NOBODY),
    ]
    for act in acts:
        with pytest.raises(MoveWaits) as waits:
            act()
        told = (waits.value.problem, waits.value.detail)
        assert told == (MoveProblem.ROWS_CHANGED, credential.kid[:8])
    assert server.everything() == before
    assert not is_there(server, there)


class Stopping(SilentProgress):
    """Somebody stops at the n-th look; the stages that were begun."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.stages: list[tuple[Stage, int | None]] = []
        self.done: dict[Stage, int] = {}

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self.stages.append((stage, total))

    def advance(self, count: int = 1) -> None:
        stage = self.stages[-1][0]
        self.done[stage] = self.done.get(stage, 0) + count

    def checkpoint(self) -> None:
        self.after -= 1
        if not self.after:
            raise Cancelled


def test_stopped_at_any_look_nothing_was_done(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    before, number = server.everything(), 1
    step = 9 if isinstance(server, RealServer) else 1
    while True:
        stopping = Stopping(number)
        try:
            move(server, there, progress=stopping)
        except Cancelled:
            assert server.everything() == before
            assert not is_there(server, there)
            assert server.installation.checkpoint.read_next() is None
            number += step
        else:
            break
    assert number > len(MOVED_TABLES)
    totals = dict(stopping.stages)
    assert totals[Stage.COPYING_ROWS] == stopping.done[Stage.COPYING_ROWS]
    assert totals[Stage.COMPARING_ROWS] is not None
    assert server.secrets() == WANTED


def test_a_plan_of_another_place_is_no_plan(three: tuple[Any, str, str]) -> None:
    server, there, back = three
    plan = server.services.database_move.plan(back)
    move(server, there)
    with pytest.raises(PlanOutdated):
        server.services.database_move.execute(plan, NOBODY)


def last_number(server: RealServer) -> int:
    """The number of the last change that the home knows."""
    home = home_of(server.installation)
    assert home is not None
    return home.checkpoint.number


def test_a_plan_from_before_another_change_is_none_either(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    plan = server.services.database_move.plan(there)
    server.add("four")
    with pytest.raises(PlanOutdated):
        server.services.database_move.execute(plan, NOBODY)
    assert not is_there(server, there)


def test_a_file_that_cannot_be_renamed_is_told_and_the_same_command_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        with monkeypatch.context() as patch:

            def no_permission(*_: object) -> str:
                raise CannotCreate("there", Problem.NOT_PERMITTED)

            patch.setattr("nskeys.store.cmdb.database.put_aside", no_permission)
            report = move(server, there)
        assert (report.aside, isinstance(report.not_put_aside, CannotCreate)) == ("", True)
        assert server.secrets() == WANTED, "it was moved all the same"
        plan = server.services.database_move.plan(there)
        assert (plan.moved, plan.source.address) == (True, str(server.folder.cmdb))
        number = last_number(server)
        aside = server.services.database_move.execute(plan, NOBODY).aside
        assert Path(aside).exists()
        assert not server.folder.cmdb.exists()
        assert last_number(server) == number, "which is no change"
        with pytest.raises(MoveRefused):
            server.services.database_move.plan(there)


def test_the_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        day = server.clock.now().date().isoformat()
        taken = Path(f"{server.folder.cmdb}.moved-{day}")
        taken.write_bytes(b"somebody's")
        report = move(server, there)
        assert report.aside == f"{taken}-2"
        assert taken.read_bytes() == b"somebody's"


@pytest.mark.parametrize("leads", ["to somebody's", "to the CMDB", "nowhere"])
def test_a_link_is_no_target_and_nothing_that_it_leads_to_is_touched(tmp_path: Path, leads: str) -> None:
    with places("postgres", tmp_path) as (server, _, back):
        behind = tmp_path / "somebodys"
        if leads == "to somebody's":
            behind.write_bytes(b"")
        Path(back).symlink_to(server.folder.cmdb if leads == "to the CMDB" else behind)
        before = server.everything()
        with pytest.raises(CannotCreate) as refused:
            server.services.database_move.plan(back)
        assert (refused.value.path, refused.value.problem) == (back, Problem.LINK)
        assert server.everything() == before
        assert not behind.exists() or behind.read_bytes() == b""


def test_a_link_that_is_laid_after_the_plan_is_refused_before_the_switch(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, _, back):
        plan = server.services.database_move.plan(back)
        Path(back).symlink_to(tmp_path / "somebodys")
        before = server.everything()
        with pytest.raises(CannotCreate):
            server.services.database_move.execute(plan, NOBODY)
        assert server.everything() == before


def test_a_link_by_the_name_of_the_old_file_is_left_alone(tmp_path: Path) -> None:
    """Whoever lays one there neither stops a move that was made, nor gets the rows."""
    with places("postgres", tmp_path) as (server, there, _):
        left = f"{server.folder.cmdb}.moved-{server.clock.now().date().isoformat()}"
        behind = tmp_path / "somebodys"
        behind.write_bytes(b"theirs")
        Path(left).symlink_to(behind)
        Path(f"{left}-2").symlink_to(tmp_path / "nowhere")
        assert move(server, there).aside == f"{left}-3"
        assert Path(left).readlink() == behind
        assert behind.read_bytes() == b"theirs"
        assert not Path(f"{left}-3").is_symlink()
        assert not (tmp_path / "nowhere").exists()


def test_a_disk_that_fills_up_meanwhile_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with (
        places("postgres", tmp_path / "home") as (server, _, _),
        small_disk(tmp_path / "disk", "2m") as disk,
    ):
        plan = server.services.database_move.plan(str(disk / "cmdb.sqlite3"))
        filler = fill(disk)
        before = server.everything()
        with pytest.raises(NskeysError) as full:
            server.services.database_move.execute(plan, NOBODY)
        assert getattr(full.value, "problem", None) is Problem.NO_SPACE
        assert server.everything() == before
        assert list(disk.iterdir()) == [filler]
        filler.unlink()
        server.services.database_move.execute(plan, NOBODY)
        assert server.secrets() == WANTED


def test_a_value_that_not_every_database_can_hold_is_named(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
            database.execute("INSERT INTO notes VALUES (99, CAST(x'ff' AS TEXT))")
        with pytest.raises(CmdbDamaged) as damaged:
            move(server, there)
        assert (damaged.value.table, damaged.value.rows) == ("notes", ("99",))
        with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
            database.execute("UPDATE notes SET body = 'a' || char(0) WHERE number = 99")
        with pytest.raises(CmdbDamaged) as damaged:
            move(server, there)
        assert damaged.value.problem is Problem.ZERO_CHARACTER
        assert not is_there(server, there)


def test_settings_that_cannot_be_edited_leave_everything_as_it_was(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        before = server.everything()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nskeys.store.settings_edit.changed", lambda *_: None)
            with pytest.raises(ConfigurationInvalid):
                move(server, there)
        assert server.everything() == before
        assert server.installation.checkpoint.read_next() is None
        assert server.services.database_move.plan(there).begun, "what arrived there is filled anew"
        move(server, there)
        assert server.secrets() == WANTED


def test_what_a_broken_move_left_is_filled_anew_after_later_changes_too(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nskeys.store.settings_edit.changed", lambda *_: None)
            with pytest.raises(ConfigurationInvalid):
                move(server, there)
        server.add("four", "added afterwards")
        plan = server.services.database_move.plan(there)
        assert plan.begun
        server.services.database_move.execute(plan, NOBODY)
        assert server.secrets() == {**WANTED, "run-as/four": "added afterwards"}


def test_what_the_move_of_another_history_left_is_a_strangers(tmp_path: Path) -> None:
    """An older database was put back and accepted: the rows there are not all in its past."""
    with places("postgres", tmp_path) as (server, there, _):
        older = server.folder.cmdb.read_bytes()
        server.add("four")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nskeys.store.settings_edit.changed", lambda *_: None)
            with pytest.raises(ConfigurationInvalid):
                move(server, there)
        server.folder.cmdb.write_bytes(older)
        server.restarted().accept()
        with pytest.raises(MoveRefused) as refused:
            server.services.database_move.plan(there)
        assert refused.value.problem is MoveProblem.NOT_EMPTY


def test_what_somebody_signed_themselves_is_a_strangers(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nskeys.store.settings_edit.changed", lambda *_: None)
            with pytest.raises(ConfigurationInvalid):
                move(server, there)
        import psycopg

        with psycopg.connect(there) as connection:
            connection.execute("UPDATE audit SET line = line || ' ' WHERE no = (SELECT max(no) FROM audit)")
        with pytest.raises(MoveRefused) as refused:
            server.services.database_move.plan(there)
        assert refused.value.problem is MoveProblem.NOT_EMPTY


def test_the_home_remembers_the_move_through_later_changes(three: tuple[Any, str, str]) -> None:
    server, there, _ = three
    left = server.installation.cmdb.url()
    number = move(server, there).number
    server.add("four")
    home = home_of(server.installation)
    assert home is not None
    assert home.moved is not None
    assert (home.moved.number, home.moved.left) == (number, left)
    document = read_home(server.installation.checkpoint.read(), server.installation.server_public())
    assert document["moved"] == {"number": number, "left": left}  # as FORMAT.md has it
    assert replace(home, moved=None) != home
