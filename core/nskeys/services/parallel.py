"""Looks at several places at the same time, so that one that does not answer holds up no other."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

from nskeys.threads import in_a_thread

T = TypeVar("T")


def as_completed(jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
    """The number and the value of each look, as soon as it is there; an error of a look is raised.

    For reading alone: whoever stops asking leaves the rest of the looks to themselves, in threads that
    nobody waits for. A single look needs none."""
    if len(jobs) == 1:
        yield 0, jobs[0]()
        return
    done: SimpleQueue[Future[T]] = SimpleQueue()
    numbers = {in_a_thread(job): number for number, job in enumerate(jobs)}
    for future in numbers:
        future.add_done_callback(done.put)
    for _ in jobs:
        future = done.get()
        yield numbers[future], future.result()


def in_parallel(jobs: Sequence[Callable[[], T]]) -> tuple[T, ...]:
    """The value of each look, in their order."""
    found = dict(as_completed(jobs))
    return tuple(found[number] for number in range(len(jobs)))
