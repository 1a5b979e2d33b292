"""From addresses to destinations. A new scheme is one file beside this one and one line in `_SCHEMES`."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from nskeys.destinations.bounded_folder import BoundedFolder, SlowMount, asked
from nskeys.destinations.slow_mounts import slow_mount
from nskeys.destinations.workers import Workers
from nskeys.errors import DestinationInvalid, DestinationUnreachable
from nskeys.model.places import DestinationInfo
from nskeys.ports import Destination

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class AllDestinations:
    """ports.Destinations. `declared` gives the configured destinations, whose declarations hold for
    every way their address is written."""

    def __init__(
        self,
        declared: Callable[[], Sequence[DestinationInfo]],
        workers: Workers | None = None,
        slow: SlowMount = slow_mount,
    ) -> None:
        self._declared = declared
        self._workers = workers or Workers()
        self._slow = slow

    def at(self, destination: DestinationInfo) -> Destination:
        """The destination at an address; DestinationInvalid."""
        address = self.normal(destination.address)
        words = destination.declared_elsewhere or self._words_for(address)
        return BoundedFolder(DestinationInfo(address, words), self._workers, self._slow)

    def source(self, address: str) -> tuple[Destination, str]:
        """The destination and file name behind a file's full address; DestinationInvalid."""
        folder, name = os.path.split(self.normal(address))
        if not name:
            raise DestinationInvalid(address, "no_file")
        return self.at(DestinationInfo(folder)), name

    def normal(self, address: str) -> str:
        """The one spelling of a destination's address (absolute, links kept). DestinationInvalid
        (`empty`, `not_text`, `unknown_scheme`, `other_host`, `unknown_user`, `relative`), and
        DestinationUnreachable (`no_answer`) for `..` behind a mount that does not answer."""
        if not address:
            raise DestinationInvalid(address, "empty")
        if "\0" in address or not _is_text(address):
            raise DestinationInvalid(_shown(address), "not_text")
        scheme = _SCHEME.match(address)
        if scheme is None:
            return _absolute(address, self._resolved)
        understand = _SCHEMES.get(scheme[1].lower())
        if understand is None:
            raise DestinationInvalid(address, "unknown_scheme")
        return understand(address, address[scheme.end() :], self._resolved)

    def close(self) -> None:
        """End what still looks at a place that does not answer."""
        self._workers.close()

    def _resolved(self, path: str) -> str:
        """An absolute path without links and dots."""
        if (mount := self._slow(path)) is None:
            return os.path.realpath(path)
        info, seconds = DestinationInfo(path), self._workers.limits.look
        return str(asked(self._workers, mount, info, "resolve", seconds).head[0])

    def _words_for(self, address: str) -> str:
        for info in self._declared():
            if info.declared_elsewhere and self._is_at(info, address):
                return info.declared_elsewhere
        return ""

    def _is_at(self, info: DestinationInfo, address: str) -> bool:
        try:
            return self.normal(info.address) == address
        except (DestinationInvalid, DestinationUnreachable):
            return False  # a scheme that only a newer version knows, or dots behind a dead mount


_Resolve = Callable[[str], str]


def _file_url(address: str, rest: str, resolve: _Resolve) -> str:
    """The path of a `file://` URL (RFC 8089), which names no host but this one."""
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        raise DestinationInvalid(address, "other_host")
    try:
        decoded = unquote_to_bytes(slash + path).decode("utf-8")
    except UnicodeDecodeError:
        raise DestinationInvalid(address, "not_text") from None
    if not decoded or "\0" in decoded:
        raise DestinationInvalid(address, "not_text" if decoded else "empty")
    return _absolute(decoded, resolve)


_SCHEMES: Mapping[str, Callable[[str, str, _Resolve], str]] = MappingProxyType({"file": _file_url})


def _absolute(path: str, resolve: _Resolve) -> str:
    expanded = os.path.expanduser(path)  # noqa: PTH111  # Path raises where this leaves it alone
    if expanded.startswith("~"):
        raise DestinationInvalid(path, "unknown_user")
    whole = Path(expanded)
    try:
        whole = whole if whole.is_absolute() else Path.cwd() / whole
    except FileNotFoundError:
        raise DestinationInvalid(path, "relative") from None
    if ".." in whole.parts:
        # What `..` means depends on the links before it, so these are resolved, and only then.
        name = "" if whole.name == ".." else whole.name
        whole = Path(resolve(str(whole.parent if name else whole))) / name
    return "/" + str(whole).lstrip("/")


def _is_text(address: str) -> bool:
    try:
        address.encode("utf-8")
    except UnicodeEncodeError:  # bytes of an argument that were no UTF-8
        return False
    return True


def _shown(address: str) -> str:
    return address.encode("utf-8", "replace").decode("utf-8")
