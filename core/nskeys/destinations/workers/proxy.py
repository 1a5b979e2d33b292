"""A destination that is asked through a worker process: the methods of ports.Destination, each with the
time that its answer may take and how the answer travels. The worker calls the same methods on the real
one; so a method of the port that may hang is one line in `WorkerDestination`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from nskeys import errors
from nskeys.destinations.workers.protocol import Message
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Destination, Listed, Listing
from nskeys.reasons import AnyProblem, Problem, SystemProblem

if TYPE_CHECKING:
    from nskeys.destinations.workers.pool import TimeLimits, Workers

P = ParamSpec("P")
R = TypeVar("R")

_ERRORS: Mapping[str, type[errors.NskeysError]] = MappingProxyType(
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
"""What a folder or a bucket raises."""


def _one_value(value: Any) -> Message:
    return Message([value])


def _first(answer: Message) -> Any:
    return answer.head[0]


class Asked(Generic[P, R]):
    """A method of the port that a worker does. `seconds` is what the answer may take, a look unless
    told; `pack` and `unpack` make the value a message and a value again. One that `writes` also
    answers whether what it wrote was flushed."""

    def __init__(
        self,
        method: Callable[Concatenate[Destination, P], R],
        seconds: Callable[[TimeLimits, Mapping[str, Any]], float] = lambda limits, _: limits.look,
        pack: Callable[[R], Message] = _one_value,
        unpack: Callable[[Message], R] = _first,
        *,
        writes: bool = False,
    ) -> None:
        self.name = method.__name__
        self._parameters = method.__code__.co_varnames[1 : method.__code__.co_argcount]
        self._seconds = seconds
        self._pack = pack
        self._unpack = unpack
        self._writes = writes

    def __get__(self, place: WorkerDestination, kind: type) -> Callable[P, R]:
        """Return a method that asks this place itself, or the worker of what may keep it waiting."""

        def call(*args: P.args, **named: P.kwargs) -> R:
            told = {**dict(zip(self._parameters, args, strict=False)), **named}
            if (mount := place.waits_for(self.name, told)) is None:
                value: R = getattr(place.near, self.name)(**told)
                return value
            answer = place.ask(mount, self.name, self._seconds(place.limits, told), told)
            if self._writes:
                place.flushed = answer.head.pop()
            return self._unpack(answer)

        return call

    def answer(self, place: Destination, told: Mapping[str, Any]) -> Message:
        """In the worker: do it."""
        answer = self._pack(getattr(place, self.name)(**told))
        if self._writes:
            answer.head.append(place.flushes())
        return answer


def _packed_place(where: LocatedAt) -> Message:
    return Message(list(where))


def _place(answer: Message) -> LocatedAt:
    location, reason, detail = answer.head
    return LocatedAt(Location(location), LocationReason(reason), detail)


def _packed_mounted(mounted: Mounted | None) -> Message:
    return Message([] if mounted is None else list(mounted))


def _mounted(answer: Message) -> Mounted | None:
    return Mounted(*answer.head) if answer.head else None


def _packed_listing(listing: Listing) -> Message:
    return Message([[list(listed) for listed in listing], listing.left_out])


def _listing(answer: Message) -> Listing:
    files, left_out = answer.head
    return Listing((Listed(name, size) for name, size in files), left_out)


class WorkerDestination:
    """ports.Destination, but for `live` and `address_of`. What may hang ends within the limits, with
    DestinationUnreachable (`no_answer`) where no answer came; a file may then have been written, or be
    gone, all the same. What cannot hang is done here, by `near`."""

    where = Asked(Destination.where, pack=_packed_place, unpack=_place)
    mounted = Asked(Destination.mounted, pack=_packed_mounted, unpack=_mounted)
    check = Asked(Destination.check, writes=True)
    publish = Asked(
        Destination.publish, lambda limits, told: limits.to_publish(len(told["data"])), writes=True
    )
    read = Asked(
        Destination.read,
        lambda limits, told: limits.to_read(told["limit"]),
        lambda data: Message([], data),
        lambda answer: answer.body,
    )
    beginning = Asked(
        Destination.beginning,
        lambda limits, told: limits.to_read(told["size"]),
        lambda data: Message([], data),
        lambda answer: answer.body,
    )
    listing = Asked(Destination.listing, pack=_packed_listing, unpack=_listing)
    remove = Asked(Destination.remove, lambda limits, _: limits.to_publish(0))
    sweep = Asked(Destination.sweep)

    def __init__(self, info: DestinationInfo, workers: Workers, near: Destination | None = None) -> None:
        self._info = info
        self._workers = workers
        self.near = near
        self.limits = workers.limits
        self.flushed: bool | None = None
        """As the worker last said."""

    def flushes(self) -> bool:
        """Whether what was last written was flushed; writes something where nothing was."""
        if self.flushed is None and self.waits_for("check", {}) is not None:
            self.check()
        if self.flushed is None and self.near is not None:
            return self.near.flushes()
        return bool(self.flushed)

    def waits_for(self, method: str, told: Mapping[str, Any]) -> str | None:
        """What may keep this method from coming back, as the workers know it; None where nothing may."""
        raise NotImplementedError

    def ask(self, mount: str, method: str, seconds: float, told: Mapping[str, Any]) -> Message:
        """Return what a worker answers within `seconds`. Raises DestinationUnreachable."""
        return ask_worker(self._workers, mount, self._info, method, seconds, told)


METHODS: Mapping[str, Asked[..., Any]] = MappingProxyType(
    {name: asked for name, asked in vars(WorkerDestination).items() if isinstance(asked, Asked)}
)
"""What a worker can be asked to do, by name."""


def ask_worker(
    workers: Workers,
    mount: str,
    info: DestinationInfo,
    method: str,
    seconds: float,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> Message:
    """A worker's answer; the errors of the real destination, DestinationUnreachable (`no_answer`), and
    Cancelled where a person did not want to wait for it."""
    from nskeys.destinations.workers.pool import (  # here, for a worker needs none of it
        Interrupted,
        NoAnswer,
    )

    try:
        answer = workers.ask(mount, question(info, method, seconds, told), seconds)
    except NoAnswer:
        raise errors.DestinationUnreachable(info.address, Problem.NO_ANSWER) from None
    except Interrupted:
        raise errors.Cancelled from None
    if isinstance(answer.head, dict):
        raise _error(answer.head)
    return answer


def _error(head: Mapping[str, Any]) -> errors.NskeysError:
    """An error as it was raised there: JSON carries its problem as text."""
    fields = head["fields"]
    return _ERRORS[head["error"]](**{**fields, "problem": _problem(fields["problem"])})


def _problem(text: str) -> AnyProblem:
    try:
        return Problem(text)
    except ValueError:
        return SystemProblem(text)


def question(info: DestinationInfo, method: str, seconds: float, told: Mapping[str, Any]) -> Message:
    """A question of a method with its arguments by name, of which one may be bytes."""
    body = next((name for name, value in told.items() if isinstance(value, bytes)), None)
    return Message(
        {
            "do": method,
            "told": {name: value for name, value in told.items() if name != body},
            "body": body,
            "seconds": seconds,
            "address": info.address,
            "declared": info.declared_elsewhere,
            "mounted": None if info.mounted is None else tuple(info.mounted),
        },
        b"" if body is None else told[body],
    )
