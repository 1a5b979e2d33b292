"""Buckets as destinations: every call goes to a worker process.

A call that hangs ends with its worker, and neither the library nor the login is ever in the program's
memory.
"""

from nskeys.destinations.local.timeout_folder import ask_worker, listing_in
from nskeys.destinations.s3.address import S3Address, parse
from nskeys.destinations.workers.pool import Workers
from nskeys.destinations.workers.protocol import Message
from nskeys.errors import DestinationUnreachable
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Destination, Listing


class S3Scheme:
    """resolver.Scheme of `s3://`."""

    def __init__(self, workers: Workers | None = None) -> None:
        self._workers = workers or Workers()

    def parse(self, address: str) -> S3Address:
        """Parse an address. Raises DestinationInvalid, which repeats nothing that may be a key."""
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


class S3Destination:
    """ports.Destination: `s3.bucket.S3Bucket` in a worker process. Raises DestinationUnreachable
    (`no_answer`) where no answer came in time."""

    live = False

    def __init__(self, info: DestinationInfo, address: S3Address, workers: Workers) -> None:
        self._info = info
        self._address = address
        self._workers = workers

    def where(self) -> LocatedAt:
        """Return where the endpoint lies, looked at now; declarations do not apply."""
        if words := self._info.declared_elsewhere:
            return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
        location, reason, detail = self._ask("where").head
        return LocatedAt(Location(location), LocationReason(reason), detail)

    def mounted(self) -> Mounted | None:
        """Return None: it is not a folder of this machine."""
        return None

    def address_of(self, name: str) -> str:
        return str(self._address.file(name))

    def check(self) -> None:
        """Raise what would keep a backup from being put there."""
        self._ask("check")

    def publish(self, name: str, data: bytes) -> str:
        """Put an object under a free name. Without an answer it may be there all the same; a copy that was
        not read back does not count."""
        self._address.file(name)
        seconds = self._workers.limits.to_publish(len(data))
        return str(self._ask("publish", seconds, data, name=name).head[0])

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole object, asked for anew."""
        self._address.file(name)
        return self._ask("read", self._workers.limits.to_read(limit), name=name, limit=limit).body

    def listing(self) -> Listing:
        return listing_in(self._ask("listing"))

    def remove(self, name: str) -> None:
        """Remove an object. Without an answer it may be gone all the same."""
        self._address.file(name)
        self._ask("remove", name=name)

    def sweep(self) -> None:
        """Do nothing: an interrupted upload leaves no object."""

    def flushes(self) -> bool:
        """Return True: a bucket's server acknowledges only what it has stored."""
        return True

    def _ask(
        self, operation: str, seconds: float | None = None, body: bytes = b"", **more: str | int
    ) -> Message:
        limit = self._workers.limits.look if seconds is None else seconds
        # What does not answer is the server, whatever bucket and login are asked of it.
        server = f"s3://{self._address.endpoint or self._address.region or self._address.bucket}"
        try:
            return ask_worker(self._workers, server, self._info, operation, limit, body, **more)
        except DestinationUnreachable as error:
            if error.problem == "no_answer":
                self._workers.leave_alone(server)
            raise
