"""Addresses of folders: paths as a shell writes them, and `file://` URLs (RFC 8089)."""

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

from nskeys.destinations.local.slow_mounts import slow_mount
from nskeys.destinations.local.timeout_folder import SlowMount, TimeoutFolder
from nskeys.destinations.workers.pool import Workers
from nskeys.destinations.workers.proxy import ask_worker
from nskeys.errors import DestinationInvalid
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Destination
from nskeys.reasons import Problem

_FILE = re.compile(r"file://", re.IGNORECASE)


class FolderScheme:
    """resolver.Scheme of every path; its canonical form has no scheme in front."""

    def __init__(self, workers: Workers | None = None, slow: SlowMount = slow_mount) -> None:
        self._workers = workers or Workers()
        self._slow = slow

    def parse(self, address: str) -> str:
        """Return the absolute path, links kept. Raises DestinationInvalid (`empty`, `not_text`,
        `other_host`, `unknown_user`, `relative`), and DestinationUnreachable (`no_answer`) for `..` behind
        a mount that does not answer."""
        url = _FILE.match(address)
        return self._absolute(_path_in(address, address[url.end() :]) if url else address)

    def at(self, address: str, info: DestinationInfo) -> Destination:
        """Return the folder at a path."""
        del address  # it is the one in `info`
        return TimeoutFolder(info, self._workers, self._slow)

    def split(self, address: str) -> tuple[str, str]:
        """Return the folder and the name of a file."""
        return os.path.split(address)

    def interrupt(self) -> None:
        self._workers.interrupt()

    def close(self) -> None:
        self._workers.close()

    def _absolute(self, path: str) -> str:
        expanded = os.path.expanduser(path)  # noqa: PTH111  # Path raises where this leaves it alone
        if expanded.startswith("~"):
            raise DestinationInvalid(path, Problem.UNKNOWN_USER)
        whole = Path(expanded)
        try:
            whole = whole if whole.is_absolute() else Path.cwd() / whole
        except OSError:  # the folder that one stands in was removed
            raise DestinationInvalid(path, Problem.RELATIVE) from None
        if ".." in whole.parts:
            # What `..` means depends on the links before it, so these are resolved, and only then.
            name = "" if whole.name == ".." else whole.name
            whole = Path(self._resolved(str(whole.parent if name else whole))) / name
        return "/" + str(whole).lstrip("/")

    def _resolved(self, path: str) -> str:
        """Return an absolute path without links and dots."""
        if (mount := self._slow(path)) is None:
            return os.path.realpath(path)
        info, seconds = DestinationInfo(path), self._workers.limits.look
        return str(ask_worker(self._workers, mount, info, "resolve", seconds).head[0])


def _path_in(address: str, rest: str) -> str:
    """Return the path of a `file://` URL, which may name no host but this one."""
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        raise DestinationInvalid(address, Problem.OTHER_HOST)
    decoded = os.fsdecode(unquote_to_bytes(os.fsencode(slash + path)))
    if not decoded or "\0" in decoded:
        raise DestinationInvalid(address, Problem.NOT_UTF8 if decoded else Problem.EMPTY)
    # An absolute path, so that no tilde in it is anybody's home.
    return decoded
