"""Exposure and not age: how old a backup is says nothing, which keys are in it says everything."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.errors import KeyStoreOfAnotherCmdb, NoBackupKnown, NoSuchBackup
from nskeys.model.recoverability import DueReason
from nskeys.model.register import CopyStatus
from nskeys.wording.answer import notices
from nskeys.wording.layout import WIDE
from tests.fakes.fixed import AFTERNOON
from tests.fakes.memory_site import MemoryServer
from tests.fakes.real_site import RealSite
from tests.fakes.servers import NOBODY, Server, Site


def test_a_backup_of_two_years_with_every_key_is_good(server: Server) -> None:
    server.add("one")
    server.back_up()
    server.clock.advance(days=730)
    server.add("two")
    assert server.counts() == (1, 1, 0), "its row is in no copy yet"
    server.copy_database()
    assert server.counts() == (2, 0, 0)
    answer = server.services.recoverability.assess()
    assert (answer.exposed_since, answer.due) == (None, ())


def test_a_backup_of_an_hour_without_the_newest_key_exposes_what_it_sealed(server: Server) -> None:
    server.add("one")
    server.back_up()
    first = server.clock.advance(hours=1)
    server.rotate(without_backup=True)
    server.clock.advance(hours=1)
    server.add("two")
    answer = server.services.recoverability.assess()
    assert server.counts() == (0, 2, 0), "what was re-sealed is exposed too"
    assert answer.exposed_since == first
    reasons = {DueReason.KEY_MISSING, DueReason.KEY_NEWER, DueReason.NO_GOOD_COPY}
    assert set(answer.due) == reasons


def test_it_begins_with_the_first_credential_of_the_new_key(server: Server) -> None:
    """Without anything to re-seal, the key alone exposes nothing."""
    server.back_up()
    server.rotate(without_backup=True)
    server.clock.advance(days=3)
    assert server.services.recoverability.assess().exposed_since is None
    first = server.clock.advance(days=3)
    server.add("one")
    server.clock.advance(days=3)
    server.add("two")
    assert server.services.recoverability.assess().exposed_since == first


def test_since_when_survives_restarts(server: Server) -> None:
    first = server.clock.moment
    server.add("one")
    server.clock.advance(days=9)
    assert server.restarted().services.recoverability.assess().exposed_since == first
    address = server.back_up().copy.address
    backed_up = server.clock.moment
    server.clock.advance(days=9)
    server.lose(address)
    assert server.services.recoverability.assess().exposed_since == backed_up
    server.clock.advance(days=9)
    assert server.restarted().services.recoverability.assess().exposed_since == backed_up


def test_a_clock_that_jumped_back_hides_nothing(server: Server) -> None:
    """A key of a clock that fell behind the backup's date is no newer by date, and missing by its id."""
    server.add("one")
    server.back_up()
    server.clock.advance(days=-30)
    server.rotate(without_backup=True)
    server.add("two")
    answer = server.services.recoverability.assess()
    assert answer.totals.at_risk == 2
    assert DueReason.KEY_MISSING in answer.due
    assert DueReason.KEY_NEWER not in answer.due
    said = [notice.label for notice in notices(server.services.recoverability.overview(), WIDE)]
    assert "clock is wrong" in said


def test_a_key_dated_ahead_makes_no_backup_due_once_one_holds_it(server: Server) -> None:
    """The same for each way to ask: else a timer would make a backup every night until that date."""
    server.add("one")
    server.back_up()
    server.clock.advance(days=300)
    server.rotate(without_backup=True)
    server.clock.advance(days=-300)
    backup = server.services.backup
    assert DueReason.KEY_MISSING in backup.due(), "its id tells"
    server.back_up()
    assert backup.due() == ()
    assert backup.need().missing_at == backup.need(backup.everywhere()).missing_at == ()


def test_a_look_dated_ahead_protects_nobody_longer(server: Server) -> None:
    server.add("one")
    address = server.back_up().copy.address
    server.clock.advance(days=400)
    server.services.register.check(NOBODY)
    server.clock.advance(days=-400)
    server.lose(address)
    assert server.counts() == (0, 1, 0), "the file is gone, whatever was seen and whenever"


# --- a new backup exactly when one is needed ----------------------------------------------------------


@pytest.mark.parametrize("years", [0, 2])
def test_no_backup_is_due_for_its_age(server: Server, years: int) -> None:
    server.add("one")
    server.back_up()
    server.clock.advance(days=365 * years)
    assert server.services.backup.due() == ()
    server.add("two")
    assert server.services.backup.due() == ()


def test_one_is_due_for_a_new_key_and_for_a_file_that_is_gone_or_changed(server: Server) -> None:
    server.add("one")
    address = server.back_up().copy.address
    server.corrupt(address)
    assert server.services.backup.due() == (DueReason.NO_GOOD_COPY,)
    server.lose(address)
    assert server.services.backup.due() == (DueReason.NO_GOOD_COPY,)
    server.back_up()
    assert server.services.backup.due() == ()
    server.rotate()
    assert DueReason.KEY_MISSING in server.services.backup.due()


# --- a register that disagrees ---------------------------------------------------------------------


def test_two_backups_of_one_second_have_names_of_their_own_and_each_is_known(server: Server) -> None:
    server.add("one")
    first, second = server.back_up().copy, server.back_up().copy
    assert second.backup.archive_name == first.backup.archive_name.replace(".zip", "-2.zip")
    assert {copy.status for copy in server.services.register.copies()} == {CopyStatus.GOOD}
    server.lose(second.address)
    seen = {copy.address: copy.status for copy in server.services.register.copies()}
    assert seen == {first.address: CopyStatus.GOOD, second.address: CopyStatus.MISSING}
    assert server.counts() == (1, 0, 0)


def test_one_name_in_two_places_is_two_copies_and_no_answer_to_which(server: Server) -> None:
    server.add("one")
    copy = server.back_up().copy
    carried = server.carry(copy.address, server.local)
    server.services.register.add(carried, NOBODY)
    with pytest.raises(NoSuchBackup):
        server.services.register.find(copy.backup.archive_name)
    assert server.services.register.find(carried).address == carried


def test_files_that_changed_places_are_not_those_of_the_register(memory: MemoryServer) -> None:
    memory.add("one")
    first = memory.back_up().copy
    memory.clock.advance(hours=1)
    second = memory.back_up().copy
    files = memory.destinations.places[memory.vault].files
    one, two = first.backup.archive_name, second.backup.archive_name
    files[one], files[two] = files[two], files[one]
    assert {copy.status for copy in memory.services.register.copies()} == {CopyStatus.CHANGED}
    assert memory.counts() == (0, 1, 0)
    # Each is a backup of this server all the same, and can be made known where it lies.
    memory.services.register.add(f"{memory.vault}/{one}", NOBODY)
    assert {copy.status for copy in memory.services.register.copies()} == {
        CopyStatus.GOOD,
        CopyStatus.CHANGED,
    }
    assert memory.counts() == (0, 1, 0), "a file that was only added was never opened"
    memory.drill(f"{memory.vault}/{one}")
    assert memory.counts() == (1, 0, 0)


def test_the_cmdb_of_another_server_is_refused_by_every_answer(server: Server, site: Site) -> None:
    server.add("one")
    server.back_up()
    other = site.server()
    other.set_up()
    mixed = Services(replace(other.installation, cmdb=server.installation.cmdb))
    for ask in (
        mixed.recoverability.overview,
        mixed.backup.plan,
        lambda: mixed.register.check(NOBODY),
        lambda: mixed.drill.execute(mixed.drill.find("latest"), NOBODY),
    ):
        with pytest.raises((KeyStoreOfAnotherCmdb, NoBackupKnown)):
            ask()


def test_a_register_emptied_by_hand_makes_nothing_look_safe(tmp_path: Path) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    address = server.back_up().copy.address
    with closing(sqlite3.connect(server.folder.cmdb)) as database, database:
        database.execute("DELETE FROM register")
    assert server.counts() == (0, 1, 0)
    assert server.services.recoverability.assess().exposed_since == AFTERNOON
    server.services.register.add(address, NOBODY)
    assert server.counts() == (0, 1, 0), "found again, and not opened yet"
    server.drill(address)
    assert server.counts() == (0, 1, 0), "the register is not the one that was signed"
    server.accept()
    assert server.counts() == (0, 1, 0), "the row of its database copy is gone"
    server.copy_database()
    assert server.counts() == (1, 0, 0)
