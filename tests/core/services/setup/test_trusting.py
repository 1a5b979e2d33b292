"""Trusting a server: once, by a person, with a line in the audit trail; also before there is one."""

import json

import pytest

from nskeys.errors import (
    DestinationInvalid,
    DestinationUnreachable,
    HostKeyChanged,
    HostKeyUnknown,
    Locked,
    NoBackupKnown,
    ServerSecretWanted,
)
from nskeys.reasons import Problem, Wanted
from tests.fakes.memory_site import MemoryServer, MemorySite

UNKNOWN = HostKeyUnknown("vault02", 22, "ssh-ed25519", "SHA256:abc", "AAAA")
CHANGED = HostKeyChanged("vault02", 22, "ssh-ed25519", "SHA256:abc", ("SHA256:old",), "/h/known_hosts")
WANTED = ServerSecretWanted(Wanted.SSH_PASSWORD, "backup@vault02")


def test_an_unknown_server_is_found_and_a_known_one_is_not(memory: MemoryServer) -> None:
    place = memory.destinations.places["/vault"]
    found = memory.services.destinations.unknown_server
    assert found("/vault") is None
    place.barred = [UNKNOWN]
    assert found("/vault") is UNKNOWN
    place.barred = [WANTED]
    assert found("/vault") is None, "it is known: it asks for a password"
    place.barred = [CHANGED]
    with pytest.raises(HostKeyChanged):
        found("/vault")
    place.barred = []
    place.unreachable = Problem.MISSING_FOLDER
    assert found("/vault") is None, "its server answered"
    for problem in (Problem.REFUSED, Problem.TIMEOUT, Problem.UNKNOWN_HOST):
        place.unreachable = problem
        with pytest.raises(DestinationUnreachable):
            found("/vault")
    with pytest.raises(DestinationInvalid):
        found("gopher://x")


def test_trust_is_one_line_in_the_trail(memory: MemoryServer) -> None:
    memory.services.destinations.trust(UNKNOWN)
    assert memory.destinations.trusted == [UNKNOWN]
    (waits,) = memory.events.lines
    line = json.loads(waits)
    assert (line["action"], line["subject"]) == ("server-trusted", "vault02:22")
    assert line["details"] == {"fingerprint": "SHA256:abc", "key": "ssh-ed25519"}


def test_who_cannot_have_the_lock_trusts_nobody(memory: MemoryServer) -> None:
    with memory.installation.lock.hold("making a backup"), pytest.raises(Locked):
        memory.services.destinations.trust(UNKNOWN)
    assert memory.destinations.trusted == []


def test_new_hardware_trusts_a_server_before_anything_is_set_up() -> None:
    fresh = MemorySite().server()
    fresh.services.destinations.trust(UNKNOWN)
    assert fresh.destinations.trusted == [UNKNOWN]


def test_the_latest_backup_says_what_its_server_wants_first(memory: MemoryServer) -> None:
    memory.add("one")
    address = memory.back_up("/vault").copy.address
    place = memory.destinations.places["/vault"]
    place.live = False
    assert memory.services.register.read("latest")[3] == address
    place.barred = [UNKNOWN]
    assert memory.services.register.login_required() == (UNKNOWN,)
    with pytest.raises(HostKeyUnknown):
        memory.services.register.read("latest")
    place.barred = []
    place.unreachable = Problem.TIMEOUT
    assert memory.services.register.login_required() == ()
    with pytest.raises(NoBackupKnown):
        memory.services.register.read("latest")


def test_a_backup_that_is_broken_off_lets_go_of_its_servers(memory: MemoryServer) -> None:
    assert memory.destinations.interrupted == 0
    memory.add("one")
    memory.back_up("/vault")
    assert memory.destinations.interrupted == 0, "nobody waits any more once it is done"
