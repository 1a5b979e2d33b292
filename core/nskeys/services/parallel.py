"""Looks at several places at the same time, so that one that does not answer holds up no other."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_Done = SimpleQueue[tuple[int, Future[T]]]


def as_completed(jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
    """The number and the value of each look, as soon as it is there; an error of a look is raised.

    For reading alone: whoever stops asking leaves the rest of the looks to themselves, in threads that
    nobody waits for. A single look needs none."""
    if len(jobs) == 1:
        yield 0, jobs[0]()
        return
    done: _Done[T] = SimpleQueue()
    for number, job in enumerate(jobs):
        Thread(target=_run, args=(number, job, done), daemon=True).start()
    for _ in jobs:
        number, future = done.get()
        yield number, future.result()


def in_parallel(jobs: Sequence[Callable[[], T]]) -> tuple[T, ...]:
    """The value of each look, in their order."""
    found = dict(as_completed(jobs))
    return tuple(found[number] for number in range(len(jobs)))


def _run(number: int, job: Callable[[], T], done: _Done[T]) -> None:
    future: Future[T] = Future()
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001  # whoever asked gets it, bugs too
        future.set_exception(error)
    done.put((number, future))
