"""Archives bear witness: a machine that was put back as a whole, home and database, learns it from them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.errors import ChangeWaits
from nskeys.model.checkpoint import STEP
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint import witnesses
from nskeys.services.checkpoint.looking import compare
from nskeys.services.settling import home_of
from nskeys.services.status import checking
from nskeys.wording.mismatches import mismatch_line
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    """A server with one credential that a backup elsewhere brings back."""
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    server.back_up()
    yield server
    server.services.close()


def put_back(server: RealServer, days: int = 1) -> tuple[RealServer, str]:
    """The machine as it was before its last days, in which a credential and a backup were made. Returns it
    with the backup's address."""
    home = Path(server.installation.home.path)
    snapshot = home.with_name("snapshot")
    shutil.copytree(home, snapshot)
    server.clock.advance(days=days)
    server.add("two")
    address = server.back_up_keys().copy.address
    server.services.close()
    shutil.rmtree(home)
    snapshot.rename(home)
    return server.restarted(), address


def number(server: RealServer) -> int:
    home = home_of(server.installation)
    assert home is not None
    return home.checkpoint.number


def found(server: RealServer) -> list[MismatchKind]:
    return [one.what for one in compare(server.installation, patience=0).mismatches]


def test_alone_it_cannot_tell_and_a_check_is_told_by_the_later_backup(server: RealServer) -> None:
    last = number(server) + 3  # the credential, the backup's number, the backup
    older, address = put_back(server)
    assert (found(older), older.services.audit.verify(witnesses.Heard()).intact) == ([], True)
    before = number(older)
    report = older.services.check.execute(NOBODY)
    [mismatch] = report.mismatches
    assert mismatch_line(mismatch) == (
        f"a backup of this server knows change {last - 1} ({address}), and the last one here was {before}: "
        "home and database went back together, or another machine signs with this server key"
    )
    assert found(older) == [MismatchKind.WITNESS]
    with pytest.raises(ChangeWaits):
        older.add("three")


def test_a_backup_asks_before_it_encrypts_and_takes_no_number_that_was_given(server: RealServer) -> None:
    older, address = put_back(server)
    made = older.back_up().copy
    assert made.backup.generation == 3
    assert found(older) == [MismatchKind.WITNESS]
    assert address != made.address


def test_the_trail_is_not_whole_and_the_backup_is_named(server: RealServer) -> None:
    older, address = put_back(server)
    verdict = older.services.audit.verify()
    assert (verdict.whole, verdict.contradicted_by) == (False, (address,))


def test_once_a_person_accepted_it_the_abandoned_changes_are_no_evidence_any_more(
    server: RealServer,
) -> None:
    older, _ = put_back(server)
    older.services.check.execute(NOBODY)
    known = number(older)
    older.accept()
    assert number(older) > known + STEP - 10
    report = older.services.check.execute(NOBODY)
    assert (report.mismatches, found(older)) == ((), [])
    older.add("three")
    assert older.services.audit.verify().whole


def test_a_machine_that_was_put_back_and_went_on_is_told_by_the_backup_of_the_changes_it_lacks(
    server: RealServer,
) -> None:
    """By its number alone the backup knows nothing new: the trail at that number is another one."""
    last = number(server) + 2  # the credential, and the backup's number
    older, address = put_back(server)
    for name in ("three", "four", "five"):
        older.add(name)
    [mismatch] = older.services.check.execute(NOBODY).mismatches
    assert mismatch_line(mismatch) == (
        f"a backup of this server has another audit trail at change {last} ({address}) than is here: "
        "another machine signs with this server key, or this one was put back and went on"
    )
    assert found(older) == [MismatchKind.OTHER_TRAIL], "also without the backup"
    with pytest.raises(ChangeWaits):
        older.add("six")
    assert older.services.recoverability.assess().totals.recoverable == 0
    known = number(older)
    older.accept()
    assert number(older) > known + STEP - 10
    assert (older.services.check.execute(NOBODY).mismatches, found(older)) == ((), [])
    assert older.services.audit.verify().whole
    older.add("six")
    older.drill(older.back_up().copy.address)
    totals = older.services.recoverability.assess().totals
    assert totals.recoverable == totals.total == 5


def test_before_a_backup_the_other_trail_is_told_as_well(server: RealServer) -> None:
    older, _ = put_back(server)
    for name in ("three", "four", "five"):
        older.add(name)
    older.back_up()
    assert found(older) == [MismatchKind.OTHER_TRAIL]


def test_what_a_person_accepted_during_the_look_is_not_told_again(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, _ = put_back(server)
    older.services.check.execute(NOBODY)
    hear = witnesses.hear_all

    def meanwhile(installation: object) -> witnesses.Heard:
        monkeypatch.undo()
        heard = hear(older.installation)
        older.accept()
        return heard

    monkeypatch.setattr(checking, "hear_all", meanwhile)
    older.services.check.execute(NOBODY)
    assert found(older) == []


def test_where_the_place_does_not_answer_it_is_named(server: RealServer) -> None:
    older, _ = put_back(server)
    with older.cut_off(older.vault):
        report = older.services.check.execute(NOBODY)
        assert report.mismatches == ()
        assert [Path(one).parent for one in report.trail.not_asked] == [Path(older.vault)]
        assert not report.trail.whole
    assert older.services.check.execute(NOBODY).mismatches


def test_what_anybody_else_made_is_no_witness(server: RealServer, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    stranger = RealSite(tmp_path / "elsewhere").server()
    stranger.set_up()
    for each in range(9):
        stranger.add(f"number-{each}")
    theirs = Path(stranger.back_up().copy.address)
    mark = server.installation.cmdb.cmdb_id()[:8]
    shutil.copy(theirs, Path(server.vault, f"ns01-{mark}-20991231T000000Z.zip"))
    Path(server.vault, f"ns01-{mark}-20991231T000001Z.zip").write_bytes(b"no archive at all")
    report = server.services.check.execute(NOBODY)
    assert report.mismatches == ()
    assert report.trail.whole
    assert found(server) == []
    stranger.services.close()


def test_a_place_that_somebody_filled_hides_no_later_backup_of_this_server(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "_MOST", 5)
    older, _ = put_back(server)
    mark = older.installation.cmdb.cmdb_id()[:8]
    for each in range(4):
        Path(older.vault, f"ns01-{mark}-2099123{each}T000000Z.zip").write_bytes(b"filled")
    assert older.services.check.execute(NOBODY).mismatches
    for each in range(4, 9):
        Path(older.vault, f"ns01-{mark}-2099123{each}T000000Z.zip").write_bytes(b"filled")
    assert older.vault in older.services.check.execute(NOBODY).trail.not_asked


def test_an_archive_that_others_make_during_the_look_contradicts_nothing(
    server: RealServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = witnesses.hear_all

    def meanwhile(installation: object) -> witnesses.Heard:
        server.add("meanwhile")
        server.back_up()
        return hear(server.installation)

    monkeypatch.setattr(witnesses, "hear_all", meanwhile)
    assert server.services.audit.verify().contradicted_by == ()
