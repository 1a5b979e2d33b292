"""A folder that cannot hang the program: calls that may hang go to a worker process.

A folder on a local disk is used directly.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple
from types import MappingProxyType

from nskeys import errors
from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.workers.pool import Interrupted, NoAnswer, Workers
from nskeys.destinations.workers.protocol import Message
from nskeys.errors import Cancelled, DestinationUnreachable, NskeysError
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Listed, Listing

_ERRORS: Mapping[str, type[NskeysError]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            errors.CannotCreate,
            errors.CannotRemove,
            errors.DestinationInvalid,
            errors.DestinationUnreachable,
            errors.FileUnreadable,
        )
    }
)
"""The errors that a folder raises."""

SlowMount = Callable[[str], str | None]
"""From a path to the mount along it that may hang; None where there is none."""


class TimeoutFolder:
    """ports.Destination in the folder `info.address`, an absolute path. Every call ends within
    `workers.limits`. Raises DestinationUnreachable (`no_answer`) where no answer came."""

    live = True

    def __init__(self, info: DestinationInfo, workers: Workers, slow_mount: SlowMount) -> None:
        self._info = info
        self._folder = FolderDestination(info)
        self._workers = workers
        self._slow_mount = slow_mount
        self._flushed: bool | None = None
        """As the worker last reported."""

    def where(self) -> LocatedAt:
        declared = (
            self._info.declared_elsewhere and self._info.mounted is None
        )  # nothing is looked at for it
        if declared or (mount := self._slow()) is None:
            return self._folder.where()
        location, reason, detail = self._ask(mount, "where").head
        return LocatedAt(Location(location), LocationReason(reason), detail)

    def mounted(self) -> Mounted | None:
        if (mount := self._slow()) is None:
            return self._folder.mounted()
        head = self._ask(mount, "mounted").head
        return Mounted(*head) if head else None

    def address_of(self, name: str) -> str:
        return self._folder.address_of(name)

    def check(self) -> None:
        """Raise what would keep a backup from being written there."""
        if (mount := self._slow()) is None:
            self._folder.check()
        else:
            self._flushed = bool(self._ask(mount, "check").head[0])

    def publish(self, name: str, data: bytes) -> str:
        """Publish as FolderDestination does. Without an answer the file may be there all the same; a copy
        that was not read back does not count."""
        if (mount := self._slow()) is None:
            return self._folder.publish(name, data)
        seconds = self._workers.limits.to_publish(len(data))
        used, self._flushed = self._ask(mount, "publish", seconds, data, name=name).head
        return str(used)

    def read(self, name: str, limit: int) -> bytes:
        # The file's own path, for it may be a link to another place.
        if (mount := self._slow_mount(self.address_of(name))) is None:
            return self._folder.read(name, limit)
        return self._ask(mount, "read", self._workers.limits.to_read(limit), name=name, limit=limit).body

    def listing(self) -> Listing:
        if (mount := self._slow()) is None:
            return self._folder.listing()
        return listing_in(self._ask(mount, "listing"))

    def remove(self, name: str) -> None:
        """Remove as FolderDestination does. Without an answer the file may be gone all the same."""
        if (mount := self._slow()) is None:
            self._folder.remove(name)
        else:
            self._ask(mount, "remove", self._workers.limits.to_publish(0), name=name)

    def sweep(self) -> None:
        if (mount := self._slow()) is None:
            self._folder.sweep()
        else:
            self._ask(mount, "sweep")

    def flushes(self) -> bool:
        if self._flushed is None and self._slow() is not None:
            self.check()
        return self._folder.flushes() if self._flushed is None else self._flushed

    def _slow(self) -> str | None:
        return self._slow_mount(self._info.address)

    def _ask(
        self, mount: str, operation: str, seconds: float | None = None, body: bytes = b"", **more: str | int
    ) -> Message:
        limit = self._workers.limits.look if seconds is None else seconds
        return ask_worker(self._workers, mount, self._info, operation, limit, body, **more)


def listing_in(answer: Message) -> Listing:
    """Return what a worker listed."""
    files, left_out = answer.head
    return Listing((Listed(name, size) for name, size in files), left_out)


def ask_worker(
    workers: Workers,
    mount: str,
    info: DestinationInfo,
    operation: str,
    seconds: float,
    body: bytes = b"",
    **more: str | int,
) -> Message:
    """Return a worker's answer. Raises the folder's errors, DestinationUnreachable (`no_answer`), and
    Cancelled where a person stopped waiting."""
    mounted = None if info.mounted is None else astuple(info.mounted)
    request = {"address": info.address, "declared": info.declared_elsewhere, "mounted": mounted}
    head = {"do": operation, "seconds": seconds, **request, **more}
    try:
        answer = workers.ask(mount, Message(head, body), seconds)
    except NoAnswer:
        raise DestinationUnreachable(info.address, "no_answer") from None
    except Interrupted:
        raise Cancelled from None
    if isinstance(answer.head, dict):
        raise _ERRORS[answer.head["error"]](**answer.head["fields"])
    return answer
