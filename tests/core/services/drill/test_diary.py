"""The diary of drills: every one that was tried is in it, whoever did it and however it ended."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.errors import (
    BackupDamaged,
    Cancelled,
    DestinationUnreachable,
    FileUnreadable,
    Locked,
    NskeysError,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.diary import DiaryFate, DrillEnd, DrillEntry
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, Purpose, SecretRequest, SilentProgress, Stage
from tests.fakes.fixed import HOST, OPERATOR, Answers
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site
from tests.fakes.watching import Watching


@pytest.fixture
def address(server: Server) -> str:
    """A backup of two credentials, in the vault."""
    server.add("one")
    server.add("two")
    return server.back_up().copy.address


def entries(server: Server) -> tuple[DrillEntry, ...]:
    return server.services.diary.read().entries


def drill(server: Server, address: str, *passwords: str, typed: bool = False) -> None:
    """As a front end does it: the file first, then its password."""
    source = server.services.drill.find(address)
    answers = Answers({Purpose.BACKUP_PASSWORD: passwords}, typed=typed)
    server.services.drill.execute(source, answers)


class Slow(Watching):
    """Trying the rows takes a while."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def stage(self, stage: Stage, total: int | None = None) -> None:
        super().stage(stage, total)
        if stage is Stage.PROVING:
            self._server.clock.advance(seconds=42)


def test_a_drill_says_who_when_where_how_long_and_how_far(server: Server, address: str) -> None:
    began = server.clock.advance(days=1)
    source = server.services.drill.find(address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}, typed=True)
    report = server.services.drill.execute(source, answers, Slow(server))
    assert report.diary is DiaryFate.SIGNED
    [entry] = entries(server)
    assert (entry.began, entry.seconds, entry.actor, entry.host) == (began, 42, OPERATOR, HOST)
    assert (entry.address, entry.generation) == (address, 1)
    assert entry.archive_sha256 == source.inspected.file_sha256
    assert (entry.end, entry.reached) == (DrillEnd.PROVEN, Proof.CREDENTIALS_OPEN)
    assert (entry.opened, entry.failed, entry.failures) == (2, 0, ())
    assert entry.typed
    assert entry.signed


def test_what_did_not_open_is_counted_and_named(server: Server, address: str) -> None:
    server.rotate(without_backup=True)
    for number in range(7):
        server.add(f"new-{number}")
    one = server.services.credentials.show("run-as/one")
    server.services.credentials.remove(one, NOBODY)
    two = server.services.credentials.show("run-as/two")
    server.forge_credential(two.credential_id, target="elsewhere-*")
    drill(server, address, PASSWORD)
    [entry] = entries(server)
    assert (entry.opened, entry.missing, entry.tampered) == (0, 8, 0)
    assert entry.reached is Proof.KEYS_MATCH
    assert len(entry.failures) == 5
    assert not entry.typed


def test_a_password_that_was_given_up_is_in_it(server: Server, address: str) -> None:
    with pytest.raises(WrongPassword):
        drill(server, address, "wrong", "wrong again", typed=True)
    [entry] = entries(server)
    assert (entry.end, entry.reached, entry.opened) == (DrillEnd.WRONG_PASSWORD, None, 0)
    assert (entry.generation, entry.signed, entry.typed) == (1, True, True)
    assert server.services.audit.verify().whole


def test_a_person_who_leaves_after_a_wrong_password_gave_up(server: Server, address: str) -> None:
    def leaves_after(tries: int) -> None:
        def provider(request: SecretRequest, retry: int) -> SecretBytes:
            if retry == tries:
                raise Cancelled
            return SecretBytes.from_text("wrong", typed=True)

        with pytest.raises(Cancelled):
            server.services.drill.execute(server.services.drill.find(address), provider)

    leaves_after(0)
    assert entries(server) == (), "who types nothing tried nothing"
    leaves_after(1)
    assert [entry.end for entry in entries(server)] == [DrillEnd.WRONG_PASSWORD]


def test_where_nobody_is_there_to_be_asked_no_drill_was_tried(server: Server, address: str) -> None:
    with pytest.raises(SecretUnavailable):
        drill(server, address)
    assert entries(server) == ()


def test_a_damaged_a_missing_and_an_unreachable_copy_are_in_it(server: Server, address: str) -> None:
    with server.cut_off(server.vault), pytest.raises(DestinationUnreachable):
        drill(server, address)
    server.corrupt(address)
    with pytest.raises(BackupDamaged):
        drill(server, address)
    server.lose(address)
    with pytest.raises(FileUnreadable):
        drill(server, address)
    assert [entry.end for entry in entries(server)] == [
        DrillEnd.MISSING,
        DrillEnd.DAMAGED,
        DrillEnd.UNREACHABLE,
    ]
    assert {(entry.address, entry.generation, entry.signed) for entry in entries(server)} == {
        (address, 1, True)
    }


def test_a_slip_in_a_file_name_is_no_drill(server: Server, address: str) -> None:
    for wrong in (address + "x", "no://such", "", "latest" + address):
        with pytest.raises(NskeysError):
            drill(server, wrong)
    assert entries(server) == ()


def test_it_survives_a_restart_and_is_newest_first(server: Server, address: str) -> None:
    drill(server, address, PASSWORD)
    server.clock.advance(days=1)
    drill(server, address, PASSWORD)
    again = server.restarted()
    first, second = again.services.diary.read().entries
    assert (first.number, second.number) == (2, 1)
    assert first.began > second.began
    assert again.services.diary.read(limit=1).entries == (first,)


def test_on_a_machine_without_the_keys_a_line_is_unsigned(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    report = fresh.drill(address)
    assert (report.recorded, report.diary) == (False, DiaryFate.UNSIGNED)
    [entry] = entries(fresh)
    assert (entry.end, entry.opened, entry.signed) == (DrillEnd.PROVEN, 2, False)
    with pytest.raises(WrongPassword):
        drill(fresh, address, "wrong")
    assert [entry.end for entry in entries(fresh)] == [DrillEnd.WRONG_PASSWORD, DrillEnd.PROVEN]


def test_where_the_passphrase_is_not_given_a_line_is_unsigned(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.PASSPHRASE: [PASSPHRASE]})
    made = server.services.backup.execute(server.services.backup.plan(server.vault), answers)
    report = server.drill(made.copy.address)
    assert (report.recorded, report.diary) == (False, DiaryFate.UNSIGNED)
    [entry] = entries(server)
    assert not entry.signed
    with pytest.raises(WrongPassword):
        drill(server, made.copy.address, "wrong")
    assert not entries(server)[0].signed, "nobody is asked for a passphrase after a drill that failed"


def test_nobody_types_a_password_for_a_result_that_cannot_be_written_now(
    server: Server, address: str
) -> None:
    source, answers = server.services.drill.find(address), Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with server.installation.lock.hold("rotating the key"), pytest.raises(Locked):
        server.services.drill.execute(source, answers)
    assert answers.asked == []
    assert server.services.drill.execute(source, answers).written_down


def test_what_cannot_be_written_in_the_end_is_told_and_no_failure_of_the_drill(
    server: Server, address: str
) -> None:
    class Busy(SilentProgress):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            if stage is Stage.RECORDING:
                self.other = server.installation.lock.hold("rotating the key")
                self.other.__enter__()

    busy, source = Busy(), server.services.drill.find(address)
    report = server.services.drill.execute(source, Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}), busy)
    busy.other.__exit__(None, None, None)
    assert report.reached is Proof.CREDENTIALS_OPEN
    assert report.diary is DiaryFate.NOT_WRITTEN
    assert isinstance(report.not_recorded, Locked)
    assert not report.written_down
    assert entries(server) == ()


def test_a_clock_that_jumped_back_makes_no_negative_time(server: Server, address: str) -> None:
    class Backwards(SilentProgress):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            if stage is Stage.PROVING:
                server.clock.advance(days=-1)

    source = server.services.drill.find(address)
    backwards: Progress = Backwards()
    server.services.drill.execute(source, Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}), backwards)
    assert entries(server)[0].seconds == 0


# --- hands in the database ---------------------------------------------------------------------------


@pytest.fixture
def real(tmp_path: Path) -> RealServer:
    """A server with one drill in its diary."""
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    server.drill(server.back_up().copy.address)
    return server


def write(server: RealServer, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute(statement, values)


def test_a_line_that_was_changed_is_unsigned(real: RealServer) -> None:
    write(real, "UPDATE drills SET body = replace(body, '\"opened\":1', '\"opened\":9')")
    [entry] = entries(real)
    assert (entry.opened, entry.signed) == (9, False)


def test_lines_that_cannot_be_understood_are_counted(real: RealServer) -> None:
    write(real, "INSERT INTO drills VALUES (7, 'well done', NULL)")
    write(real, "INSERT INTO drills VALUES (8, x'ff', x'00')")
    diary = real.services.diary.read()
    assert diary.unreadable == 2
    assert [entry.signed for entry in diary.entries] == [True]
    real.services.register.retire(real.services.register.plan_retire(diary.entries[0].address), NOBODY)
