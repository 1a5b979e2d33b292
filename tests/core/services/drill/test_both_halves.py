"""A drill from nothing: every row of the database copy opens with the keys of the backup, and nothing else
of the server is used."""

import pytest

from nskeys.errors import BackupDamaged
from nskeys.model.diary import DiaryFate, DrillEnd
from nskeys.model.plans import DrillReport
from nskeys.model.register import Proof
from nskeys.ports import Purpose
from nskeys.reasons import FailureReason
from nskeys.services.database.pairs import Pair
from nskeys.services.drill.pair import PairDrillService
from tests.core.services.database.test_database_copy import copied
from tests.core.services.restore.test_both_halves import lived, newest
from tests.core.services.restore.test_both_halves_refused import (
    drop_a_credential,
    forged,
    names,
    put,
    read,
    without_one,
)
from tests.fakes.fixed import Answers
from tests.fakes.servers import PASSWORD, Server, Site


@pytest.fixture
def server(site: Site) -> Server:
    return lived(site.server())


def drilled(on: Server, pair: Pair, password: str = PASSWORD) -> DrillReport:
    return PairDrillService(on.installation).execute(pair, Answers({Purpose.BACKUP_PASSWORD: [password]}))


def test_on_any_machine_it_proves_both_halves_and_leaves_nothing(site: Site, server: Server) -> None:
    other = site.server()
    report = drilled(other, newest(other, server.vault))
    assert (report.reached, report.proof.opened, report.proof.whole) == (Proof.CREDENTIALS_OPEN, 12, True)
    assert (report.recorded, report.diary, report.nowhere) == (False, DiaryFate.NOT_WRITTEN, True)
    assert report.written_down
    assert not other.installation.cmdb.exists()
    assert not other.installation.key_store.exists()


def test_on_the_server_register_and_diary_know_which_pair(server: Server) -> None:
    pair = newest(server, server.vault)
    report = drilled(server, pair)
    assert (report.recorded, report.nowhere) == (True, False)
    (line,) = server.services.diary.read().entries
    (copy,) = server.services.database.copies()
    assert (line.copy_sha256, line.copy_number) == (copy.copy.sha256, copy.copy.number)
    assert (line.signed, line.opened) == (True, 12)
    assert copy.proof is Proof.CREDENTIALS_OPEN
    (backup,) = server.services.register.copies()
    assert backup.proof is Proof.CREDENTIALS_OPEN
    assert server.services.audit.verify().whole


def test_rows_of_a_key_that_the_backup_lacks_are_named(site: Site, server: Server) -> None:
    backup = server.services.register.copies()[0].address
    server.rotate(without_backup=True)
    server.rotate(without_backup=True)
    server.add("under the new key")
    copied(server)
    other = site.server()
    pair = other.services.pairs.named(backup)
    assert pair.copy is not None
    assert pair.copy.wanted_and_lacking(pair.source.facts) if pair.source.facts else False
    report = drilled(other, pair)
    assert not report.proof.whole
    assert {one.failure for one in report.proof.failures} == {FailureReason.KEY_MISSING}
    assert "run-as/under the new key" in {one.credential.reference for one in report.proof.failures}


def test_a_row_that_is_missing_is_a_difference(site: Site, server: Server) -> None:
    forged(server, drop_a_credential, without_one)
    other = site.server()
    report = drilled(other, newest(other, server.vault))
    assert report.proof.failures == ()
    assert [one.removed for one in report.proof.differences] == [1]
    assert (report.proof.whole, report.reached) == (False, Proof.KEYS_MATCH)


def test_a_failed_one_is_in_the_diary(server: Server) -> None:
    (name,) = names(server, copies=True)
    put(server, name, read(server, name)[:-600])
    with pytest.raises(BackupDamaged):
        drilled(server, newest(server, server.vault))
    (line,) = server.services.diary.read().entries
    assert (line.end, line.opened) == (DrillEnd.DAMAGED, 0)
    assert line.copy_number
