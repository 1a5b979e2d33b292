"""What a restore meets here, before a backup is opened."""

from nskeys.ports import Purpose, SilentProgress
from nskeys.services.restore.service import RestoreTarget
from tests.fakes.fixed import Answers
from tests.fakes.servers import PASSWORD, Server, Site


def test_an_empty_home_is_set_up(site: Site) -> None:
    target = site.server().services.restore.target()
    assert target == RestoreTarget(sets_up=True, protector="", unreached=None)


def test_a_database_alone_is_joined_with_its_keys(server: Server, site: Site) -> None:
    assert site.with_database_of(server).services.restore.target().sets_up


def test_keys_that_open_here_are_added_to(server: Server) -> None:
    target = server.services.restore.target()
    assert target == RestoreTarget(sets_up=False, protector="file", unreached=None)


def test_the_plan_says_the_same(server: Server, site: Site) -> None:
    address = server.back_up().copy.address
    for here in (server, site.with_database_of(server)):
        services, answers = here.services, Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
        found = services.sources.find(address)
        with services.sources.opened(found, answers, SilentProgress()) as source:
            assert services.restore.plan(source).sets_up is services.restore.target().sets_up
