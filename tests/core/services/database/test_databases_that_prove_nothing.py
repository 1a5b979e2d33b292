"""Whatever is named as restored from a backup and is none: each is refused with its own reason, the answer
stays, and nothing of the file changes."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nskeys.errors import (
    CmdbAltered,
    ConfigurationInvalid,
    FileUnreadable,
    NskeysError,
    OtherDatabaseUnreachable,
    ProvesNothing,
)
from nskeys.reasons import NoProof, Problem
from nskeys.services.register.earlier_keys import Signature, signature_of
from nskeys.store.cmdb.migrations import TABLES
from nskeys.wording.errors import say
from tests.core.services.database.moving import move
from tests.core.services.database.test_declared_backups import check, declare, recoverable
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY


@pytest.fixture
def site(tmp_path: Path) -> RealSite:
    return RealSite(tmp_path)


@pytest.fixture
def server(site: RealSite) -> RealServer:
    server = site.server()
    server.set_up()
    server.add("one")
    server.add("two")
    server.back_up_keys(server.vault)
    declare(server)
    return server


def changed(server: RealServer, *statements: str) -> str:
    """A restored database in which somebody ran these."""
    address = server.restored_elsewhere()
    with closing(sqlite3.connect(address)) as database, database:
        for statement in statements:
            database.execute(statement)
    return address


def refused(server: RealServer, address: str) -> NoProof:
    """Why this database proves nothing; the answer and the file stay as they were."""
    before = Path(address).read_bytes()
    with pytest.raises(ProvesNothing) as error:
        check(server, address)
    assert Path(address).read_bytes() == before
    assert recoverable(server) == 0
    assert "proves nothing" in say(error.value).what
    return error.value.reason


def own(server: RealServer, _: Path) -> str:
    return str(server.folder.cmdb)


def linked(server: RealServer, folder: Path) -> str:
    (folder / "link").symlink_to(server.folder.cmdb)
    return str(folder / "link")


def hard_linked(server: RealServer, folder: Path) -> str:
    os.link(server.folder.cmdb, folder / "second-name")
    return str(folder / "second-name")


def by_url(server: RealServer, _: Path) -> str:
    return f"sqlite:///{server.folder.cmdb}"


@pytest.mark.parametrize("named", [own, linked, hard_linked, by_url])
def test_the_cmdb_itself_by_any_name(
    server: RealServer, tmp_path: Path, named: Callable[[RealServer, Path], str]
) -> None:
    before = server.audit()
    with pytest.raises(ProvesNothing) as error:
        check(server, named(server, tmp_path))
    assert error.value.reason is NoProof.SAME_FILE
    assert server.audit() == before


def test_what_a_move_left_by_either_name(server: RealServer, tmp_path: Path) -> None:
    left = tmp_path / "there.sqlite3"
    move(server, str(left))
    report = move(server, str(tmp_path / "after.sqlite3"))
    assert refused(server, report.aside) is NoProof.LEFT
    shutil.copy(report.aside, left)
    assert refused(server, str(left)) is NoProof.LEFT
    check(server, str(shutil.copy(left, tmp_path / "restored.sqlite3")))
    assert recoverable(server) > 0


def test_another_servers_database(server: RealServer, site: RealSite) -> None:
    other = site.server()
    other.set_up()
    assert refused(server, other.restored_elsewhere()) is NoProof.OTHER_CMDB


def test_another_servers_database_with_our_id(server: RealServer, site: RealSite) -> None:
    other = site.server()
    other.set_up()
    ours = server.installation.cmdb.cmdb_id()
    address = changed(other, f"UPDATE meta SET value = '{ours}' WHERE name = 'cmdb_id'")
    assert refused(server, address) is NoProof.NOT_SIGNED


HOSTILE = {
    "a trigger": (
        ["CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM credentials; END"],
        NoProof.ALTERED,
    ),
    "a view": (["CREATE VIEW v AS SELECT * FROM credentials"], NoProof.ALTERED),
    "a view in the place of a table": (
        ["ALTER TABLE drills RENAME TO d", "CREATE VIEW drills AS SELECT * FROM d"],
        NoProof.ALTERED,
    ),
    "a row is gone": (["DELETE FROM credentials WHERE name = 'two'"], NoProof.ROWS_CHANGED),
    "a row is edited": (["UPDATE credentials SET target = 'evil'"], NoProof.ROWS_CHANGED),
    "an inventory is edited": (["UPDATE keys SET run_as_rows = 1"], NoProof.CONTRADICTS),
    "both are": (
        ["DELETE FROM credentials WHERE name = 'two'", "UPDATE keys SET run_as_rows = 1"],
        NoProof.CONTRADICTS,
    ),
    "the register": (["DELETE FROM register"], NoProof.CONTRADICTS),
    "the diary": (["INSERT INTO drills VALUES (1, 'x', x'00')"], NoProof.CONTRADICTS),
    "the number": (["UPDATE meta SET value = '1' WHERE name = 'number'"], NoProof.CONTRADICTS),
    "no checkpoint": (["DELETE FROM checkpoint"], NoProof.NO_CHECKPOINT),
    "an edited checkpoint": (
        ["UPDATE checkpoint SET body = replace(body, '\"number\":', '\"number\":9')"],
        NoProof.NOT_SIGNED,
    ),
    "a checkpoint that is none": (["UPDATE checkpoint SET body = 'x'"], NoProof.NOT_SIGNED),
    "a newer schema": (["UPDATE meta SET value = '99' WHERE name = 'schema'"], NoProof.NEWER),
    "an id that is none": (["UPDATE meta SET value = 'x' WHERE name = 'cmdb_id'"], NoProof.DAMAGED),
    "a table is gone": (["DROP TABLE drills"], NoProof.DAMAGED),
    "no table of ours": (["DROP TABLE meta"], NoProof.EMPTY),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_database_that_somebody_changed(server: RealServer, case: str) -> None:
    statements, reason = HOSTILE[case]
    assert refused(server, changed(server, *statements)) is reason


def test_a_line_of_the_trail_that_is_not_ours(server: RealServer) -> None:
    """Its checkpoint is signed, and its trail ends otherwise."""
    address = changed(server, "UPDATE audit SET digest = x'" + "00" * 32 + "'")
    assert refused(server, address) is NoProof.CONTRADICTS


EDIT = "UPDATE audit SET line = replace(line, 'run-as/one', 'run-as/two') WHERE line LIKE '%run-as/one\"%'"


def test_a_line_of_the_trail_that_was_edited(server: RealServer) -> None:
    """The hash beside it is as it was, and so is the end."""
    assert refused(server, changed(server, EDIT)) is NoProof.CONTRADICTS


def test_a_trail_that_was_edited_here_and_accepted(server: RealServer) -> None:
    """What was restored from before has another one; what has the same one does prove something, also where
    an earlier server key signed the acceptance."""
    before = server.restored_elsewhere()
    server.add("three")
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        assert database.execute(EDIT).rowcount
    server.accept()
    assert refused(server, before) is NoProof.OTHER_HISTORY
    accepted = server.restored_elsewhere()
    server.back_up_keys(server.vault)
    server.services.server_key.replace(NOBODY)
    assert check(server, accepted).checks
    assert recoverable(server) == 3


def test_a_second_machine_that_signs_with_this_servers_key(server: RealServer, site: RealSite) -> None:
    """A copy of the whole machine went on by itself: its states are of another history."""
    twin = site.server()
    shutil.copytree(server.folder.path, twin.folder.path, dirs_exist_ok=True)
    twin = twin.restarted()
    twin.add("only there")
    state = twin.restored_elsewhere()
    server.add("only here")
    server.add("and here")
    assert refused(server, state) is NoProof.OTHER_HISTORY
    for number in range(9):
        twin.add(f"later {number}")
    assert refused(server, twin.restored_elsewhere()) is NoProof.AHEAD
    twin.services.close()


def test_a_state_that_was_abandoned(server: RealServer) -> None:
    kept = server.folder.cmdb.read_bytes()
    server.add("is lost again")
    state = server.restored_elsewhere()
    server.folder.cmdb.write_bytes(kept)
    server.accept()
    assert refused(server, state) is NoProof.ABANDONED


def test_a_copy_that_follows_the_cmdb(server: RealServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something copies the file at every change: the mark of the check is in it."""
    from nskeys.services.database import proving

    address = server.restored_elsewhere()
    mark = proving.DatabaseCheckService._mark

    def marked_and_copied(self: proving.DatabaseCheckService, *given: object) -> object:
        made = mark(self, *given)  # type: ignore[arg-type]  # as they came
        shutil.copy(server.folder.cmdb, address)
        return made

    monkeypatch.setattr(proving.DatabaseCheckService, "_mark", marked_and_copied)
    with pytest.raises(ProvesNothing) as error:
        check(server, address)
    assert error.value.reason is NoProof.SHOWS_THE_CHANGE
    assert recoverable(server) == 0


def test_a_copy_that_follows_a_little_behind(server: RealServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the mark only while its rows are opened; it is looked at once more."""
    from nskeys.services.database import proving

    address = server.restored_elsewhere()
    proven = proving.DatabaseCheckService._proven

    def proven_and_copied(self: proving.DatabaseCheckService, *given: object) -> object:
        found = proven(self, *given)  # type: ignore[arg-type]  # as they came
        shutil.copy(server.folder.cmdb, address)
        return found

    monkeypatch.setattr(proving.DatabaseCheckService, "_proven", proven_and_copied)
    with pytest.raises(ProvesNothing) as error:
        check(server, address)
    assert error.value.reason is NoProof.SHOWS_THE_CHANGE
    assert recoverable(server) == 0


@pytest.mark.parametrize("step", ["_mark", "_proven"])
def test_a_copy_with_a_write_ahead_log_that_follows_the_cmdb(
    server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The mark of the check is in the log that came after it; what was copied before is not asked."""
    from nskeys.services.database import proving

    there = tmp_path / "there"
    there.mkdir()
    shutil.copy(server.folder.cmdb, tmp_path / "work.sqlite3")
    work = getattr(proving.DatabaseCheckService, step)
    with closing(with_a_log(tmp_path / "work.sqlite3")) as target:

        def then_brought_up(*given: object) -> object:
            made = work(*given)
            brought_up_to(target, server, there)
            return made

        server.add("three")
        brought_up_to(target, server, there)
        monkeypatch.setattr(proving.DatabaseCheckService, step, then_brought_up)
        with pytest.raises(ProvesNothing) as error:
            check(server, str(there / "r.sqlite3"))
    assert error.value.reason is NoProof.SHOWS_THE_CHANGE
    assert recoverable(server) == 0
    assert not list(Path(server.folder.path).glob(".nskeys-*"))


def test_files_that_are_no_databases(server: RealServer, tmp_path: Path) -> None:
    text, folder, pipe = tmp_path / "text", tmp_path / "folder", tmp_path / "pipe"
    text.write_text("not a database, and longer than the head of one is " * 20, encoding="utf-8")
    folder.mkdir()
    os.mkfifo(pipe)
    (tmp_path / "loop").symlink_to("loop")
    expected: dict[str, tuple[type[NskeysError], Problem]] = {
        "text": (OtherDatabaseUnreachable, Problem.NOT_A_DATABASE),
        "folder": (FileUnreadable, Problem.NOT_A_FILE),
        "pipe": (FileUnreadable, Problem.NOT_A_FILE),
        "loop": (FileUnreadable, Problem.LINK_LOOP),
        "nothing": (FileUnreadable, Problem.MISSING),
    }
    before = server.audit()
    for name, (kind, problem) in expected.items():
        with pytest.raises(kind) as error:
            check(server, str(tmp_path / name))
        assert error.value.problem is problem, name  # type: ignore[attr-defined]  # both have one
    assert server.audit() == before


def test_an_empty_file_and_one_cut_short(server: RealServer, tmp_path: Path) -> None:
    empty, cut = tmp_path / "empty", Path(server.restored_elsewhere())
    empty.touch()
    assert refused(server, str(empty)) is NoProof.EMPTY
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with pytest.raises((ProvesNothing, OtherDatabaseUnreachable)):
        check(server, str(cut))
    assert recoverable(server) == 0


def test_a_url_that_is_none(server: RealServer) -> None:
    for named in ("mysql://x/y", "postgresql://me:secret@host/db"):
        with pytest.raises(ConfigurationInvalid) as error:
            check(server, named)
        assert "secret" not in say(error.value).what


def with_a_log(work: Path) -> sqlite3.Connection:
    """A database whose changes stay in its write-ahead log."""
    target = sqlite3.connect(work)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA wal_autocheckpoint = 0")
    target.execute("PRAGMA foreign_keys = OFF")
    return target


def brought_up_to(target: sqlite3.Connection, server: RealServer, there: Path) -> None:
    """It takes over the CMDB as it is; it and its log are copied to this folder."""
    target.execute("ATTACH ? AS newer", (str(server.folder.cmdb),))
    with target:
        for table in TABLES:
            target.execute(f"DELETE FROM main.{table}")
            target.execute(f"INSERT INTO main.{table} SELECT * FROM newer.{table}")
    target.execute("DETACH newer")
    ((_, _, name),) = target.execute("PRAGMA database_list")
    for end in ("", "-wal"):
        shutil.copy(f"{name}{end}", there / f"r.sqlite3{end}")


def test_what_lies_in_a_write_ahead_log_beside_it_counts_too(server: RealServer, tmp_path: Path) -> None:
    """The file alone is of an earlier change; neither the file nor its log is touched."""
    work = tmp_path / "work.sqlite3"
    shutil.copy(server.folder.cmdb, work)
    older = server.installation.cmdb
    with older.reading() as view:
        number = view.number
    server.add("three")
    there = tmp_path / "there"
    there.mkdir()
    with closing(with_a_log(work)) as target:
        brought_up_to(target, server, there)
    before = {path.name: path.read_bytes() for path in there.iterdir()}
    backup = check(server, str(there / "r.sqlite3"))
    assert backup.checks[0].state.number > number
    assert recoverable(server) == 3
    assert {path.name: path.read_bytes() for path in there.iterdir()} == before
    assert not list(Path(server.folder.path).glob(".nskeys-*"))


def test_a_file_that_a_write_ahead_log_was_used_for_leaves_nothing_beside(
    server: RealServer, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    name = there / "r.sqlite3"
    shutil.copy(server.folder.cmdb, name)
    with closing(sqlite3.connect(name)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    check(server, str(name))
    assert [path.name for path in there.iterdir()] == ["r.sqlite3"]


def test_what_is_wrong_here_is_not_blamed_on_the_database_that_was_named(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody makes a trigger in the CMDB while the other one is open."""
    from nskeys.services.database import proving

    def altered_meanwhile(*given: Any) -> Signature:
        with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
            database.execute("CREATE TRIGGER mine AFTER INSERT ON audit BEGIN DELETE FROM credentials; END")
        return signature_of(*given)

    address = server.restored_elsewhere()
    monkeypatch.setattr(proving, "signature_of", altered_meanwhile)
    with pytest.raises(CmdbAltered) as error:
        check(server, address)
    assert address not in say(error.value).what


def test_a_mismatch_here_ends_it_before_anybody_is_asked(server: RealServer) -> None:
    address = server.restored_elsewhere()
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute("DELETE FROM register")
    with pytest.raises(NskeysError):
        server.services.declared_backups.declare("another", NOBODY)
    with pytest.raises(NskeysError):
        check(server, address)
    assert recoverable(server) == 0
