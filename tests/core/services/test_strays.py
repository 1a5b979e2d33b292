"""Backups at a destination that the register does not know: found again, and taken in by a person."""

from nskeys.services.register.service import unregistered_backups
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, Server


def test_where_every_backup_is_known_there_are_none(server: Server) -> None:
    server.back_up()
    server.back_up(server.local)
    assert unregistered_backups(server.installation) == ()


def test_one_that_the_register_does_not_know_is_found_and_taken_in(server: Server) -> None:
    before = server.register_rows()
    address = server.back_up().copy.address
    server.forge_register(before)
    assert unregistered_backups(server.installation) == (address,)
    assert server.services.register.add(address, NOBODY).address == address
    assert unregistered_backups(server.installation) == ()


def test_another_server_s_backups_and_other_files_are_none(memory: MemoryServer) -> None:
    files = memory.destinations.places[memory.vault].files
    files["ns02-0a1b2c3d-20261123T140200Z.zip"] = b"another CMDB"
    files["holiday.zip"] = b"no backup"
    assert unregistered_backups(memory.installation) == ()


def test_a_place_that_does_not_answer_names_none(server: Server) -> None:
    server.back_up()
    server.forge_register([])
    with server.cut_off(server.vault):
        assert unregistered_backups(server.installation) == ()
