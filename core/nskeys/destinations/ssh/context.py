"""What a login at any SSH server needs, and how long each step may take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nskeys.destinations.ssh.known_hosts import KnownHosts

PASSWORD, PASSPHRASE = "ssh_password", "ssh_passphrase"
"""What a server may want of a person; `errors.ServerSecretWanted.wanted`."""

GivenSecret = Callable[[str, str], str | None]
"""From what is wanted, and of what, to the secret that was given; None where none was."""


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Seconds that each step may take; values, so that tests need not wait."""

    connect: float = 10.0
    login: float = 30.0
    """The handshake, and whoever has to touch a key."""
    agent: float = 5.0
    """For an agent to list its keys; nobody has to touch anything for that."""
    answer: float = 15.0
    """To each question once logged in."""
    greeting: float = 5.0
    """Of a connection that rested; one that keeps still is replaced."""
    keepalive: float = 5.0
    """Between two questions whether the server is still there; the third without an answer ends it."""
    bytes_per_second: int = 32 << 10
    """The slowest that an archive may be carried; what it weighs adds to the limits."""

    def for_bytes(self, size: int) -> float:
        """Return the limit for transferring this many bytes."""
        return self.answer + size / self.bytes_per_second


@dataclass(frozen=True, slots=True)
class LoginContext:
    """The trusted host keys, the key files used where none is configured, the given secrets, and the time
    limits."""

    known_hosts: KnownHosts
    usual_keys: Sequence[Path]
    given: GivenSecret
    limits: SftpLimits
