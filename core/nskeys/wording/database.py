"""How the program logs in to the CMDB's server, for `status`."""

from types import MappingProxyType

from nskeys.model.database import DatabaseLogin, LoginSafety
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe

LOGINS = MappingProxyType(
    {
        LoginSafety.SOCKET: "by a socket of this machine",
        LoginSafety.THIS_MACHINE: "on this machine; a password never in the clear or as MD5",
        LoginSafety.OTHER_MACHINE: "with TLS and the server's name checked; by SCRAM or not at all",
    }
)


def login_words(login: DatabaseLogin) -> str:
    """Return text such as `by a socket of this machine`, with what the address itself sets."""
    words = LOGINS[login.safety]
    said = listed(tuple(safe(item) for item in login.told))
    return f"{words}, but the address says {said}" if said else words
