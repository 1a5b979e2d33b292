"""What is known about the CMDB's database besides its rows."""

from enum import StrEnum
from typing import NamedTuple


class LoginSafety(StrEnum):
    """What protects the login to a database server against a machine in between."""

    SOCKET = "socket"
    """A socket of this machine."""
    THIS_MACHINE = "this-machine"
    """TCP to this machine: no password in the clear, none as MD5."""
    OTHER_MACHINE = "other-machine"
    """Another machine: TLS with the server's name checked, and SCRAM or nothing."""


class DatabaseConnection(NamedTuple):
    """What protects an open connection to a database server, in libpq's words."""

    socket: bool
    """Whether it is a socket of this machine, which nobody else reads."""
    tls: str
    """`TLSv1.3`, by what the server says of its side; `TLS` where it says nothing; empty without TLS."""
    sslmode: str
    require_auth: str

    @property
    def verified(self) -> bool:
        """Whether the server's certificate was checked."""
        return bool(self.tls) and self.sslmode in ("verify-ca", "verify-full")


class DatabaseLogin(NamedTuple):
    """How nskeys logs in to a database server."""

    safety: LoginSafety
    told: tuple[str, ...] = ()
    """The parameters of the address that replace a required one: `sslmode=disable`."""
