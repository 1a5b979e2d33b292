"""What is known about the CMDB's database besides its rows."""

from dataclasses import dataclass
from enum import StrEnum


class LoginSafety(StrEnum):
    """What protects the login to a database server against a machine in between."""

    SOCKET = "socket"
    """A socket of this machine."""
    THIS_MACHINE = "this-machine"
    """TCP to this machine: no password in the clear, none as MD5."""
    OTHER_MACHINE = "other-machine"
    """Another machine: TLS with the server's name checked, and SCRAM or nothing."""


@dataclass(frozen=True, slots=True)
class DatabaseLogin:
    """How nskeys logs in to a database server."""

    safety: LoginSafety
    told: tuple[str, ...] = ()
    """The parameters of the address that replace a required one: `sslmode=disable`."""
