"""What front ends are told of an installation besides the answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.errors import NotSetUp
from nskeys.services.status.about import AboutService
from tests.fakes.servers import Server, Site


def about(server: Server) -> AboutService:
    """The service."""
    return server.services.about


def test_it_names_the_home_and_the_cmdb(server: Server) -> None:
    told, installation = about(server), server.installation
    assert (told.home, told.cmdb) == (installation.home.path, installation.cmdb.address())
    assert told.cmdb_id() == installation.cmdb.cmdb_id()
    assert told.cmdb_login() == installation.cmdb.login()
    assert told.least_score == installation.least_score


def test_it_reads_settings_and_registry_as_they_are_now(server: Server) -> None:
    assert about(server).registry().backup_path is None
    server.back_up()
    assert about(server).registry().backup_path == server.vault
    renamed = replace(server.settings(), server_name="another")
    server.installation.settings.write(renamed)
    assert about(server).settings() == renamed


def test_its_clock_is_the_one_that_dates_everything(server: Server) -> None:
    before = about(server).now()
    server.clock.advance(days=2)
    assert about(server).now() - before == timedelta(days=2)


def test_where_nothing_is_set_up_it_says_so(site: Site, server: Server) -> None:
    about(server).require()
    with pytest.raises(NotSetUp):
        about(site.server()).require()
