"""What a database tells of the server that it was on, which anybody may have written."""

import json

import pytest

from nskeys.ports import Purpose
from nskeys.services.register.former_server import FormerServer, former_server
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY, PASSPHRASE, Server, Site

OTHER = "another passphrase"


def told(server: Server) -> FormerServer:
    return former_server(server.installation)


def test_where_there_is_no_database_it_tells_nothing(site: Site) -> None:
    assert told(site.server()) == FormerServer()


def test_it_tells_what_bound_the_keys_last(server: Server) -> None:
    name = server.installation.settings.read().server_name
    assert told(server) == FormerServer(name, "file")
    new = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]})
    server.services.protection.change("passphrase", NOBODY, new, without_backup=True)
    assert told(server) == FormerServer(name, "passphrase")


def test_after_a_restore_it_tells_of_the_server_that_it_is_on_now(server: Server, site: Site) -> None:
    address = server.back_up().copy.address
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert told(fresh).protector == "file"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"action":"set-up"}',
        '{"action":"set-up","subject":3,"details":[]}',
        json.dumps({"action": "set-up", "subject": "a\x1b[2J", "details": {"protector": "rm -r"}}),
        json.dumps({"action": "protector-changed", "subject": "x", "details": {"after": ["tpm2"]}}),
        '{"action":"restored","details":null}',
    ],
)
def test_a_line_that_nskeys_did_not_write_tells_nothing(memory: MemoryServer, line: str) -> None:
    before = told(memory)
    state: State = memory.cmdb.state.copy()
    entry = state.audit[-1]
    state.audit.append(type(entry)(entry.number + 1, line, entry.digest))
    memory.cmdb.state = state
    assert told(memory) == before
