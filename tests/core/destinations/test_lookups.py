"""Names and their addresses: asked with patience that ends."""

import socket
import threading
import time
from typing import Any

import pytest

from nskeys.destinations import location as lookups
from nskeys.destinations.location import addresses_of, judge, this_machine
from nskeys.destinations.mount_table import Mount
from nskeys.model.destinations import Location


class Resolver:
    """The system's answers; it may keep still."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.asked = 0
        self.free = threading.Event()
        self.free.set()

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked += 1
        self.free.wait(10)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.answers[host], port))]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    found = Resolver({"alias.example.net": "127.0.0.1", "vault02.example.net": "192.0.2.7"})
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(lookups, "_answers", {})
    return found


def test_an_answer_is_kept_for_a_while(resolver: Resolver) -> None:
    for _ in range(3):
        assert addresses_of("vault02.example.net", 1) == ("192.0.2.7",)
        assert addresses_of("nobody.example.net", 1) == ()
    assert resolver.asked == 2


def test_a_network_that_is_down_is_not_waited_for(resolver: Resolver) -> None:
    resolver.free.clear()
    began = time.monotonic()
    assert addresses_of("vault02.example.net", 0.1) == ()
    assert addresses_of("vault02.example.net", 0.1) == ()
    assert time.monotonic() - began < 2
    resolver.free.set()


def test_a_mount_of_another_name_of_this_machine_is_here(resolver: Resolver) -> None:
    """An alias in the name service fools whoever compares names."""
    for host, location in (
        ("alias.example.net", Location.HERE),
        ("vault02.example.net", Location.ELSEWHERE),
        ("nobody.example.net", Location.ELSEWHERE),
    ):
        mount = Mount(1, "/mnt/v", "fuse.sshfs", f"backup@{host}:/srv", "rw")
        assert judge(mount, this_machine()).location is location
