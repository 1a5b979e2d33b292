"""What a login at any SSH server needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.timeouts import SftpLimits

PASSWORD, PASSPHRASE = "ssh_password", "ssh_passphrase"
"""What a server may want of a person; `errors.ServerSecretWanted.wanted`."""

GivenSecret = Callable[[str, str], str | None]
"""From what is wanted, and of what, to the secret that was given; None where none was."""


@dataclass(frozen=True, slots=True)
class LoginContext:
    """The trusted host keys, the key files used where none is configured, the given secrets, and the time
    limits."""

    known_hosts: KnownHosts
    usual_keys: Sequence[Path]
    given: GivenSecret
    limits: SftpLimits
