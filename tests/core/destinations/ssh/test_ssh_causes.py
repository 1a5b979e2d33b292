"""When a server does not let in, or not as one expects: the cause is told, and no other."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from nskeys.destinations.ssh.context import SftpLimits
from nskeys.destinations.ssh.known_hosts import KnownHosts, entry_name
from nskeys.destinations.ssh.pool import SshPool
from nskeys.errors import (
    DestinationUnreachable,
    HostKeyRevoked,
    HostKeyUnknown,
    NskeysError,
    ServerSecretWanted,
)
from nskeys.wording.errors import say
from tests.core.destinations.ssh.sftp_places import place_on
from tests.core.destinations.ssh.test_login import an_agent, refusal
from tests.fakes.sshd import HURRIED, Sshd, an_sshd, make_key

QUICK = SftpLimits(connect=5.0, login=4.0, agent=0.5, answer=3.0, greeting=2.0)


def unreachable(told: NskeysError) -> DestinationUnreachable:
    assert isinstance(told, DestinationUnreachable), told
    return told


# --- agents ----------------------------------------------------------------------------------------------


@contextmanager
def an_agent_that_never_answers() -> Iterator[str]:
    """A socket where somebody takes every connection and says nothing."""
    folder = tempfile.mkdtemp(prefix="nsk")
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(f"{folder}/agent")
        listener.listen()
        yield f"{folder}/agent"
    shutil.rmtree(folder)


def test_an_agent_that_never_answers_holds_up_no_key_in_a_file(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with an_agent_that_never_answers() as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        began = time.monotonic()
        with place_on(sshd, tmp_path, sshd.servers(limits=QUICK)) as place:
            place.listing()
        assert time.monotonic() - began < QUICK.agent + QUICK.login


def test_an_agent_that_never_answers_is_named_where_there_is_no_other_key(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = SshPool(sshd.servers().known_hosts, (), QUICK)
    with an_agent_that_never_answers() as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        told = unreachable(refusal(servers, sshd))
    assert told.problem == "silent_agent"
    assert "--key-file FILE" in say(told).advice
    monkeypatch.delenv("SSH_AUTH_SOCK")
    assert unreachable(refusal(servers, sshd)).problem == "login"


@contextmanager
def an_agent_that_lists_and_never_signs(behind: str) -> Iterator[str]:
    """As an agent whose owner has to confirm each use, and is away."""
    folder = tempfile.mkdtemp(prefix="nsk")
    list_keys = b"\x00\x00\x00\x01\x0b"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(f"{folder}/agent")
        listener.listen()

        def answer() -> None:
            visitor, _ = listener.accept()
            with visitor, socket.socket(socket.AF_UNIX) as real:
                visitor.recv(len(list_keys))
                real.connect(behind)
                real.sendall(list_keys)
                visitor.sendall(real.recv(65_536))
                while visitor.recv(65_536):
                    pass

        Thread(target=answer, daemon=True).start()
        yield f"{folder}/agent"
    shutil.rmtree(folder)


def test_an_agent_that_lists_its_keys_and_never_signs_is_named(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = SshPool(sshd.servers().known_hosts, (), QUICK)
    with an_agent(sshd.key) as real, an_agent_that_lists_and_never_signs(real) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        assert unreachable(refusal(servers, sshd)).problem == "silent_agent"


def strangers(folder: Path, number: int) -> list[Path]:
    paths = [folder / f"stranger-{n}" for n in range(number)]
    for path in paths:
        make_key(path)
    return paths


def test_a_key_in_a_file_is_tried_though_the_agent_has_more_than_the_server_looks_at(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with an_agent(*strangers(tmp_path, 8)) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with place_on(sshd, tmp_path) as there:
            there.listing()


def test_too_many_keys_are_the_cause_told_and_a_key_file_helps(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sshd.servers().known_hosts
    before = len(sshd.log())
    with an_agent(*strangers(tmp_path, 16)) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        told = unreachable(refusal(SshPool(known), sshd))
        assert told.problem == "too_many_keys"
        assert "--key-file FILE" in say(told).advice
        hung_up = sshd.log()[before:].count("Too many authentication failures")
        assert hung_up <= 2, "no address is locked out for the keys that an agent happens to hold"
        with place_on(sshd, tmp_path, SshPool(known), key=str(sshd.key)) as there:
            there.listing()


def test_a_few_keys_that_the_server_does_not_know_are_a_login_that_is_refused(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with an_agent(*strangers(tmp_path, 2)) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        assert unreachable(refusal(SshPool(sshd.servers().known_hosts), sshd)).problem == "login"


def test_a_password_is_asked_for_though_the_agent_has_more_keys_than_the_server_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        an_sshd(tmp_path / "s", "PasswordAuthentication yes") as server,
        an_agent(*strangers(tmp_path, 8)) as place,
    ):
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        told = refusal(SshPool(server.servers().known_hosts), server)
    assert isinstance(told, ServerSecretWanted)
    assert told.wanted == "ssh_password"


# --- what comes instead of SFTP --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo Welcome to vault02; exec /usr/lib/openssh/sftp-server", "Welcome to vault02"),
        ("/usr/sbin/nologin", "This account is currently not available."),
        ("printf '\\033[2Jcleared'; cat", "\\x1b[2Jcleared"),
    ],
)
def test_what_a_shell_prints_into_the_sftp_stream_is_named(tmp_path: Path, command: str, said: str) -> None:
    with an_sshd(tmp_path / "s", f"ForceCommand {command}") as server:
        told = unreachable(refusal(server.servers(limits=QUICK), server))
    assert told.problem == "greeting"
    words = say(told)
    assert said in words.what
    assert "\x1b" not in words.what
    assert "ForceCommand internal-sftp" in words.advice


def test_a_server_that_says_nothing_where_sftp_should_begin_offers_none(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", "ForceCommand /bin/true") as server:
        told = unreachable(refusal(server.servers(limits=HURRIED), server))
    assert (told.problem, told.said) == ("no_sftp", "")


# --- host keys -------------------------------------------------------------------------------------------


def known_by(server: Sshd, *lines: str) -> SshPool:
    path = server.folder / f"known_hosts.{os.urandom(4).hex()}"
    path.write_text("\n".join(lines) + "\n", "ascii")
    return SshPool(KnownHosts(server.folder / "own", (path,)), (server.key,))


def public(path: Path) -> str:
    return path.with_suffix(".pub").read_text("ascii").strip()


@pytest.mark.parametrize("listed", [True, False])
def test_a_revoked_host_key_is_told_with_the_line_that_revokes_it(sshd: Sshd, listed: bool) -> None:
    key = public(sshd.folder / "host_ed25519")
    lines = ["# ours", *([sshd.known().strip()] if listed else []), f"@revoked * {key}"]
    servers = known_by(sshd, *lines)
    told = refusal(servers, sshd)
    assert isinstance(told, HostKeyRevoked)
    assert told.fingerprint == sshd.fingerprint()
    assert told.line == len(lines)
    words = str(say(told))
    assert f"was revoked in {told.file} line {told.line}." in words
    assert "certificate" not in words


@contextmanager
def certified(folder: Path) -> Iterator[tuple[Sshd, str]]:
    """A server with a certificate for its host key; and its authority's public key."""
    folder.mkdir()
    make_key(folder / "authority")
    make_key(folder / "host_ed25519")
    command = ["ssh-keygen", "-q", "-s", str(folder / "authority"), "-I", "x", "-h", "-n", "127.0.0.1"]
    subprocess.run([*command, str(folder / "host_ed25519.pub")], check=True, capture_output=True)
    with an_sshd(folder, f"HostCertificate {folder / 'host_ed25519-cert.pub'}") as server:
        yield server, public(folder / "authority")


def test_a_revoked_authority_vouches_for_nobody(tmp_path: Path) -> None:
    with certified(tmp_path / "s") as (server, authority):
        told = refusal(
            known_by(server, f"@cert-authority * {authority}", f"@revoked * {authority}"), server
        )
    assert isinstance(told, HostKeyRevoked)
    assert told.line == 2


def test_a_revoked_key_is_refused_in_a_certificate_too(tmp_path: Path) -> None:
    with certified(tmp_path / "s") as (server, authority):
        key = public(server.folder / "host_ed25519")
        told = refusal(known_by(server, f"@cert-authority * {authority}", f"@revoked * {key}"), server)
    assert isinstance(told, HostKeyRevoked)
    assert told.line == 2
    assert "line 2" in say(told).what


def test_a_certificate_of_an_authority_that_is_not_known_is_as_none(tmp_path: Path) -> None:
    make_key(tmp_path / "another")
    with certified(tmp_path / "s") as (server, _):
        other = f"@cert-authority * {public(tmp_path / 'another')}"
        told = refusal(known_by(server, other), server)
        assert isinstance(told, HostKeyUnknown)
        assert told.fingerprint == server.fingerprint()
        with place_on(server, tmp_path, known_by(server, other, server.known().strip())) as place:
            place.listing()


def test_a_server_with_outdated_host_keys_alone_is_told_from_a_lost_line(tmp_path: Path) -> None:
    with an_sshd(tmp_path / "s", "HostKeyAlgorithms ssh-rsa", kinds=("rsa",)) as server:
        told = unreachable(refusal(server.servers(server.known("rsa")), server))
    assert (told.problem, told.said) == ("old_host_key", "ssh-rsa")
    assert "('ssh-rsa')" in say(told).what
    assert "Ed25519" in say(told).advice


@pytest.mark.parametrize("option", ["KexAlgorithms diffie-hellman-group1-sha1", "Ciphers 3des-cbc"])
def test_a_server_that_encrypts_in_outdated_ways_alone_is_said(tmp_path: Path, option: str) -> None:
    with an_sshd(tmp_path / "s", option) as server:
        line = f"{entry_name(server.host, server.port)} {public(server.folder / 'host_ed25519')}"
        for _ in range(8):  # on a busy machine the server's hang-up may overtake what it offers
            told = unreachable(refusal(known_by(server, line), server))
            if told.problem == "no_agreement":
                break
    assert told.problem == "no_agreement"
