"""Reading a folder on a server, over an open SFTP connection.

Servers of other systems send permissions without the bits for the kind of a file, or none at all. There a
folder is what can be opened as one, and everything else with a size is a file.
"""

import asyncio
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from typing import TypeVar

import asyncssh

from nskeys.destinations.backup_names import is_backup, is_plain, listing_of
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.destinations.ssh.sftp_connection import SftpConnection
from nskeys.errors import DestinationUnreachable, FileUnreadable
from nskeys.ports import Listed, Listing
from nskeys.reasons import Problem

T = TypeVar("T")

PIECE = 256 << 10
_MOST_ENTRIES = 100_000
"""Files that a folder is looked through for; a hostile server could name them without end."""
_AT_ONCE = 32
"""Calls of one kind that are made before the first answer is there."""


class SftpReader:
    """The folder at `address`, read only. Every call has a timeout of `connection.answer` seconds."""

    def __init__(self, connection: SftpConnection, address: SftpAddress) -> None:
        self._connection = connection
        self._sftp = connection.sftp
        self._address = address

    async def peer(self) -> str:
        """The address that the server answers from."""
        return self._connection.peer

    async def read(self, name: str, limit: int) -> bytes:
        """A whole file, through a handle of its own; FileUnreadable, DestinationUnreachable."""
        data = await self._beginning(name, limit + 1, limit)
        if len(data) > limit:
            raise FileUnreadable(str(self._address.file(name)), Problem.TOO_LARGE)
        return data

    async def beginning(self, name: str, size: int) -> bytes:
        """The first bytes of a file; FileUnreadable, DestinationUnreachable."""
        return await self._beginning(name, size, None)

    async def _beginning(self, name: str, size: int, limit: int | None) -> bytes:
        """The first bytes of a file, of which nothing is read where it is larger than the limit."""
        path, full = self._path(name), str(self._address.file(name))
        try:
            there = await self._size(path, full)
            if limit is not None and there > limit:
                raise FileUnreadable(full, Problem.TOO_LARGE)
            return await self._content(path, size)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self._reach()
            raise FileUnreadable(full, Problem.MISSING) from None
        except asyncssh.SFTPPermissionDenied:
            raise FileUnreadable(full, Problem.NOT_PERMITTED) from None
        except asyncssh.SFTPError as error:
            raise unless_lost(error, FileUnreadable(full, Problem.READ_FAILED)) from None

    async def listing(self) -> Listing:
        """The `.zip` and `.kms` files there, newest name first, without empty ones."""
        await self._reach()
        found = [(name, about) async for name, about in self._entries() if is_backup(name) and about.size]
        plain = await self._files_among([item for item in found if is_plain(item[0])])
        odd = [item for item in found if not is_plain(item[0])]  # left out and counted, never asked about
        return listing_of(Listed(name, about.size or 0) for name, about in (*plain, *odd))

    async def _reach(self) -> None:
        """DestinationUnreachable unless there is a folder."""
        try:
            about = await self._asked(self._sftp.stat(self._address.remote))
            kind = _kind(about)
            is_folder = stat.S_ISDIR(kind) if kind else await self._opens_as_folder(self._address.remote)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise DestinationUnreachable(str(self._address), Problem.MISSING_FOLDER) from None
        except asyncssh.SFTPPermissionDenied:
            raise DestinationUnreachable(str(self._address), Problem.NOT_PERMITTED) from None
        except asyncssh.SFTPError as error:
            raise unless_lost(error, DestinationUnreachable(str(self._address), Problem.GONE)) from None
        if not is_folder:
            raise DestinationUnreachable(str(self._address), Problem.NOT_A_FOLDER)

    async def _size(self, path: str, full: str) -> int:
        """Of a regular file: nothing else is opened, for a pipe would keep the server waiting."""
        about = await self._asked(self._sftp.stat(path))
        if not await self._is_file(path, about):
            raise FileUnreadable(full, Problem.NOT_A_FILE)
        return about.size or 0

    async def _is_file(self, path: str, about: asyncssh.SFTPAttrs) -> bool:
        if kind := _kind(about):
            return stat.S_ISREG(kind)
        try:
            return not await self._opens_as_folder(path)
        except asyncssh.SFTPPermissionDenied:
            return True  # so do some servers answer for a file

    async def _opens_as_folder(self, path: str) -> bool:
        entries = self._sftp.scandir(path.encode("utf-8"))
        try:
            await self._asked(anext(entries, None))
        except asyncssh.SFTPPermissionDenied:
            raise
        except asyncssh.SFTPError as error:
            unless_lost(error, error)
            return False
        finally:
            if isinstance(entries, AsyncGenerator):
                await self._asked(entries.aclose())
        return True

    async def _files_among(
        self, found: Sequence[tuple[str, asyncssh.SFTPAttrs]]
    ) -> list[tuple[str, asyncssh.SFTPAttrs]]:
        """Those that are files. Side by side, for where kinds are not told each takes a question."""
        kept = []
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            are = await asyncio.gather(*(self._is_file(self._path(name), about) for name, about in some))
            kept += [item for item, is_file in zip(some, are, strict=True) if is_file]
        return kept

    async def _content(self, path: str, size: int) -> bytes:
        """Up to `size` bytes."""
        data = bytearray()
        async with await self._asked(self._sftp.open(path, "rb")) as file:
            while len(data) < size:
                piece = await self._asked(file.read(min(PIECE, size - len(data)), len(data)))
                if not piece:
                    break
                data += piece if isinstance(piece, bytes) else piece.encode("utf-8")
        return bytes(data)

    async def _size_there(self, path: str) -> int | None:
        """The size of what has a name, links not followed; None where nothing has it. "Failure" is how some
        servers say so; they refuse what would take a name that is taken all the same."""
        try:
            about = await self._asked(self._sftp.lstat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPFailure):
            return None
        return about.size or 0

    async def _entries(self) -> AsyncIterator[tuple[str, asyncssh.SFTPAttrs]]:
        """Every name, whatever it is, with what is known of it; bytes that are no text as Python's."""
        folder = self._address.remote.encode("utf-8")
        entries = aiter(self._sftp.scandir(folder))
        for _ in range(_MOST_ENTRIES):
            try:
                entry = await self._asked(anext(entries))
            except StopAsyncIteration:
                return
            name = entry.filename
            yield (name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")), entry.attrs

    def _path(self, name: str) -> str:
        return f"{self._address.remote.rstrip('/')}/{name}"

    async def _asked(self, question: Awaitable[T]) -> T:
        """The answer to one question. TimeoutError."""
        async with asyncio.timeout(self._connection.answer):
            return await question


E = TypeVar("E", bound=Exception)


def unless_lost(error: asyncssh.SFTPError, otherwise: E) -> E:
    """What a refusal means; raises it as it is where it is none, but the end of the connection."""
    if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
        raise error
    return otherwise


def _kind(about: asyncssh.SFTPAttrs) -> int:
    """The bits for the kind of a file; 0 where the server does not send them."""
    return stat.S_IFMT(about.permissions or 0)
