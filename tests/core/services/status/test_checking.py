"""The look at everything, which a timer takes: what does not fit is found, and the look is signed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from nskeys.errors import Cancelled, ChangeWaits
from nskeys.model.checkpoint import LastCheck
from nskeys.model.findings import FindingKind
from nskeys.model.register import CopyStatus
from nskeys.reasons import MismatchKind
from nskeys.services.settling import home_of
from nskeys.services.status.checking import CheckReport
from nskeys.services.status.findings import findings_of
from nskeys.wording.checks import ALL_FITS, check_lines
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY, Server
from tests.fakes.watching import Watching


def checked(server: Server) -> CheckReport:
    return server.services.check.execute(NOBODY)


def last_check(server: Server) -> LastCheck | None:
    home = home_of(server.installation)
    assert home is not None
    return home.checkpoint.last_check


def number_of(server: Server) -> int:
    with server.installation.cmdb.reading() as view:
        return view.number


def write(server: MemoryServer, change: Callable[[State], object]) -> None:
    """Somebody writes to the database."""
    state = server.cmdb.state.copy()
    change(state)
    server.cmdb.state = state


def test_where_everything_fits_that_is_said_and_signed(server: Server) -> None:
    server.add("one")
    server.back_up()
    assert last_check(server) is None
    report = checked(server)
    assert (report.fits, report.missed, check_lines(report)) == (True, (), (ALL_FITS,))
    [copy] = report.copies
    assert copy.status is CopyStatus.GOOD
    assert last_check(server) == LastCheck(number_of(server), server.clock.now(), 0)


def test_the_last_check_stays_through_the_changes_after_it(server: Server) -> None:
    checked(server)
    before = last_check(server)
    server.clock.advance(hours=3)
    server.add("one")
    assert last_check(server) == before


def test_a_check_that_was_stopped_is_none(server: Server) -> None:
    server.add("one")
    server.back_up()
    with pytest.raises(Cancelled):
        server.services.check.execute(NOBODY, Watching(stops_at=1))
    assert last_check(server) is None


def test_it_reads_every_row(server: Server) -> None:
    one = server.add("one")
    server.forge_credential(one.credential_id, note="call 555")
    report = checked(server)
    assert (report.fits, report.mismatches) == (False, ())
    kid = server.active()
    assert check_lines(report)[0] == (
        f"At least one credential of key {kid[:8]} was changed by something other than nskeys."
    )
    found = last_check(server)
    assert found is not None
    assert found.findings == 1


def test_what_contradicts_the_checkpoint_is_found_and_the_check_is_signed_beside_it(
    memory: MemoryServer,
) -> None:
    memory.add("one")
    memory.back_up()
    write(memory, lambda state: state.register.clear())
    report = checked(memory)
    assert [one.what for one in report.mismatches] == [MismatchKind.REGISTER]
    assert check_lines(report) == (
        "The register of backups was changed by something other than nskeys: it has 0 rows and had 2.",
    )
    found = last_check(memory)
    assert found is not None
    assert (found.findings, found.number) == (1, number_of(memory))
    assert not checked(memory).fits, "it stays until a person accepts it"


def test_a_trail_that_was_cut_is_found(memory: MemoryServer) -> None:
    memory.add("one")
    write(memory, lambda state: state.audit.pop())
    report = checked(memory)
    assert [one.what for one in report.mismatches] == [MismatchKind.AUDIT]
    assert not report.trail.intact
    assert "No valid signature covers the audit trail (1 line)." in check_lines(report)


def test_a_backup_that_contradicts_the_trail_is_found(memory: MemoryServer) -> None:
    """Home and database went back together, as a snapshot of the machine does: only a backup tells."""
    memory.add("one")
    older, home = memory.cmdb.state.copy(), memory.checkpoint.kept
    memory.services.credentials.reveal(memory.services.credentials.show("run-as/one"), NOBODY).wipe()
    made = memory.back_up().copy.address
    memory.cmdb.state, memory.checkpoint.kept = older, home
    memory.services.register.add(made, NOBODY)
    report = checked(memory)
    assert [one.what for one in report.mismatches] == [MismatchKind.WITNESS]
    assert report.trail.contradicted_by == (made, made.replace(".zip", "-cmdb-1of1.zip"))
    assert not report.fits


def test_where_there_is_nothing_to_go_on_from_it_waits(memory: MemoryServer) -> None:
    memory.checkpoint.kept = None
    with pytest.raises(ChangeWaits):
        checked(memory)


def test_a_check_that_is_too_old_is_a_warning_until_the_next(memory: MemoryServer) -> None:
    def overdue() -> list[str]:
        found = findings_of(memory.services.recoverability.overview())
        return [one.kind.value for one in found if one.kind is FindingKind.CHECK_OVERDUE]

    memory.add("one")
    memory.back_up()
    checked(memory)
    memory.clock.advance(days=8)
    assert overdue() == []
    memory.clock.advance(minutes=1)
    assert overdue() == ["check_overdue"]
    settings = memory.installation.settings
    settings.write(replace(settings.read(), check_days=0))
    assert overdue() == []
    settings.write(replace(settings.read(), check_days=8))
    checked(memory)
    assert overdue() == []


def test_a_server_that_was_never_looked_at_is_warned_of_once_it_is_old_enough() -> None:
    def overdue(server: Server) -> list[datetime | None]:
        found = findings_of(server.services.recoverability.overview())
        return [one.since for one in found if one.kind is FindingKind.CHECK_OVERDUE]

    site = MemorySite()
    memory = site.server()
    memory.set_up()
    memory.add("one")
    address = memory.back_up().copy.address
    memory.clock.advance(days=8)
    assert overdue(memory) == []
    memory.clock.advance(minutes=1)
    assert overdue(memory) == [None]
    fresh = site.with_database_of(memory)
    fresh.restore(address)
    assert overdue(fresh) == [], "its days begin with the restore"
    fresh.clock.advance(days=9)
    assert overdue(fresh) == [None]
    checked(memory)
    assert overdue(memory) == []
