"""Logging in at a real SSH server: who it is, and what it is shown."""

import logging
import os
import shutil
import socket
import subprocess
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nskeys.destinations.ssh.known_hosts import KnownHosts, entry_name
from nskeys.destinations.ssh.pool import SshPool
from nskeys.errors import (
    DestinationUnreachable,
    HostKeyChanged,
    HostKeyUnknown,
    NskeysError,
    ServerSecretWanted,
)
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Wanted
from tests.core.destinations.ssh.sftp_places import place_on
from tests.fakes.sshd import HURRIED, Sshd, a_person, a_silent_port, an_sshd, make_key

PASSWORD = "seven apples and a horse"
PASSPHRASE = "five green pears"


def refusal(servers: SshPool, sshd: Sshd, user: str | None = None, key: str = "") -> NskeysError:
    """What whoever comes is told."""
    with place_on(sshd, "/", servers, user, key) as place, pytest.raises(NskeysError) as refused:
        place.listing()
    return refused.value


def give(servers: SshPool, wanted: ServerSecretWanted, secret: str) -> None:
    with SecretBytes.from_text(secret) as given:
        servers.give(wanted, given)


# --- the server's key ------------------------------------------------------------------------------------


def test_an_unknown_server_is_told_with_its_fingerprint_and_trusted_once(
    sshd: Sshd, tmp_path: Path
) -> None:
    own = tmp_path / "home" / "known_hosts"
    own.parent.mkdir()
    servers = SshPool(KnownHosts(own), (sshd.key,))
    unknown = refusal(servers, sshd)
    assert isinstance(unknown, HostKeyUnknown)
    assert (unknown.host, unknown.port) == (sshd.host, sshd.port)
    assert unknown.fingerprint == sshd.fingerprint()
    assert not own.exists()
    servers.trust(unknown)
    assert own.read_text("ascii") == sshd.known()
    with place_on(sshd, tmp_path, servers) as place:
        place.listing()


def test_a_server_that_is_not_known_learns_nothing_of_us(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sshd.log()
    servers = sshd.servers(known="")
    refusal(servers, sshd)
    told = sshd.log()[len(before) :]
    assert "publickey" not in told
    assert "user" not in told or "Connection closed by" in told


def test_another_host_key_is_never_taken_and_both_are_told(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "right") as right, an_sshd(tmp_path / "wrong") as wrong:
        line = right.known().replace(str(right.port), str(wrong.port))
        changed = refusal(wrong.servers(known=line), wrong)
    assert isinstance(changed, HostKeyChanged)
    assert changed.fingerprint == wrong.fingerprint()
    assert changed.known == (right.fingerprint(),)
    assert "Accepted" not in wrong.log()


def test_a_server_shows_the_key_that_is_known_of_it_where_it_has_several(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", kinds=("ed25519", "rsa", "ecdsa")) as server:
        for kind in ("ed25519", "rsa", "ecdsa"):
            with place_on(server, tmp_path, server.servers(server.known(kind))) as place:
                place.listing()


def test_a_key_of_another_kind_than_the_known_one_is_a_changed_key(tmp_path: Path) -> None:
    make_key(tmp_path / "lost")
    kind, key = (tmp_path / "lost.pub").read_text("ascii").split()[:2]
    with an_sshd(tmp_path / "s", kinds=("rsa",)) as server:
        line = f"{entry_name(server.host, server.port)} {kind} {key}\n"
        changed = refusal(server.servers(line), server)
        assert isinstance(changed, HostKeyChanged)
        assert changed.fingerprint == server.fingerprint("rsa")


def test_a_certificate_of_a_known_authority_is_enough_and_one_for_another_host_is_not(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    make_key(tmp_path / "authority")
    make_key(folder / "host_ed25519")
    authority = (tmp_path / "authority.pub").read_text("ascii").strip()
    for principal, works in (("127.0.0.1", True), ("vault02", False)):
        command = ["ssh-keygen", "-q", "-s", str(tmp_path / "authority"), "-I", "x", "-h", "-n", principal]
        subprocess.run([*command, str(folder / "host_ed25519.pub")], check=True, capture_output=True)
        with an_sshd(folder, f"HostCertificate {folder / 'host_ed25519-cert.pub'}") as server:
            line = f"@cert-authority {entry_name(server.host, server.port)} {authority}\n"
            servers = server.servers(line)
            if works:
                with place_on(server, tmp_path, servers) as place:
                    place.listing()
            else:
                told = refusal(servers, server)
                assert isinstance(told, DestinationUnreachable)
                assert told.problem == "host_certificate"


# --- keys ------------------------------------------------------------------------------------------------


def test_a_key_that_the_server_does_not_know_is_no_way_in(sshd: Sshd, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    told = refusal(sshd.servers(), sshd, key=str(tmp_path / "stranger"))
    assert isinstance(told, DestinationUnreachable)
    assert told.problem == "login"


def test_a_configured_key_file_is_the_only_one_shown(sshd: Sshd, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    servers = SshPool(sshd.servers().known_hosts, (tmp_path / "stranger",))
    assert isinstance(refusal(servers, sshd), DestinationUnreachable)
    with place_on(sshd, tmp_path, servers, key=str(sshd.key)) as place:
        place.listing()


@pytest.mark.parametrize("content", [None, "no key at all\n"])
def test_a_key_file_that_is_none_is_said(sshd: Sshd, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, "ascii")
    told = refusal(sshd.servers(), sshd, key=str(path))
    assert isinstance(told, DestinationUnreachable)
    assert (told.problem, told.destination) == ("key_file", str(path))


def test_the_passphrase_of_a_key_file_is_wanted_refused_and_taken(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s") as server:
        locked = tmp_path / "locked"
        make_key(locked, passphrase=PASSPHRASE)
        (server.folder / "authorized_keys").write_bytes(Path(f"{locked}.pub").read_bytes())
        servers = server.servers()
        wanted = refusal(servers, server, key=str(locked))
        assert isinstance(wanted, ServerSecretWanted)
        assert (wanted.wanted, wanted.subject, wanted.refused) == ("ssh_passphrase", str(locked), False)
        servers = server.servers()
        give(servers, wanted, "something else")
        wrong = refusal(servers, server, key=str(locked))
        assert isinstance(wrong, ServerSecretWanted)
        assert wrong.refused
        servers = server.servers()
        give(servers, wanted, PASSPHRASE)
        with place_on(server, tmp_path, servers, key=str(locked)) as place:
            place.listing()


@contextmanager
def an_agent(*keys: Path) -> Iterator[str]:
    """The socket of an ssh-agent that holds these keys."""
    folder = tempfile.mkdtemp(prefix="nsk")  # short: the path of a socket has 107 bytes
    place = f"{folder}/agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL)
    try:
        while not Path(place).exists():
            assert agent.poll() is None
        subprocess.run(
            ["ssh-add", "-q", *map(str, keys)], env={**os.environ, "SSH_AUTH_SOCK": place}, check=True
        )
        yield place
    finally:
        agent.kill()
        agent.wait()
        shutil.rmtree(folder)


def test_an_agents_key_is_shown(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = sshd.servers().known_hosts
    make_key(tmp_path / "stranger")
    with an_agent(tmp_path / "stranger", sshd.key) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with place_on(sshd, tmp_path, SshPool(known)) as there:
            there.listing()
        told = refusal(SshPool(known), sshd, key=str(tmp_path / "stranger"))
        assert isinstance(told, DestinationUnreachable), "the agent's other keys are not for this place"
    told = refusal(SshPool(known), sshd)
    assert isinstance(told, DestinationUnreachable), "an agent that is gone is no key"


def test_a_locked_key_file_is_opened_by_the_agent_that_holds_it(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    for end in ("", ".pub"):
        shutil.copy(f"{sshd.key}{end}", f"{locked}{end}")
    command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    with an_agent(sshd.key) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with place_on(sshd, tmp_path, sshd.servers(), key=str(locked)) as there:
            there.listing()


# --- passwords -------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Sshd, str]]:
    """A server that lets a person in by password alone."""
    options = ("PasswordAuthentication yes", "PubkeyAuthentication no", "MaxAuthTries 2")
    with a_person(PASSWORD) as person, an_sshd(tmp_path / "s", *options) as server:
        yield server, person


def test_a_password_is_wanted_then_refused_then_taken_and_kept_for_the_run(
    guarded: tuple[Sshd, str],
) -> None:
    server, person = guarded
    servers = server.servers()
    with place_on(server, "/", servers, person) as place:
        with pytest.raises(ServerSecretWanted) as asked:
            place.listing()
        assert (asked.value.wanted, asked.value.refused) == ("ssh_password", False)
        assert asked.value.subject == f"{person}@127.0.0.1:{server.port}"
        give(servers, asked.value, "six apples")
        with pytest.raises(ServerSecretWanted) as refused:
            place.listing()
        assert refused.value.refused
        with pytest.raises(ServerSecretWanted) as again:
            place.listing()
        assert not again.value.refused, "what was refused is forgotten, and not tried again"
        give(servers, asked.value, PASSWORD)
        place.listing()
        server.drop_sessions()
        place.listing()
    assert server.log().count("Failed password") == 1, "a wrong password is tried once: logins get locked"
    assert server.log().count("Accepted password") == 2
    with place_on(server, "/", servers, person) as place, pytest.raises(ServerSecretWanted):
        place.listing()


def test_a_password_is_for_its_own_login_alone(guarded: tuple[Sshd, str]) -> None:
    server, person = guarded
    servers = server.servers()
    give(servers, ServerSecretWanted(Wanted.SSH_PASSWORD, f"{person}@vault02"), PASSWORD)
    assert isinstance(refusal(servers, server, person), ServerSecretWanted)
    assert "Failed password" not in server.log()


def test_no_secret_is_in_an_error_a_log_or_a_traceback(
    guarded: tuple[Sshd, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    server, person = guarded
    wrong = "a wrong but secret password"
    servers = server.servers()
    give(servers, ServerSecretWanted(Wanted.SSH_PASSWORD, f"{person}@127.0.0.1:{server.port}"), wrong)
    with caplog.at_level(logging.DEBUG):
        error = refusal(servers, server, person)
    told = "".join(traceback.format_exception(error)) + str(vars(error)) + repr(servers)
    out, err = capfd.readouterr()
    assert not [place for place in (told, caplog.text, out, err) if wrong in place]


# --- what is no server -----------------------------------------------------------------------------------


def reached(port: int, host: str = "127.0.0.1") -> str:
    """What keeps a place at this port from being reached."""
    servers = SshPool(KnownHosts(Path("/nonexistent/known_hosts")), (), HURRIED)
    from nskeys.destinations.resolver import AllDestinations, RemoteSchemes
    from nskeys.model.destinations import DestinationInfo

    destinations = AllDestinations(tuple, remote=RemoteSchemes(lambda: servers), servers=lambda: servers)
    with pytest.raises(DestinationUnreachable) as refused:
        destinations.at(DestinationInfo(f"sftp://me@{host}:{port}/x")).where()
    destinations.close()
    return refused.value.problem


def test_what_is_no_ssh_server_is_said() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        assert reached(unused.getsockname()[1]) == "refused"
    assert reached(22, "no-such-host.invalid") == "unknown_host"
    with a_silent_port() as port:
        assert reached(port) == "timeout"


@pytest.mark.parametrize(
    ("says", "problem"), [(b"HTTP/1.0 400 Bad\r\n\r\n" * 2_000, "not_ssh"), (b"", "connection_lost")]
)
def test_what_answers_and_is_no_ssh_server_is_said(says: bytes, problem: str) -> None:
    from threading import Thread

    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer() -> None:
            visitor, _ = listener.accept()
            with visitor:
                visitor.sendall(says)
                visitor.recv(4_096)

        thread = Thread(target=answer, daemon=True)
        thread.start()
        assert reached(listener.getsockname()[1]) in (problem, "connection_lost", "not_ssh")
        thread.join(5)


def test_a_login_without_sftp_is_said(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", "ForceCommand /bin/echo no files here") as server:
        told = refusal(server.servers(), server)
    assert isinstance(told, DestinationUnreachable)
    assert (told.problem, told.said) == ("greeting", "no files here")
