"""What a login at an SSH server needs, whichever server it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.destinations.ssh.timeouts import SftpLimits
from nskeys.reasons import Wanted

PASSWORD, PASSPHRASE = Wanted.SSH_PASSWORD, Wanted.SSH_PASSPHRASE
"""What a server may want of a person; `errors.ServerSecretWanted.wanted`."""

GivenSecret = Callable[[str, str], str | None]
"""From what is wanted, and of what, to the secret that was given; None where none was."""


@dataclass(frozen=True, slots=True)
class LoginContext:
    """Who is trusted, which key files are shown where none is configured, what a person gave, and how long
    a server may take."""

    known_hosts: KnownHosts
    usual_keys: Sequence[Path]
    given: GivenSecret
    limits: SftpLimits
