"""One connection to an SSH server with its own event loop. asyncio is imported with this module, when a
server is first used."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nskeys.destinations.ssh.address import Login
from nskeys.destinations.ssh.context import LoginContext
from nskeys.destinations.ssh.sftp_connection import SftpConnection
from nskeys.errors import Cancelled
from nskeys.threads import in_a_thread

T = TypeVar("T")


@dataclass(eq=False)
class SshConnection:
    """One connection and its event loop. For one thread at a time, except `interrupt`."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    sftp: SftpConnection | None = None
    since: float = 0.0
    _work: "asyncio.Task[Any] | None" = None
    _interrupted: bool = False

    def __post_init__(self) -> None:
        # What breaks off in the background was told to whoever waited; the default prints it.
        self.loop.set_exception_handler(_nobody_told)

    def connect(self, context: LoginContext, login: Login) -> None:
        self.sftp = self._until_done(SftpConnection.open(context, login))

    def run(self, question: Callable[[SftpConnection], Coroutine[Any, Any, T]], seconds: float) -> T:
        """Return the answer. Raises TimeoutError after so many seconds."""
        if self.sftp is None:
            raise ValueError("not connected")
        return self._until_done(_within(seconds, question(self.sftp)))

    def is_reusable_after(self, error: BaseException) -> bool:
        """Return whether the connection can be used again after an error: the server refused something, and
        no call is pending."""
        return self.sftp is not None and not self._interrupted and self.sftp.is_reusable_after(error)

    def interrupt(self) -> None:
        """End the wait, from another thread or a signal handler."""
        self._interrupted = True
        if self._work is not None:
            with suppress(RuntimeError):  # the loop ended meanwhile
                self.loop.call_soon_threadsafe(self._work.cancel)

    def close(self) -> None:
        """Close the connection without waiting for the server."""
        if self.sftp is not None:
            self.sftp.abort()
        _complete(self.loop, _settled(self.loop))
        self.loop.close()

    def _until_done(self, work: Coroutine[Any, Any, T]) -> T:
        task = self._work = self.loop.create_task(work)
        if self._interrupted:
            task.cancel()
        try:
            value: T = _complete(self.loop, _result_of(task))
            return value
        except asyncio.CancelledError:
            raise Cancelled from None
        finally:
            self._work = None


def _complete(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run the loop until this is done: in this thread, unless another loop runs in it, as the app's does
    when it ends."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        value: T = loop.run_until_complete(work)
        return value
    return in_a_thread(lambda: loop.run_until_complete(work)).result()


async def _result_of(task: "asyncio.Task[T]") -> T:
    return await task


def _nobody_told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop, context


async def _within(seconds: float, question: Coroutine[Any, Any, T]) -> T:
    async with asyncio.timeout(seconds):
        return await question


async def _settled(loop: asyncio.AbstractEventLoop) -> None:
    """Wait shortly for pending tasks, then cancel them."""
    for _ in range(3):
        await asyncio.sleep(0)
    pending = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
