"""Servers at three in the morning: they hang, the line drops in the middle, a person gives up."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nskeys.destinations.ssh import folder as sftp_folder
from nskeys.destinations.ssh.pool import SshPool
from nskeys.errors import Cancelled, DestinationUnreachable, NskeysError
from nskeys.ports import Destination
from tests.core.destinations.ssh.sftp_places import place_on, temporary_files
from tests.fakes.sshd import HURRIED, Sshd, a_silent_port, an_sshd

LIMIT = 1 << 22
DATA = bytes(range(256)) * 8_000
AT_ONCE = 1.5
"""Seconds within which somebody who gave up has to be let go, on a machine with much to do."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """A server of the test's own: what is done to it hurts no other."""
    with an_sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


USES: dict[str, Callable[[Destination], object]] = {
    "where": lambda place: place.where(),
    "publish": lambda place: place.publish("b.zip", DATA),
    "read": lambda place: place.read("a.zip", LIMIT),
    "listing": lambda place: place.listing(),
}


@pytest.mark.parametrize("use", ["where", "publish"])
def test_a_port_that_says_nothing_is_given_up_in_time(sshd: Sshd, use: str) -> None:
    servers = sshd.servers(limits=HURRIED)
    with a_silent_port() as port:
        silent = Sshd(sshd.folder, "127.0.0.1", port, "me", sshd.process, sshd.home)
        with place_on(silent, "/x", servers) as place:
            began = time.monotonic()
            with pytest.raises(DestinationUnreachable) as refused:
                USES[use](place)
    assert refused.value.problem == "timeout"
    assert time.monotonic() - began < HURRIED.connect + HURRIED.login + AT_ONCE


@pytest.mark.parametrize("use", ["where", "publish", "read", "listing"])
def test_a_server_that_hangs_is_given_up_in_time(server: Sshd, vault: Path, use: str) -> None:
    (vault / "a.zip").write_bytes(DATA)
    with place_on(server, vault, server.servers(limits=HURRIED)) as place:
        place.check()
        server.stop_answering()
        began = time.monotonic()
        with pytest.raises(DestinationUnreachable) as refused:
            USES[use](place)
        assert refused.value.problem == "timeout"
        assert time.monotonic() - began < 10


def test_a_server_that_stops_in_the_middle_of_an_archive_is_given_up_in_time(
    server: Sshd, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle(monkeypatch, server.stop_answering)
    with place_on(server, vault, server.servers(limits=HURRIED)) as place:
        began = time.monotonic()
        with pytest.raises(DestinationUnreachable) as refused:
            place.publish("a.zip", DATA)
        assert refused.value.problem in ("timeout", "connection_lost")
        [left] = temporary_files(vault)
        assert refused.value.left == place.address_of(left)
        assert time.monotonic() - began < 10


def in_the_middle(
    monkeypatch: pytest.MonkeyPatch, operation: Callable[[], None], method: str = "_flushed"
) -> threading.Event:
    """Do something once the archive is written and not yet flushed; the event says that it was done."""
    done = threading.Event()
    before = getattr(sftp_folder.SftpFolder, method)

    async def then(self: sftp_folder.SftpFolder, *arguments: object) -> object:
        if not done.is_set():
            done.set()
            operation()
        return await before(self, *arguments)

    monkeypatch.setattr(sftp_folder.SftpFolder, method, then)
    return done


def test_a_line_that_drops_in_the_middle_leaves_nothing_where_the_server_can_be_reached_again(
    server: Sshd, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle(monkeypatch, server.drop_sessions)
    with place_on(server, vault) as place:
        with pytest.raises(DestinationUnreachable) as lost:
            place.publish("a.zip", DATA)
        assert (lost.value.problem, lost.value.left) == ("connection_lost", "")
        assert list(vault.iterdir()) == []
        assert place.publish("a.zip", DATA) == "a.zip"


def test_a_server_that_dies_in_the_middle_leaves_a_file_that_is_named_and_swept_later(
    tmp_path: Path, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with an_sshd(tmp_path / "sshd") as server:

        def die() -> None:
            """The listener first, so that its death orphans no session that we do not know of."""
            sessions = server.sessions()
            for pid in (server.process.pid, *sessions):
                os.kill(pid, signal.SIGKILL)
            server.process.wait()

        in_the_middle(monkeypatch, die)
        with place_on(server, vault, server.servers(limits=HURRIED)) as place:
            with pytest.raises(DestinationUnreachable) as lost:
                place.publish("a.zip", DATA)
            [left] = temporary_files(vault)
            assert lost.value.left == place.address_of(left)


def test_what_broke_off_after_the_file_got_its_name_claims_nothing_and_leaves_no_temporary_file(
    server: Sshd, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_middle(monkeypatch, server.drop_sessions, "_flush_folder")
    with place_on(server, vault) as place:
        with pytest.raises(DestinationUnreachable):
            place.publish("a.zip", DATA)
        assert [path.name for path in vault.iterdir()] == ["a.zip"]
        assert place.publish("a.zip", DATA) == "a-2.zip"


# --- a person gives up -----------------------------------------------------------------------------------


def given_up(servers: SshPool, use: Callable[[], object], when: threading.Event | None = None) -> float:
    """Seconds from a person's giving up to the end of the wait."""
    ended: list[float] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            use()
        except NskeysError as error:
            raised.append(error)
        ended.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    if when is not None:
        assert when.wait(10)
    time.sleep(0.3)
    asked = time.monotonic()
    servers.interrupt()
    thread.join(20)
    assert ended
    assert isinstance(raised[0], Cancelled), raised
    return ended[0] - asked


def test_whoever_gives_up_on_a_silent_port_is_let_go_at_once(sshd: Sshd) -> None:
    servers = sshd.servers()
    with a_silent_port() as port:
        silent = Sshd(sshd.folder, "127.0.0.1", port, "me", sshd.process, sshd.home)
        with place_on(silent, "/x", servers) as place:
            assert given_up(servers, place.listing) < AT_ONCE


def test_whoever_gives_up_on_a_server_that_hangs_is_let_go_at_once(server: Sshd, vault: Path) -> None:
    servers = server.servers()
    with place_on(server, vault, servers) as place:
        place.check()
        server.stop_answering()
        assert given_up(servers, place.listing) < AT_ONCE


def test_whoever_gives_up_while_an_archive_is_written_leaves_no_half_of_it(
    server: Sshd, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = server.servers()
    written = threading.Event()

    async def never(self: sftp_folder.SftpFolder, *arguments: object) -> bool:
        written.set()
        await asyncio.sleep(60)
        return True

    monkeypatch.setattr(sftp_folder.SftpFolder, "_flushed", never)
    with place_on(server, vault, servers) as place:
        assert given_up(servers, lambda: place.publish("a.zip", DATA), written) < AT_ONCE
        assert list(vault.iterdir()) == []


def test_an_interrupt_while_nobody_waits_changes_nothing(sshd: Sshd, vault: Path) -> None:
    servers = sshd.servers()
    with place_on(sshd, vault, servers) as place:
        servers.interrupt()
        place.check()
        servers.interrupt()
        place.check()


def test_a_program_that_leaves_ends_whatever_still_waits(sshd: Sshd) -> None:
    servers = sshd.servers()
    raised: list[BaseException] = []
    with a_silent_port() as port:
        silent = Sshd(sshd.folder, "127.0.0.1", port, "me", sshd.process, sshd.home)
        with place_on(silent, "/x", servers) as place:

            def run() -> None:
                try:
                    place.listing()
                except NskeysError as error:
                    raised.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            time.sleep(0.3)
            servers.close()
            thread.join(AT_ONCE * 2)
            assert not thread.is_alive()
    assert isinstance(raised[0], Cancelled)
