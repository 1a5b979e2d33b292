"""Looks at several places at the same time, each in a thread, so that a slow one does not delay the
others."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from nskeys.threads import in_a_thread

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


def as_completed(jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
    """Yield the number and the value of each job as soon as it is done; raises a job's error. For reading
    alone: the jobs of a caller that stops iterating run on in threads that nobody waits for. A single job
    runs in this thread."""
    if len(jobs) == 1:
        yield 0, jobs[0]()
        return
    from queue import SimpleQueue

    done: SimpleQueue[Future[T]] = SimpleQueue()
    numbers = {in_a_thread(job): number for number, job in enumerate(jobs)}
    for future in numbers:
        future.add_done_callback(done.put)
    for _ in jobs:
        future = done.get()
        yield numbers[future], future.result()


def in_parallel(jobs: Sequence[Callable[[], T]]) -> tuple[T, ...]:
    """Return the value of each job, in their order."""
    found = dict(as_completed(jobs))
    return tuple(found[number] for number in range(len(jobs)))
