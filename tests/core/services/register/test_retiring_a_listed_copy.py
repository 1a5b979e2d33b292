"""A copy that was listed is retired, whichever other copies share its name or its hash."""

import pytest

from nskeys.errors import NoSuchBackup
from tests.fakes.servers import NOBODY, Server


def test_one_of_two_copies_of_the_same_backup_is_retired(server: Server) -> None:
    server.add("one")
    report = server.back_up()
    other = server.carry(report.copy.address, server.local)
    services = server.services
    services.register.add(other, NOBODY)
    here = next(copy for copy in services.register.copies() if copy.address == other)
    plan = services.register.plan_retire(here)
    assert (plan.copy.address, plan.credentials) == (other, 0)
    services.register.retire(plan, NOBODY)
    retired = {copy.address: copy.retired is not None for copy in services.register.copies()}
    assert retired == {report.copy.address: False, other: True}


def test_a_copy_that_is_gone_from_the_register_is_not_found(server: Server) -> None:
    copy = server.back_up().copy
    server.forge_register([])
    with pytest.raises(NoSuchBackup) as refused:
        server.services.register.plan_retire(copy)
    assert refused.value.reference == copy.address
