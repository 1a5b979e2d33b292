"""What a login at any SSH server needs, and how long each step may take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.reasons import Wanted

PASSWORD, PASSPHRASE = Wanted.SSH_PASSWORD, Wanted.SSH_PASSPHRASE
"""The secrets that a server may need; `errors.ServerSecretWanted.wanted`."""

GivenSecret = Callable[[str, str], str | None]
"""From a secret's kind and owner to the secret that was given; None where none was."""


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Seconds that each step may take; values, so that tests need not wait."""

    connect: float = 10.0
    login: float = 30.0
    """For the handshake, and for touching a hardware key."""
    agent: float = 5.0
    """For an agent to list its keys, which needs no touch."""
    answer: float = 15.0
    """For each call once logged in."""
    greeting: float = 5.0
    """For an idle connection to answer; a silent one is replaced."""
    keepalive: float = 5.0
    """Between two keepalive messages; the connection ends after the third without an answer."""
    bytes_per_second: int = 32 << 10
    """The lowest accepted transfer rate; the time limit grows with the size of an archive."""

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
