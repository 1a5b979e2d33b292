"""A backup gets the name that its plan showed."""

from nskeys.ports import Purpose
from tests.fakes.fixed import Answers
from tests.fakes.servers import PASSWORD, Server


def test_however_long_a_person_thinks_the_name_is_the_one_that_was_shown(server: Server) -> None:
    plan = server.services.backup.plan(server.vault)
    server.clock.advance(minutes=7)
    copy = server.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})).copy
    assert copy.backup.archive_name == plan.archive_name
    assert copy.address.endswith(f"/{plan.archive_name}")
    assert copy.backup.created == server.clock.now()
