"""Addresses of folders on a server: `sftp://user@host[:port]/path`; `%` begins an escape as in any URL.

A path that begins with `/~/`, or no path, begins in the folder where the login starts.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from nskeys.destinations.ssh.known_hosts import USUAL_PORT
from nskeys.errors import DestinationInvalid
from nskeys.reasons import Problem

SCHEME = "sftp://"
_HOST = re.compile(r"[a-z0-9]([a-z0-9_-]*(\.[a-z0-9_-]+)*)?\.?")
_USER = re.compile(r"[A-Za-z0-9_.+@\\-]+\$?")
_LOGIN = "/~"


@dataclass(frozen=True, slots=True)
class SftpAddress:
    """A path on a server. `user` is empty for the user who runs this."""

    user: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        user = f"{quote(self.user, safe='.+-_')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == USUAL_PORT else f":{self.port}"
        return f"{SCHEME}{user}{host}{port}{_escaped(self.path)}"

    @property
    def login(self) -> str:
        """`user@host`, with a port other than the usual one: what a password is asked for."""
        return str(self).removeprefix(SCHEME).partition("/")[0]

    @property
    def remote(self) -> str:
        """The path as it is sent to the server."""
        if self.path == _LOGIN:
            return "."
        return self.path.removeprefix(f"{_LOGIN}/") if self.path.startswith(f"{_LOGIN}/") else self.path

    def file(self, name: str) -> "SftpAddress":
        """Return a file in this folder."""
        return SftpAddress(self.user, self.host, self.port, f"{self.path.rstrip('/')}/{name}")

    def split(self) -> tuple["SftpAddress", str]:
        """Return the folder that contains this path, and its last name; an empty name for a folder."""
        folder, _, name = self.path.rpartition("/")
        if self.path in ("/", _LOGIN):
            return self, ""
        return SftpAddress(self.user, self.host, self.port, folder or "/"), name


@dataclass(frozen=True, slots=True)
class Login:
    """User, server and key of a login: callers with the same login share connections."""

    address: SftpAddress
    key_file: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The values that two logins must share to be the same."""
        return self.address.login, self.key_file


def parse(address: str) -> SftpAddress:
    """Parse an address. Raises DestinationInvalid (`has_password`, whose text no longer has it, `bad_host`,
    `bad_user`, `dots`, `not_text`)."""
    authority, _, path = address[len(SCHEME) :].partition("/")
    login, at, host_port = authority.rpartition("@")
    user, colon, _ = login.partition(":")
    if colon:
        raise DestinationInvalid(f"{SCHEME}{user}@{host_port}/{path}", Problem.HAS_PASSWORD)
    user = _decoded(address, user)
    if at and not _USER.fullmatch(user):
        raise DestinationInvalid(address, Problem.BAD_USER)
    host, port = _host_and_port(address, host_port)
    return SftpAddress(user, host, port, _path(address, path))


def _host_and_port(address: str, place: str) -> tuple[str, int]:
    host, colon, port = place.rpartition(":") if not place.endswith("]") else ("", "", "")
    if not colon:
        host, port = place, str(USUAL_PORT)
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 1 << 16):
        # A slash in a password ends the host early; what may be one is not repeated.
        hidden = f"{SCHEME}{host}@{address.rpartition('@')[2]}" if "@" in address else address
        raise DestinationInvalid(hidden, Problem.BAD_HOST if hidden == address else Problem.HAS_PASSWORD)
    if host.startswith("[") and host.endswith("]"):
        try:
            return str(ipaddress.IPv6Address(host[1:-1])), int(port)
        except ValueError:
            raise DestinationInvalid(address, Problem.BAD_HOST) from None
    if not _HOST.fullmatch(host.lower()):
        raise DestinationInvalid(address, Problem.BAD_HOST)
    return host.lower().rstrip("."), int(port)


def _path(address: str, path: str) -> str:
    parts = [part for part in _decoded(address, path).split("/") if part not in ("", ".")]
    if ".." in parts:
        raise DestinationInvalid(address, Problem.DOTS)
    if not parts and not address[len(SCHEME) :].count("/"):
        return _LOGIN
    return "/" + "/".join(parts)


def _escaped(path: str) -> str:
    """Return a path as people read it, with escapes only for characters that are invisible or would not
    parse again."""
    return "".join(quote(sign) if sign == "%" or not sign.isprintable() else sign for sign in path)


def _decoded(address: str, text: str) -> str:
    try:
        decoded = unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise DestinationInvalid(address, Problem.NOT_UTF8) from None
    if "\0" in decoded:
        raise DestinationInvalid(address, Problem.NOT_UTF8)
    return decoded
