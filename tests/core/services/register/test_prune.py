"""Pruning: what goes is what was planned, nothing that would be missed, and no file that is not ours."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nskeys.errors import (
    Cancelled,
    CannotRemove,
    ChangeWaits,
    DestinationUnreachable,
    FileUnreadable,
    PlanOutdated,
)
from nskeys.model.database_copy import is_part_name
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.retention import Fate, FateReason, Retention
from nskeys.ports import SilentProgress, Stage
from nskeys.reasons import Operation, Problem
from nskeys.services.register.prune import PrunePlan, PruneReport
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, Server

LAST_ONE = Retention(1, 0)


class StoppedAfter(SilentProgress):
    """Somebody stops the work after so many steps of a stage."""

    def __init__(self, stage: Stage, steps: int) -> None:
        self._wanted, self._left = stage, steps
        self._now: Stage | None = None

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self._now = stage

    def advance(self, count: int = 1) -> None:
        if self._now is self._wanted:
            self._left -= count

    def checkpoint(self) -> None:
        if self._left <= 0:
            raise Cancelled(Operation.PRUNE)


def backed_up(server: Server, count: int) -> list[BackupCopy]:
    """So many backups in the vault, a minute apart."""
    made = []
    for number in range(count):
        server.add(f"credential-{len(server.secrets())}-{number}")
        server.clock.advance(minutes=1)
        made.append(server.back_up().copy)
    return made


def prune(server: Server, retention: Retention | None = LAST_ONE) -> PruneReport:
    plan = server.services.pruning.plan(retention)
    return server.services.pruning.execute(plan, NOBODY)


def reasons(plan: PrunePlan) -> dict[str, FateReason]:
    return {one.address: one.reason for one in plan.decisions}


def files(server: Server) -> set[str]:
    """The key backups there; database copies lie beside them."""
    place = server.installation.destinations.at(DestinationInfo(server.vault))
    names = [listed.name for listed in place.listing()]
    return {place.address_of(name) for name in names if not is_part_name(name)}


def addresses(copies: Sequence[BackupCopy]) -> list[str]:
    return [copy.address for copy in copies]


def test_a_plan_changes_nothing(server: Server) -> None:
    backed_up(server, 3)
    before = server.everything()
    plan = server.services.pruning.plan(LAST_ONE)
    assert len(plan.deleted) == 2
    assert server.everything() == before


def test_old_copies_go_and_the_register_says_that_they_were_removed(server: Server) -> None:
    old, middle, new = backed_up(server, 3)
    report = prune(server)
    assert addresses(report.deleted) == addresses([old, middle])
    assert report.failures == ()
    assert files(server) == {new.address}
    copies = {copy.address: copy for copy in server.services.register.register().copies}
    for gone in (old, middle):
        now = copies[gone.address]
        assert (now.signed, now.status, now.retired) == (True, CopyStatus.MISSING, server.clock.now())
    assert copies[new.address].counts
    assert server.counts()[1:] == (0, 0)
    assert server.services.backup.due() == ()
    assert server.services.audit.verify().whole
    told = [line for line in server.audit() if "prune" in line]
    assert [line.count("prune-began") for line in told] == [1, 0, 1, 0]
    assert [line.count('"pruned"') for line in told] == [0, 1, 0, 1]
    assert all(copies[gone.address].pruned for gone in (old, middle))
    again = prune(server)
    assert (again.deleted, again.failures) == ((), ())
    assert [one.address for one in again.plan.decisions] == [new.address]


def test_what_is_configured_holds_where_nothing_is_said(memory: MemoryServer) -> None:
    backed_up(memory, 9)
    assert len(memory.services.pruning.plan().deleted) == 2
    settings = memory.installation.settings
    settings.write(replace(settings.read(), retention=Retention(4, 1)))
    assert len(memory.services.pruning.plan().deleted) == 5


def test_files_that_no_row_names_are_never_touched(server: Server) -> None:
    old, new = backed_up(server, 2)
    place = server.installation.destinations.at(DestinationInfo(server.vault))
    strangers = {place.publish(name, b"somebody else's") for name in ("a.zip", old.backup.archive_name)}
    plan = server.services.pruning.plan(LAST_ONE)
    known = {place.address_of(name): FateReason.UNKNOWN for name in strangers}
    assert reasons(plan).items() >= known.items()
    prune(server)
    assert files(server) == {new.address, *known}


def test_a_changed_file_stays_and_is_said(server: Server) -> None:
    old, middle, _ = backed_up(server, 3)
    server.corrupt(old.address)
    plan = server.services.pruning.plan(LAST_ONE)
    assert reasons(plan)[old.address] is FateReason.CHANGED
    prune(server)
    assert old.address in files(server)
    assert middle.address not in files(server)


def test_a_missing_newest_copy_takes_nobodys_place(server: Server) -> None:
    old, middle, new = backed_up(server, 3)
    server.lose(new.address)
    prune(server)
    assert files(server) == {middle.address}
    assert server.services.pruning.plan(LAST_ONE).decisions[-1].reason is FateReason.MISSING
    assert server.counts() == (2, 1, 0), "the third's row is under a copy key that only the newest had"
    assert old.address not in files(server)


def test_the_last_copy_that_a_person_proved_stays(server: Server) -> None:
    old, middle, new = backed_up(server, 3)
    server.drill(old.address)
    plan = server.services.pruning.plan(LAST_ONE)
    assert reasons(plan) == {
        old.address: FateReason.PROVEN,
        middle.address: FateReason.SURPLUS,
        new.address: FateReason.LAST,
    }


def test_a_row_that_nobody_vouches_for_leads_to_no_file(server: Server) -> None:
    old, _, _ = backed_up(server, 3)
    rows = server.register_rows()
    server.forge_register(
        [replace(row, signature=None) if row.address == old.address else row for row in rows]
    )
    plan = server.services.pruning.plan(LAST_ONE)
    assert reasons(plan)[old.address] is FateReason.UNVOUCHED
    with pytest.raises(ChangeWaits):
        prune(server)
    server.accept()
    prune(server)
    assert old.address in files(server)


def test_what_a_person_retired_keeps_its_file(server: Server) -> None:
    old, _, _ = backed_up(server, 3)
    register = server.services.register
    register.retire(register.plan_retire(old.address), NOBODY)
    server.lose(server.back_up().copy.address)  # what is only gone is not said to be deleted
    copies = server.services.register.check(NOBODY)
    assert not [copy for copy in copies if copy.pruned]
    assert reasons(server.services.pruning.plan(LAST_ONE))[old.address] is FateReason.RETIRED
    prune(server)
    assert old.address in files(server)


def test_a_place_that_cannot_be_reached_is_left_out_and_said(server: Server) -> None:
    backed_up(server, 2)
    server.back_up(server.local)
    server.back_up(server.local)
    with server.cut_off(server.vault):
        plan = server.services.pruning.plan(LAST_ONE)
        assert [one.address for one in plan.skipped] == [server.vault]
        assert isinstance(plan.skipped[0].error, DestinationUnreachable)
        vault = [one for one in plan.decisions if one.destination == server.vault]
        assert {one.reason for one in vault} == {FateReason.UNREACHABLE}
        assert len(prune(server).deleted) == 1
    assert len(files(server)) == 2


def test_a_plan_that_no_longer_holds_is_refused(server: Server) -> None:
    old, _, _ = backed_up(server, 3)
    plan = server.services.pruning.plan(LAST_ONE)
    server.back_up()
    with pytest.raises(PlanOutdated):
        server.services.pruning.execute(plan, NOBODY)
    plan = server.services.pruning.plan(LAST_ONE)
    server.corrupt(old.address)
    with pytest.raises(PlanOutdated):
        server.services.pruning.execute(plan, NOBODY)
    assert len(files(server)) == 4


def test_it_stops_between_two_files_and_goes_on(server: Server) -> None:
    made = backed_up(server, 4)
    plan = server.services.pruning.plan(LAST_ONE)
    with pytest.raises(Cancelled):
        server.services.pruning.execute(plan, NOBODY, StoppedAfter(Stage.REMOVING, 1))
    assert files(server) == set(addresses(made[1:]))
    assert len(prune(server).deleted) == 2
    assert files(server) == {made[3].address}


def test_what_may_not_be_removed_stays_counts_and_is_said(memory: MemoryServer) -> None:
    old, new = backed_up(memory, 2)
    memory.destinations.places[memory.vault].keeps = Problem.NOT_PERMITTED
    report = prune(memory)
    assert [(failure.copy.address, type(failure.error)) for failure in report.failures] == [
        (old.address, CannotRemove)
    ]
    copies = {copy.address: copy for copy in memory.services.register.register().copies}
    assert copies[old.address].counts
    assert copies[new.address].counts
    assert '"prune-failed"' in memory.audit()[-1]


def test_a_place_that_falls_silent_is_asked_no_more(memory: MemoryServer) -> None:
    old, middle, new = backed_up(memory, 3)
    plan = memory.services.pruning.plan(LAST_ONE)
    place = memory.destinations.places[memory.vault]
    place.falls_silent_after = old.backup.archive_name
    report = memory.services.pruning.execute(plan, NOBODY)
    assert [failure.copy.address for failure in report.failures] == [old.address]
    assert report.deleted == ()
    place.unreachable, place.falls_silent_after = None, ""
    copies = {copy.address: copy for copy in memory.services.register.register().copies}
    assert not copies[old.address].counts
    assert copies[middle.address].counts
    assert [one.fate for one in memory.services.pruning.plan(LAST_ONE).decisions] == [
        Fate.SETTLE,
        Fate.DELETE,
        Fate.KEEP,
    ]
    assert addresses(prune(memory).deleted) == addresses([old, middle])
    assert files(memory) == {new.address}


def test_what_takes_the_place_of_a_file_that_was_deleted_is_not_touched(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = backed_up(memory, 2)
    place = memory.destinations.places[memory.vault]
    place.falls_silent_after = old.backup.archive_name
    memory.services.pruning.execute(memory.services.pruning.plan(LAST_ONE), NOBODY)
    place.unreachable, place.falls_silent_after = None, ""
    plan = memory.services.pruning.plan(LAST_ONE)
    assert [one.fate for one in plan.decisions] == [Fate.SETTLE, Fate.KEEP]
    planned = memory.services.pruning._plan

    def then_put_there(*arguments: object) -> PrunePlan:
        made = planned(*arguments)  # type: ignore[arg-type]
        place.files[old.backup.archive_name] = b"somebody else's"
        return made

    monkeypatch.setattr(memory.services.pruning, "_plan", then_put_there)
    report = memory.services.pruning.execute(plan, NOBODY)
    assert isinstance(report.failures[0].error, FileUnreadable)
    assert place.files[old.backup.archive_name] == b"somebody else's"


def test_a_check_of_the_register_settles_what_was_broken_off_too(memory: MemoryServer) -> None:
    old, _ = backed_up(memory, 2)
    place = memory.destinations.places[memory.vault]
    place.falls_silent_after = old.backup.archive_name
    plan = memory.services.pruning.plan(LAST_ONE)
    memory.services.pruning.execute(plan, NOBODY)
    place.unreachable, place.falls_silent_after = None, ""
    checked = {copy.address: copy for copy in memory.services.register.check(NOBODY)}
    assert (checked[old.address].status, checked[old.address].retired) == (
        CopyStatus.MISSING,
        memory.clock.now(),
    )


def test_one_file_under_two_names_is_never_deleted_as_its_own_copy(memory: MemoryServer) -> None:
    """A share that is mounted twice, say: two rows, each the other's only companion."""
    elsewhere = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs vault02:/nskeys")
    alias = memory.destinations.make("/alias", elsewhere)
    alias.files = memory.destinations.places[memory.vault].files
    first, second = backed_up(memory, 2)
    memory.services.register.add(f"/alias/{first.backup.archive_name}", NOBODY)
    memory.services.register.check(NOBODY)
    memory.lose(second.address)
    prune(memory)
    assert first.backup.archive_name in alias.files
    assert memory.counts() == (1, 1, 0), "the second's row is under a copy key that only the second had"


def test_a_file_that_changes_right_before_it_is_deleted_stays(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = backed_up(memory, 2)
    plan = memory.services.pruning.plan(LAST_ONE)
    planned = memory.services.pruning._plan

    def then_changed(*arguments: object) -> PrunePlan:
        made = planned(*arguments)  # type: ignore[arg-type]
        memory.corrupt(old.address)
        return made

    monkeypatch.setattr(memory.services.pruning, "_plan", then_changed)
    report = memory.services.pruning.execute(plan, NOBODY)
    assert isinstance(report.failures[0].error, FileUnreadable)
    assert old.backup.archive_name in memory.destinations.places[memory.vault].files
