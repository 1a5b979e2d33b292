"""A call in a thread that nobody waits for when the program leaves: what asks a dead server or a dead mount
must stop neither the keyboard nor the way out.
"""

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


def in_a_thread(call: Callable[[], T]) -> "Future[T]":
    """Begin the call; its value, or the error that ended it, comes with the future. It may be broken off at
    any moment, so it is for reading, or for what a killed program leaves in order."""
    from concurrent.futures import Future  # with `logging`: not before somebody waits for something

    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on nobody can cancel it under the thread's feet

    def run() -> None:
        try:
            value = call()
        except BaseException as error:  # noqa: BLE001  # whoever awaits the future gets it, bugs too
            future.set_exception(error)
        else:
            future.set_result(value)

    Thread(target=run, daemon=True).start()
    return future
