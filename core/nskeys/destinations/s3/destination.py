"""Buckets as destinations: every call goes to a worker process.

A call that hangs ends with its worker, and neither the library nor the login is ever in the program's
memory.
"""

from collections.abc import Mapping
from typing import Any

from nskeys.destinations.s3.address import S3Address, parse
from nskeys.destinations.workers.pool import Workers
from nskeys.destinations.workers.protocol import Message
from nskeys.destinations.workers.proxy import Asked, WorkerDestination
from nskeys.errors import DestinationUnreachable
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Destination
from nskeys.reasons import Problem


class S3Scheme:
    """Understands `s3://` addresses, as `resolver.Scheme` wants it."""

    def __init__(self, workers: Workers | None = None) -> None:
        self._workers = workers or Workers()

    def parse(self, address: str) -> S3Address:
        """DestinationInvalid, which repeats nothing that may be a key."""
        return parse(address)

    def at(self, address: S3Address, info: DestinationInfo) -> Destination:
        """Return the bucket and prefix at an address."""
        return S3Destination(info, address, self._workers)

    def split(self, address: S3Address) -> tuple[S3Address, str]:
        """Return the prefix's address and the name of a file."""
        return address.split()

    def interrupt(self) -> None:
        self._workers.interrupt()

    def close(self) -> None:
        self._workers.close()


class S3Destination(WorkerDestination):
    """ports.Destination: s3.bucket.S3Bucket, asked through a worker."""

    live = False
    remove = Asked(Destination.remove)  # within a look: nothing is synced here

    def __init__(self, info: DestinationInfo, address: S3Address, workers: Workers) -> None:
        self._address = address
        super().__init__(info, workers)

    def where(self) -> LocatedAt:
        """Return where the endpoint lies, looked at now; declarations do not apply."""
        if words := self._info.declared_elsewhere:
            return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
        return super().where()

    def mounted(self) -> Mounted | None:
        """Return None: it is not a folder of this machine."""
        return None

    def address_of(self, name: str) -> str:
        return str(self._address.file(name))

    def sweep(self) -> None:
        """Do nothing: an interrupted upload leaves no object."""

    def flushes(self) -> bool:
        """Return True: a bucket's server acknowledges only what it has stored."""
        return True

    def waits_for(self, method: str, told: Mapping[str, Any]) -> str:
        """The server, whatever bucket and login are asked of it."""
        del method
        if "name" in told:
            self.address_of(told["name"])
        return f"s3://{self._address.endpoint or self._address.region or self._address.bucket}"

    def ask(self, mount: str, method: str, seconds: float, told: Mapping[str, Any]) -> Message:
        """A worker's answer; a server that gave none is not asked again at once."""
        try:
            return super().ask(mount, method, seconds, told)
        except DestinationUnreachable as error:
            if error.problem is Problem.NO_ANSWER:
                self._workers.leave_alone(mount)
            raise
