"""Where backups go unless told otherwise: where a person said, else where the last one went."""

from pathlib import Path

import pytest

from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """A server whose last backup went into its own home."""
    server = RealSite(tmp_path).server()
    server.set_up("file", NOBODY)
    server.back_up(server.local)
    return server


def test_without_a_choice_it_is_where_the_last_one_went(server: RealServer) -> None:
    assert server.services.destinations.default().address == server.local
    server.back_up()
    assert server.services.destinations.default().address == server.vault


def test_what_a_person_chose_holds_wherever_the_last_one_went(server: RealServer) -> None:
    destinations = server.services.destinations
    assert destinations.make_default(server.vault).declared_elsewhere
    assert destinations.default().address == server.vault
    server.back_up(server.local)
    assert destinations.default().address == server.vault
    assert [status.info.address for status in destinations.listing() if status.default] == [server.vault]
    text = server.folder.config.read_text()
    assert f'default_destination = "{server.vault}"' in text


def test_the_audit_trail_tells_of_the_choice(server: RealServer) -> None:
    server.services.destinations.make_default(server.vault)
    server.add("one")  # the next signed change takes it into the trail
    told = [entry.line for entry in server.services.audit.latest(3) if "destination-added" in entry.line]
    assert len(told) == 1
    assert server.vault in told[0]
    assert '"default"' in told[0]


def test_a_default_that_is_removed_is_none_any_more(server: RealServer) -> None:
    destinations = server.services.destinations
    destinations.make_default(server.vault)
    destinations.remove(server.vault)
    assert destinations.default().address == server.local
    assert "default_destination" not in server.folder.config.read_text()
