"""A place that cannot flush is said before and after; reading back ends with what was written."""

import pytest

from nskeys.errors import BackupNotProven
from nskeys.ports import Purpose
from nskeys.wording.reports import NO_FLUSH, backup_lines
from tests.fakes.fixed import Answers
from tests.fakes.memory_destination import MemoryDestination
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import PASSWORD

VAULT = "/vault"


@pytest.mark.parametrize("flushes", [True, False])
def test_plan_result_and_test_say_whether_a_place_flushes(memory: MemoryServer, flushes: bool) -> None:
    memory.destinations.places[VAULT].flushes = flushes
    plan = memory.services.backup.plan(VAULT)
    assert [place.flushes for place in plan.destinations] == [flushes]
    report = memory.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    address = report.copy.address
    assert report.unflushed == (() if flushes else (address,))
    assert (f"{address}: {NO_FLUSH}" in backup_lines(report)) is not flushes
    assert memory.services.destinations.test(VAULT).flushes is flushes


def test_only_the_copy_that_was_not_flushed_is_said(memory: MemoryServer) -> None:
    memory.destinations.make("/other").flushes = False
    plan = memory.services.backup.plan([VAULT, "/other"])
    report = memory.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert [copy.destination for copy in report.copies] == [VAULT, "/other"]
    assert [address.startswith("/other/") for address in report.unflushed] == [True]


def test_what_was_flushed_when_it_was_planned_may_not_be_when_it_is_written(memory: MemoryServer) -> None:
    plan = memory.services.backup.plan(VAULT)
    memory.destinations.places[VAULT].flushes = False
    report = memory.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert report.unflushed == (report.copy.address,)


def test_a_file_that_grew_is_no_backup_and_no_more_of_it_is_read(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    read, publish = MemoryDestination.read, MemoryDestination.publish

    def bounded(self: MemoryDestination, name: str, limit: int) -> bytes:
        limits.append(limit)
        return read(self, name, limit)

    def more(self: MemoryDestination, name: str, data: bytes) -> str:
        monkeypatch.setattr(MemoryDestination, "publish", publish)
        sizes.append(len(data))
        return publish(self, name, data + b"more")

    sizes: list[int] = []
    monkeypatch.setattr(MemoryDestination, "read", bounded)
    monkeypatch.setattr(MemoryDestination, "publish", more)
    with pytest.raises(BackupNotProven) as refused:
        memory.back_up()
    assert refused.value.problem == "differs"
    assert limits == sizes
