"""Addresses of names, asked of the system in a thread that nobody waits for longer than they want to: a
look at a name can take minutes while the network is down."""

import socket
import threading
import time
from concurrent.futures import Future
from typing import Any

_KEPT = 60.0
"""Seconds that an answer, or none, holds for `addresses_of`."""
_answers: dict[str, tuple[float, tuple[str, ...]]] = {}


def looked_up(host: str, port: int = 0) -> "Future[list[Any]]":
    """What `socket.getaddrinfo` gives for stream sockets, or raises."""
    future: Future[list[Any]] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as error:  # noqa: BLE001  # whoever awaits the future gets it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def addresses_of(host: str, seconds: float) -> tuple[str, ...]:
    """The addresses of a name; none where nobody knows them, or says so in time."""
    moment, known = _answers.get(host, (-_KEPT, ()))
    if time.monotonic() - moment < _KEPT:
        return known
    try:
        known = tuple(str(place[0]) for *_, place in looked_up(host).result(seconds))
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        known = ()
    _answers[host] = (time.monotonic(), known)
    return known
