"""A real SSH server (Debian's openssh-server) with a host key of its own, on this machine or on another.

"Another machine" is a network namespace behind a veth pair: its address is none of ours, so nothing here
can take the server for this machine. The machine's own /etc/ssh is neither read nor changed.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from nskeys.destinations.ssh.context import SftpLimits
from nskeys.destinations.ssh.known_hosts import KnownHosts, entry_name
from nskeys.destinations.ssh.pool import SshPool
from tests.fakes.programs import need, program

HURRIED = SftpLimits(connect=2.0, login=2.0, answer=1.5, greeting=0.5, keepalive=1.0)
"""Limits for tests of servers that hang."""
_START = 10.0
_LOOPBACK = "127.0.0.1"


@dataclass
class Sshd:
    """A server that runs; `folder` holds its keys and what a test wants to lie there."""

    folder: Path
    host: str
    port: int
    user: str
    process: "subprocess.Popen[bytes]"
    home: Path

    @property
    def key(self) -> Path:
        """A key file that it lets in."""
        return self.folder / "client"

    def address(self, path: Path | str, user: str | None = None) -> str:
        """The address of a folder there."""
        return f"sftp://{user or self.user}@{self.host}:{self.port}{path}"

    def known(self, kind: str = "ed25519") -> str:
        """The line by which it is known."""
        key = (self.folder / f"host_{kind}.pub").read_text("ascii").split()
        return f"{entry_name(self.host, self.port)} {key[0]} {key[1]}\n"

    def fingerprint(self, kind: str = "ed25519") -> str:
        """As ssh-keygen prints it on the server."""
        return _run("ssh-keygen", "-lf", str(self.folder / f"host_{kind}.pub")).split()[1]

    def sessions(self) -> list[int]:
        """The processes that serve whoever is connected."""
        return _below(self.process.pid)

    def stop_answering(self) -> None:
        """Everything stands still, with connections open; new ones are taken by the system, and hear
        nothing."""
        for pid in (self.process.pid, *self.sessions()):
            os.kill(pid, signal.SIGSTOP)

    def drop_sessions(self) -> None:
        """Every connection is lost."""
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        """What it wrote about its visitors."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def servers(self, known: str | None = None, limits: SftpLimits | None = None) -> SshPool:
        """A client that knows this server (or, with an empty `known`, nobody) and has its key."""
        path = self.folder / f"known_hosts.{os.urandom(4).hex()}"
        if text := (self.known() if known is None else known):
            path.write_text(text, "ascii")
        return SshPool(KnownHosts(path), (self.key,), limits)


@contextmanager
def an_sshd(
    folder: Path,
    *options: str,
    host: str = _LOOPBACK,
    within: Sequence[str] = (),
    kinds: Sequence[str] = ("ed25519",),
    user: str = "",
) -> Iterator[Sshd]:
    """A server on a free port; `options` are lines of sshd_config(5), `within` a command to run it in."""
    need("sshd", "ssh-keygen")
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in (*((f"host_{kind}", kind) for kind in kinds), ("client", "ed25519")):
        if not (folder / name).exists():
            make_key(folder / name, kind)
    (folder / "authorized_keys").write_bytes((folder / "client.pub").read_bytes())
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    me = user or _run("id", "-un").strip()
    port = free_port() if host == _LOOPBACK else 2222
    config = folder / "sshd_config"
    lines = [
        *options,
        f"Port {port}",
        f"ListenAddress {host}",
        *(f"HostKey {folder / f'host_{kind}'}" for kind in kinds),
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "UseDNS no",
        "PermitRootLogin yes",
        "KbdInteractiveAuthentication no",
        "PasswordAuthentication no",
        "MaxStartups 100",
        "LogLevel VERBOSE",
        "Subsystem sftp internal-sftp",
        "ForceCommand internal-sftp",
    ]
    config.write_text("\n".join(lines) + "\n", "utf-8")
    with config.open("a") as file:
        if _takes(config, "PerSourcePenalties no"):
            file.write("PerSourcePenalties no\n")
    command = [*within, _sshd(), "-D", "-f", str(config), "-E", str(folder / "log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    server = Sshd(folder, host, port, me, process, Path("~").expanduser())
    try:
        wait_for(server)
        yield server
    finally:
        for pid in server.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()


@contextmanager
def another_machine() -> Iterator[tuple[str, list[str]]]:
    """The address of a machine that is not this one, and the command that runs something there."""
    need("ip")
    number = os.getpid()
    name, ours, theirs = f"nsk{number}", f"nska{number % 10**8}", f"nskb{number % 10**8}"
    net = f"10.{200 + (number >> 8) % 50}.{number % 256}"
    if os.geteuid() != 0 or subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        pytest.skip("another machine needs root and a kernel that lets it make network namespaces")
    try:
        _run("ip", "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _run("ip", "addr", "add", f"{net}.1/30", "dev", ours)
        _run("ip", "link", "set", ours, "up")
        inside = ["ip", "netns", "exec", name]
        _run(*inside, "ip", "addr", "add", f"{net}.2/30", "dev", theirs)
        _run(*inside, "ip", "link", "set", theirs, "up")
        _run(*inside, "ip", "link", "set", "lo", "up")
        yield f"{net}.2", inside
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", ours], capture_output=True)


@contextmanager
def a_person(password: str) -> Iterator[str]:
    """A user of this machine for as long as a test needs one, with a password and nothing else."""
    if os.geteuid() != 0:
        pytest.skip("a user with a password needs root")
    need("useradd", "chpasswd", "userdel")
    name = f"nsk{os.getpid()}"
    _patiently("useradd", "--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", name)
    try:
        _patiently("chpasswd", "--crypt-method", "SHA512", told=f"{name}:{password}\n")
        yield name
    finally:
        _patiently("userdel", name)


@contextmanager
def a_silent_port() -> Iterator[int]:
    """A port where somebody takes every connection and says nothing."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> None:
    """A new pair; a host key, or one to log in with."""
    need("ssh-keygen")
    size = ("-b", "2048") if kind == "rsa" else ()
    _run("ssh-keygen", "-q", "-t", kind, *size, "-N", passphrase, "-C", "", "-f", str(path))


def _sshd() -> str:
    return program("sshd")


def _takes(config: Path, line: str) -> bool:
    """Whether this version of sshd knows an option."""
    trial = config.with_suffix(".trial")
    trial.write_text(config.read_text("utf-8") + line + "\n", "utf-8")
    return subprocess.run([_sshd(), "-t", "-f", str(trial)], capture_output=True).returncode == 0


def wait_for(server: Sshd) -> None:
    """Until it speaks SSH."""
    until = time.monotonic() + _START
    while server.process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection((server.host, server.port), 1) as greeted:
            if greeted.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    raise AssertionError(f"sshd did not start: {server.log()}")


def _below(pid: int) -> list[int]:
    """Every process that descends from one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, ahead = [], [pid]
    while ahead:
        children = parents.get(ahead.pop(), [])
        found += children
        ahead += children
    return found


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def _patiently(*command: str, told: str = "") -> None:
    """What locks the list of users waits for nobody, so it is asked again."""
    for _ in range(100):
        done = subprocess.run(command, input=told, text=True, capture_output=True)
        if done.returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError((command, done.stderr))
