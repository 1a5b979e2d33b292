"""How the program logs in to the CMDB's server, for `status`."""

from types import MappingProxyType

from nskeys.model.database import DatabaseConnection, DatabaseLogin, LoginSafety
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe

LOGINS = MappingProxyType(
    {
        LoginSafety.SOCKET: "by a socket of this machine",
        LoginSafety.THIS_MACHINE: "on this machine; a password never in the clear or as MD5",
        LoginSafety.OTHER_MACHINE: "with TLS and the server's name checked; by SCRAM only",
    }
)


def connection_words(connection: DatabaseConnection) -> str:
    """Return text such as `TLSv1.3, sslmode=verify-full, require_auth=scram-sha-256`."""
    auth = f"require_auth={safe(connection.require_auth) or 'none'}"
    if connection.socket:
        return f"a socket of this machine, {auth}"
    return f"{safe(connection.tls) or 'no TLS'}, sslmode={safe(connection.sslmode)}, {auth}"


def connection_word(connection: DatabaseConnection) -> str:
    """Return the same as briefly as a title needs it: `TLSv1.3, server checked`."""
    if connection.socket:
        return "socket"
    if not connection.tls:
        return "no TLS"
    return f"{safe(connection.tls)}, server {'checked' if connection.verified else 'not checked'}"


def login_words(login: DatabaseLogin) -> str:
    """Return text such as `by a socket of this machine`, with what the address itself sets."""
    words = LOGINS[login.safety]
    said = listed(tuple(safe(item) for item in login.told))
    return f"{words}, but the address says {said}" if said else words
