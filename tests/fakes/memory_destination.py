"""Backup folders in memory, with switches for what goes wrong at three in the morning."""

import posixpath
import re
import threading
from collections.abc import Callable, Sequence

from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
    HostKeyUnknown,
    NskeysError,
    ServerSecretWanted,
)
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.model.secret import SecretBytes
from nskeys.ports import Listed, Listing
from nskeys.reasons import Problem

_DISK = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK, "ext4 /dev/sda1")
_LONGEST_HANG = 30.0  # seconds; a test that forgets to let go must still end


class Place:
    """What lies at one address. The switches are plain attributes and methods of this."""

    def __init__(self, whereabouts: LocatedAt = _DISK) -> None:
        self.whereabouts = whereabouts
        self.files: dict[str, bytes] = {}
        self.left_behind: list[str] = []
        """Temporary files that a broken off backup left."""
        self.unreachable: Problem | None = None
        """A DestinationUnreachable problem; empty: it can be reached."""
        self.refuses: Problem | None = None
        """A CannotCreate problem for whatever is written; empty: it takes files."""
        self.keeps: Problem | None = None
        """A CannotRemove problem for whatever is removed; empty: it lets go of files."""
        self.live = True
        """Whether every answer looks here; False for another server."""
        self.reads = 0
        """How often a file was asked for."""
        self.asked_where = 0
        """How often it was asked where it lies."""
        self.flushes = True
        """Whether the place can be asked to flush."""
        self.barred: list[NskeysError] = []
        """What whoever comes is told first: a host key that nobody vouched for, a secret that is wanted. An
        answer to the first one takes it away."""
        self.falls_silent_after = ""
        """A name: once that is removed, nothing answers any more."""
        self._hanging: dict[str, threading.Event] = {}

    def lose(self, name: str) -> None:
        """The file is gone."""
        del self.files[name]

    def corrupt(self, name: str) -> None:
        """One bit in the middle of the file flips."""
        data = bytearray(self.files[name])
        data[len(data) // 2] ^= 1
        self.files[name] = bytes(data)

    def hang(self, name: str) -> threading.Event:
        """Reading the file takes until the returned event is set."""
        return self._hanging.setdefault(name, threading.Event())

    def wait(self, name: str) -> None:
        """What a reader does before it gets an answer."""
        event = self._hanging.get(name)
        if event is not None:
            event.wait(_LONGEST_HANG)


class MemoryDestination:
    """ports.Destination at a Place."""

    def __init__(self, info: DestinationInfo, place: Place | None = None) -> None:
        self.info = info
        self.place = place or Place()

    @property
    def live(self) -> bool:
        return self.place.live

    def where(self) -> LocatedAt:
        self.place.asked_where += 1
        if self.info.declared_elsewhere:
            words = self.info.declared_elsewhere
            return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
        if self.place.barred:
            raise self.place.barred[0]
        return self.place.whereabouts

    def mounted(self) -> Mounted | None:
        return None

    def address_of(self, name: str) -> str:
        return posixpath.join(self.info.address, name)

    def check(self) -> None:
        self._reach()
        if self.place.refuses:
            raise CannotCreate(self.info.address, self.place.refuses)

    def publish(self, name: str, data: bytes) -> str:
        self.check()
        stem, dot, suffix = name.rpartition(".")
        taken, number = name, 1
        while taken in self.place.files:
            number += 1
            taken = f"{stem}-{number}{dot}{suffix}"
        self.place.files[taken] = data
        return taken

    def read(self, name: str, limit: int) -> bytes:
        self.place.reads += 1
        self._reach()
        self.place.wait(name)
        if name not in self.place.files:
            raise FileUnreadable(self.address_of(name), Problem.MISSING)
        data = self.place.files[name]
        if len(data) > limit:
            raise FileUnreadable(self.address_of(name), Problem.TOO_LARGE)
        return data

    def beginning(self, name: str, size: int) -> bytes:
        return self.read(name, 1 << 30)[:size]

    def listing(self) -> Listing:
        self._reach()
        names = [name for name in self.place.files if name.endswith((".zip", ".kms"))]
        plain = [name for name in names if name.isprintable() and "/" not in name and "\\" not in name]
        ordered = sorted(plain, key=_age, reverse=True)
        files = (Listed(name, len(self.place.files[name])) for name in ordered)
        return Listing(files, len(names) - len(plain))

    def remove(self, name: str) -> None:
        self._reach()
        if self.place.keeps:
            raise CannotRemove(self.address_of(name), self.place.keeps)
        if self.place.files.pop(name, None) is None:
            raise FileUnreadable(self.address_of(name), Problem.MISSING)
        if name == self.place.falls_silent_after:
            self.place.unreachable = Problem.NO_ANSWER
            self._reach()

    def sweep(self) -> None:
        self.place.left_behind.clear()

    def flushes(self) -> bool:
        return self.place.flushes

    def _reach(self) -> None:
        if self.place.barred:
            raise self.place.barred[0]
        if self.place.unreachable:
            raise DestinationUnreachable(self.info.address, self.place.unreachable)


class MemoryDestinations:
    """ports.Destinations. An address nobody made is well-formed but not there (`missing_folder`)."""

    def __init__(self, declared: Callable[[], Sequence[DestinationInfo]] = tuple) -> None:
        self._declared = declared
        self.places: dict[str, Place] = {}
        self.trusted: list[HostKeyUnknown] = []
        self.given: dict[tuple[str, str], str] = {}
        self.interrupted = 0

    def make(self, address: str, whereabouts: LocatedAt = _DISK) -> Place:
        """A folder at this address."""
        return self.places.setdefault(self.normal(address), Place(whereabouts))

    def at(self, destination: DestinationInfo) -> MemoryDestination:
        address = self.normal(destination.address)
        words = destination.declared_elsewhere or self.configured(address).declared_elsewhere
        place = self.places.get(address)
        if place is None:
            place = Place()
            place.unreachable = Problem.MISSING_FOLDER
        return MemoryDestination(DestinationInfo(address, words), place)

    def source(self, address: str) -> tuple[MemoryDestination, str]:
        folder, name = self.split(address)
        return self.at(DestinationInfo(folder)), name

    def split(self, address: str) -> tuple[str, str]:
        folder, name = posixpath.split(self.normal(address))
        if not name:
            raise DestinationInvalid(address, Problem.NO_FILE)
        return folder, name

    def normal(self, address: str) -> str:
        if not address:
            raise DestinationInvalid(address, Problem.EMPTY)
        if "\0" in address or address.encode("utf-8", "replace").decode("utf-8") != address:
            raise DestinationInvalid(address, Problem.NOT_UTF8)
        if match := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", address):
            if match[1].lower() != "file":
                raise DestinationInvalid(address, Problem.UNKNOWN_SCHEME)
            address = address[match.end() :]
        return "/" + posixpath.normpath(posixpath.join("/root", address)).lstrip("/")

    def trust(self, server: HostKeyUnknown) -> None:
        self.trusted.append(server)
        self._answered(HostKeyUnknown)

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        self.given[wanted.wanted, wanted.subject] = secret.text()
        self._answered(ServerSecretWanted)

    def _answered(self, kind: type[NskeysError]) -> None:
        for place in self.places.values():
            if place.barred and isinstance(place.barred[0], kind):
                place.barred.pop(0)

    def interrupt(self) -> None:
        self.interrupted += 1

    def close(self) -> None:
        pass

    def configured(self, address: str) -> DestinationInfo:
        normal = self.normal(address)
        known = (info for info in self._declared() if self.is_at(info, normal))
        return next(known, DestinationInfo(normal))

    def is_at(self, known: DestinationInfo, normal: str) -> bool:
        try:
            return self.normal(known.address) == normal
        except DestinationInvalid:
            return known.address == normal


def _age(name: str) -> tuple[str, int, str]:
    stamp = re.search(r"\d{8}T\d{6}Z", name)
    number = re.search(r"Z-(\d+)\.", name)
    return (stamp[0] if stamp else "", int(number[1]) if number else 1, name)
