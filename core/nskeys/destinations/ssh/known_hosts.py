"""Trusted host keys: known_hosts files as ssh writes them (sshd(8)).

The home's own file is written here, one line for each key that a person trusted. The user's and the
system's are only read, so a server that was trusted with ssh need not be trusted again. For a server in the
home's file that file alone counts, so a key that ssh accepted elsewhere cannot weaken it.

A name with a port is another server than the one at the usual port, and is only matched by `[name]:port`.
Names are matched as such, without looking up their addresses.
"""

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nskeys.errors import HostKeyChanged, HostKeyRevoked, HostKeyUnknown
from nskeys.files import read_if_there, replace_behind

USUAL_PORT = 22
_LIMIT = 1 << 24
_AUTHORITY, _REVOKED = "@cert-authority", "@revoked"


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key as in a line of the file; `blob` is the decoded base64."""

    key_type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The fingerprint `SHA256:...`, as ssh shows it."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode("ascii")
        return f"SHA256:{digest.rstrip('=')}"


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The known keys of one server, authorities that may certify it, the file with these, and revoked keys
    of either kind, each with the file and line that revokes it."""

    keys: tuple[HostKey, ...] = ()
    authorities: tuple[HostKey, ...] = ()
    revoked: tuple[tuple[HostKey, str, int], ...] = ()
    file: str = ""

    def judge(
        self, host: str, port: int, key: HostKey
    ) -> HostKeyUnknown | HostKeyChanged | HostKeyRevoked | None:
        """Return what is wrong with a key that the server shows; None for a known one."""
        if revoked := self.revoked_in(key):
            return HostKeyRevoked(host, port, key.fingerprint, *revoked)
        if key in self.keys:
            return None
        if self.keys:
            known = tuple(known.fingerprint for known in self.good(self.keys))
            return HostKeyChanged(host, port, key.key_type, key.fingerprint, known, self.file)
        public = base64.b64encode(key.blob).decode("ascii")
        return HostKeyUnknown(host, port, key.key_type, key.fingerprint, public)

    def good(self, keys: Iterable[HostKey]) -> tuple[HostKey, ...]:
        """Return those that nobody revoked."""
        return tuple(key for key in keys if not self.revoked_in(key))

    def revoked_in(self, key: HostKey) -> tuple[str, int] | None:
        """Return the file and line that revokes a key."""
        return next(((file, line) for revoked, file, line in self.revoked if revoked == key), None)


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The home's file, and others that are only read."""

    own: Path
    others: Sequence[Path] = field(default=())

    def about(self, host: str, port: int) -> KnownKeys:
        """Return what is known of a server. Raises FileUnreadable where a file exists and cannot be
        read."""
        found = [_in_file(path, host, port) for path in (self.own, *self.others)]
        revoked = tuple(line for file in found for line in file.revoked)
        for file in found:
            if file.keys or file.authorities:
                return replace(file, revoked=revoked)
        return KnownKeys(revoked=revoked, file=str(self.own))

    def trust(self, server: HostKeyUnknown) -> None:
        """Append a line to the home's file, durably. Raises HostKeyChanged or HostKeyRevoked where another
        key was stored meanwhile, or this one was revoked. Raises CannotCreate, FileUnreadable."""
        key = HostKey(server.key_type, base64.b64decode(server.public_key))
        problem = self.about(server.host, server.port).judge(server.host, server.port, key)
        if problem is None:
            return
        if not isinstance(problem, HostKeyUnknown):
            raise problem
        before = _text(self.own)
        if before and not before.endswith("\n"):
            before += "\n"
        line = f"{entry_name(server.host, server.port)} {server.key_type} {server.public_key}\n"
        replace_behind(self.own, (before + line).encode("utf-8", "surrogateescape"))


def entry_name(host: str, port: int) -> str:
    """Return how a known_hosts line names a server."""
    return host if port == USUAL_PORT else f"[{host}]:{port}"


def _in_file(path: Path, host: str, port: int) -> KnownKeys:
    keys: dict[str, list[tuple[HostKey, str, int]]] = {"": [], _AUTHORITY: [], _REVOKED: []}
    name = entry_name(host.lower(), port)
    for number, line in enumerate(_text(path).split("\n"), 1):
        marker, names, key = _parse(line)
        if key is not None and marker in keys and _names(names, name):
            keys[marker].append((key, str(path), number))
    known, authorities = (tuple(key for key, _, _ in keys[marker]) for marker in ("", _AUTHORITY))
    return KnownKeys(known, authorities, tuple(keys[_REVOKED]), str(path))


def _parse(line: str) -> tuple[str, str, HostKey | None]:
    """Return marker, names and key of a line; no key for an invalid line, which ssh skips too."""
    words = line.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    if len(words) < 3 or words[0].startswith("#"):
        return "", "", None
    try:
        return marker, words[0], HostKey(words[1], base64.b64decode(words[2], validate=True))
    except (binascii.Error, ValueError):
        return "", "", None


def _names(names: str, name: str) -> bool:
    """Return whether the names of a line, patterns and hashes among them, match those of a server."""
    if names.startswith("|"):
        return _is_hash_of(names, name)
    found = False
    for pattern in names.lower().split(","):
        # A bracket is no set of characters in these patterns, only the star and the question mark count.
        plain = pattern.lstrip("!").replace("[", "[[]")
        if fnmatch.fnmatchcase(name, plain):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _is_hash_of(names: str, name: str) -> bool:
    """Return a hashed name: `|1|salt|HMAC-SHA1(salt, name)`, both in base64."""
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except binascii.Error:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode("utf-8"), "sha1").digest(), digest)


def _text(path: Path) -> str:
    return (read_if_there(path, _LIMIT) or b"").decode("utf-8", "surrogateescape")
