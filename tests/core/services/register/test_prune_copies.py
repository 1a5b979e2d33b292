"""Old database copies go; what a credential would come back from stays, whatever the numbers say."""

import pytest

from nskeys.errors import Cancelled
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import CopyStatus
from nskeys.model.retention import Retention
from nskeys.ports import Stage
from nskeys.services.register.prune import PruneReport
from tests.core.services.database.test_database_copy import SMALL, copied, lying_at
from tests.core.services.register.test_prune import StoppedAfter
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, Server

LAST_ONE = Retention(keep_last=1, keep_monthly=0, keep_copies=1)


def copies(server: Server, count: int) -> list[DatabaseCopy]:
    """So many copies in the vault, each of another state."""
    made: list[DatabaseCopy] = []
    for number in range(count):
        server.add(f"credential-{number}")
        server.clock.advance(minutes=1)
        made += copied(server, size=SMALL).copies
    return made


def prune(server: Server, retention: Retention = LAST_ONE) -> PruneReport:
    plan = server.services.pruning.plan(retention)
    return server.services.pruning.execute(plan, NOBODY)


def test_old_ones_go_with_all_their_parts_and_the_register_says_so(server: Server) -> None:
    server.back_up_keys()
    old, middle, new = copies(server, 3)
    assert len(old.parts) > 1
    report = prune(server)
    assert [one.copy.number for one in report.deleted_copies] == [old.copy.number, middle.copy.number]
    assert report.copy_failures == ()
    assert sorted(lying_at(server, server.vault)) == sorted(part.name for part in new.parts)
    assert server.counts() == (3, 0, 0)
    gone = [one for one in server.services.database.copies() if one.retired is not None]
    assert {(one.copy.number, one.status, one.signed) for one in gone} == {
        (old.copy.number, CopyStatus.MISSING, True),
        (middle.copy.number, CopyStatus.MISSING, True),
    }
    assert not server.services.pruning.plan(LAST_ONE).changes


def test_one_that_a_credential_would_come_back_from_stays_while_a_newer_one_is_away(
    memory: MemoryServer,
) -> None:
    memory.back_up_keys()
    old, _, new = copies(memory, 3)
    memory.lose(f"{memory.vault}/{new.parts[0].name}")
    report = prune(memory)
    assert [one.copy.number for one in report.deleted_copies] == [old.copy.number]
    assert memory.counts() == (2, 1, 0)


def test_a_key_backup_that_a_kept_copy_needs_stays(memory: MemoryServer) -> None:
    """Under a copy key that a later key backup lost its only copy of."""
    memory.back_up()
    memory.add("one")
    first = memory.back_up().copy
    later = memory.back_up_keys().copy
    memory.lose(later.address)
    prune(memory)
    assert memory.counts() == (1, 0, 0)
    assert first.address in {copy.address for copy in memory.services.register.copies() if copy.counts}


def test_stopped_between_two_it_goes_on_where_it_was(memory: MemoryServer) -> None:
    memory.back_up_keys()
    copies(memory, 3)
    plan = memory.services.pruning.plan(LAST_ONE)
    with pytest.raises(Cancelled):
        memory.services.pruning.execute(plan, NOBODY, StoppedAfter(Stage.REMOVING, 1))
    assert len(prune(memory).deleted_copies) == 1
    assert memory.counts() == (3, 0, 0)


def test_a_part_that_cannot_be_removed_is_said_and_the_copy_counts_no_more(memory: MemoryServer) -> None:
    from nskeys.reasons import Problem

    memory.back_up_keys()
    old, _ = copies(memory, 2)
    plan = memory.services.pruning.plan(LAST_ONE)
    memory.destinations.places[memory.vault].keeps = Problem.READ_ONLY
    report = memory.services.pruning.execute(plan, NOBODY)
    [(failed, _)] = report.copy_failures
    assert failed.copy.number == old.copy.number
    memory.destinations.places[memory.vault].keeps = None
    assert [one.copy.number for one in prune(memory).deleted_copies] == [old.copy.number]
