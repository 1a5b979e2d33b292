"""Sending one archive to its destinations at the same time: published, read back, compared, opened.

Each destination has a thread of its own, so one that does not answer does not delay the others, and each
outcome is reported as soon as it is known.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import Any, Generic, TypeAlias, TypeVar

from nskeys.errors import (
    BackupNotProven,
    Cancelled,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
)
from nskeys.model.destinations import DestinationInfo, LocatedAt
from nskeys.ports import Destination, Destinations, Progress, Stage
from nskeys.reasons import AnyProblem, Problem
from nskeys.threads import in_a_thread

Proved = TypeVar("Proved")
Proves: TypeAlias = Callable[[str, bytes], Proved]
"""Takes an address and what was read back from there, equal to what was written; opens it with a second,
independent reader, and returns what is known of it then. Raises BackupNotProven, or what is wrong with
it."""

_POLL_S = 0.2
"""Seconds between two looks at whether a person wants to stop, while no place has news."""
_CANCEL_TIMEOUT_S = 3.0
"""Seconds that a place which has the whole file is given to prove it, once a person wants to stop."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[Proved]):
    """A copy that was proven: its file name and address, where that is, what was found on reading it back,
    and whether it was flushed to the medium before."""

    name: str
    address: str
    where: LocatedAt
    found: Proved
    flushed: bool = True


def upload(
    place: Destination, name: str, data: bytes, proves: Proves[Proved], told: Callable[[Stage], None]
) -> Stored[Proved]:
    """Publish the archive under `name`, or a free name like it; read it back, compare every byte and open
    it. Raises what keeps it from being written as it is; after that BackupNotProven, with the address of
    the file that is no backup."""
    place.sweep()
    told(Stage.WRITING)
    used = place.publish(name, data)
    address = place.address_of(used)
    try:
        told(Stage.READING_BACK)
        if _read_back(place, used, len(data)) != data:
            raise BackupNotProven(address, Problem.DIFFERS)
        told(Stage.OPENING)
        # The second reader opens the bytes that were read back; equal plaintext there, and equal bytes
        # here, is what "opened" means.
        found = proves(address, data)
        return Stored(used, address, place.where(), found, place.flushes())
    except NskeysError as error:
        raise BackupNotProven(address, _problem(error)) from None


def _read_back(place: Destination, name: str, size: int) -> bytes | None:
    """Return what lies there; None where it is longer than `size` bytes. Reading stops there, so a server
    that sends without end is not read for ever."""
    try:
        return place.read(name, size)
    except FileUnreadable as error:
        if error.problem is Problem.TOO_LARGE:
            return None
        raise


@dataclass(frozen=True, slots=True)
class Failed:
    """A destination that got no copy, and why. `left` is the address of a file that may lie there all the
    same, and is no backup; empty where there is none."""

    error: NskeysError
    left: str = ""


CopyOutcome: TypeAlias = Stored[Proved] | Failed


@dataclass(frozen=True, slots=True)
class _News:
    """A message of a thread: it reached a stage, it is done, or it met a bug."""

    number: int
    what: Stage | Stored[Any] | Failed | BaseException


def upload_to_all(
    destinations: Destinations,
    infos: Sequence[DestinationInfo],
    name: str,
    data: bytes,
    proves: Proves[Proved],
    progress: Progress,
) -> Iterator[tuple[int, CopyOutcome[Proved]]]:
    """Yield each destination's number and outcome as soon as it is known. Where a person stops, nothing
    more is published and a destination that does not answer is given up at once, with Cancelled; one that
    has the whole file may prove it first."""
    sending = _Upload(data, name, proves)
    for number, info in enumerate(infos):
        in_a_thread(partial(sending.run, number, destinations, info))  # its messages say how it ended
    waiting: dict[int, Stage | None] = dict.fromkeys(range(len(infos)))
    several = len(infos) > 1
    if several:
        progress.stage(Stage.WRITING, len(infos))
    try:
        while waiting and (news := sending.news(progress, waiting)):
            match news.what:
                case Stage() as stage:
                    waiting[news.number] = stage
                    if several:
                        progress.place(infos[news.number].address, stage)
                    else:
                        progress.stage(stage)
                case Stored() | Failed() as outcome:
                    del waiting[news.number]
                    if several:
                        progress.advance()
                        progress.place(infos[news.number].address, None, isinstance(outcome, Failed))
                    yield news.number, outcome
                case bug:
                    raise bug
        if waiting:
            destinations.interrupt()  # threads that wait for a server stop waiting and clean up there
        for number, reached in waiting.items():
            # Its thread runs on, but whatever it still writes is not recorded as a backup.
            left = sending.may_lie_at(destinations, infos[number]) if reached else ""
            yield number, Failed(Cancelled(), left)
    finally:
        sending.stopped.set()


class _Upload:
    """What the threads of one backup share."""

    def __init__(self, data: bytes, name: str, proves: Proves[Any]) -> None:
        self._data, self._name, self._proves = data, name, proves
        self._opening = Lock()
        self._progress: SimpleQueue[_News] = SimpleQueue()
        self.stopped = Event()
        self._until: float | None = None

    def run(self, number: int, destinations: Destinations, info: DestinationInfo) -> None:
        """Send the archive in the destination's own thread."""
        try:
            place = destinations.at(info)
            news: CopyOutcome[Any] | BaseException = upload(
                place, self._name, self._data, self._prove, partial(self._reached, number)
            )
        except BackupNotProven as error:
            news = Failed(error, error.address)
        except NskeysError as error:
            news = Failed(error)
        except BaseException as error:  # noqa: BLE001  # passed to the waiting thread, which raises it
            news = error
        self._progress.put(_News(number, news))

    def news(self, progress: Progress, waiting: dict[int, Stage | None]) -> _News | None:
        """Return the next message; None once a person stopped and no destination is about to prove its
        file."""
        while self._until is None or (time.monotonic() < self._until and _all_written(waiting)):
            try:
                return self._progress.get(timeout=_POLL_S)
            except Empty:
                self._heed(progress)
        return None

    def _heed(self, progress: Progress) -> None:
        if self._until is not None:
            return
        try:
            progress.checkpoint()
        except Cancelled:
            self.stopped.set()
            self._until = time.monotonic() + _CANCEL_TIMEOUT_S

    def may_lie_at(self, destinations: Destinations, info: DestinationInfo) -> str:
        """Return the address where a destination that was given up may have got the file."""
        try:
            return destinations.at(info).address_of(self._name)
        except NskeysError:
            return info.address

    def _reached(self, number: int, stage: Stage) -> None:
        if self.stopped.is_set() and stage in (Stage.WRITING, Stage.READING_BACK):
            raise Cancelled
        self._progress.put(_News(number, stage))

    def _prove(self, address: str, data: bytes) -> Any:
        # One at a time: opening with a password takes 256 MiB, and small servers have little more.
        with self._opening:
            return self._proves(address, data)


def _all_written(waiting: dict[int, Stage | None]) -> bool:
    """Return whether a destination has the whole file and is about to prove it."""
    return any(stage in (Stage.READING_BACK, Stage.OPENING) for stage in waiting.values())


def _problem(error: NskeysError) -> AnyProblem:
    """Return why the file there is no backup."""
    if isinstance(error, BackupNotProven | FileUnreadable | DestinationUnreachable):
        return error.problem
    return Problem.DOES_NOT_OPEN
