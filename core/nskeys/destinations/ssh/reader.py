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

T = TypeVar("T")

PIECE = 256 << 10
_MOST_ENTRIES = 100_000
"""The most entries of a folder that are read; a hostile server could send them without end."""
_AT_ONCE = 32
"""How many calls are made in parallel."""


class SftpReader:
    """The folder at `address`, read only. Every call has a timeout of `connection.answer` seconds."""

    def __init__(self, connection: SftpConnection, address: SftpAddress) -> None:
        self._connection = connection
        self._sftp = connection.sftp
        self._address = address

    async def peer(self) -> str:
        """Return the address that the server answers from."""
        return self._connection.peer

    async def read(self, name: str, limit: int) -> bytes:
        """Return a whole file, through a handle of its own. Raises FileUnreadable,
        DestinationUnreachable."""
        path, full = self._path(name), str(self._address.file(name))
        try:
            size = await self._size(path, full)
            if size > limit:
                raise FileUnreadable(full, "too_large")
            data = await self._content(path, limit)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self._reach()
            raise FileUnreadable(full, "missing") from None
        except asyncssh.SFTPPermissionDenied:
            raise FileUnreadable(full, "not_permitted") from None
        except asyncssh.SFTPError as error:
            raise unless_lost(error, FileUnreadable(full, "read_failed")) from None
        if len(data) > limit:
            raise FileUnreadable(full, "too_large")
        return data

    async def listing(self) -> Listing:
        """Return the `.zip` and `.kms` files, newest name first, without empty ones."""
        await self._reach()
        found = [(name, about) async for name, about in self._entries() if is_backup(name) and about.size]
        plain = await self._files_among([item for item in found if is_plain(item[0])])
        odd = [item for item in found if not is_plain(item[0])]  # left out and counted, never asked about
        return listing_of(Listed(name, about.size or 0) for name, about in (*plain, *odd))

    async def _reach(self) -> None:
        """Raise DestinationUnreachable unless the folder exists."""
        try:
            about = await self._asked(self._sftp.stat(self._address.remote))
            kind = _kind(about)
            is_folder = stat.S_ISDIR(kind) if kind else await self._opens_as_folder(self._address.remote)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise DestinationUnreachable(str(self._address), "missing_folder") from None
        except asyncssh.SFTPPermissionDenied:
            raise DestinationUnreachable(str(self._address), "not_permitted") from None
        except asyncssh.SFTPError as error:
            raise unless_lost(error, DestinationUnreachable(str(self._address), "gone")) from None
        if not is_folder:
            raise DestinationUnreachable(str(self._address), "not_a_folder")

    async def _size(self, path: str, full: str) -> int:
        """Return the size of a regular file. Others are not opened, because a pipe would hang the
        server."""
        about = await self._asked(self._sftp.stat(path))
        if not await self._is_file(path, about):
            raise FileUnreadable(full, "not_a_file")
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
        """Return those that are regular files. It asks in parallel, because a server that sends no types
        needs a call for each."""
        kept = []
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            are = await asyncio.gather(*(self._is_file(self._path(name), about) for name, about in some))
            kept += [item for item, is_file in zip(some, are, strict=True) if is_file]
        return kept

    async def _content(self, path: str, limit: int) -> bytes:
        """Return up to `limit` + 1 bytes."""
        data = bytearray()
        async with await self._asked(self._sftp.open(path, "rb")) as file:
            while len(data) <= limit:
                piece = await self._asked(file.read(min(PIECE, limit + 1 - len(data)), len(data)))
                if not piece:
                    break
                data += piece if isinstance(piece, bytes) else piece.encode("utf-8")
        return bytes(data)

    async def _size_there(self, path: str) -> int | None:
        """Return the size of an entry, links not followed; None where there is none. Some servers say
        "Failure" for that; a write to an existing name would still be refused."""
        try:
            about = await self._asked(self._sftp.lstat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPFailure):
            return None
        return about.size or 0

    async def _entries(self) -> AsyncIterator[tuple[str, asyncssh.SFTPAttrs]]:
        """Yield every name with its attributes; bytes that are not text become surrogates."""
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
        """Return the answer to one call. Raises TimeoutError."""
        async with asyncio.timeout(self._connection.answer):
            return await question


E = TypeVar("E", bound=Exception)


def unless_lost(error: asyncssh.SFTPError, otherwise: E) -> E:
    """Return the meaning of a refusal; raise the error itself where the connection ended."""
    if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
        raise error
    return otherwise


def _kind(about: asyncssh.SFTPAttrs) -> int:
    """Return the file type bits; 0 where the server does not send them."""
    return stat.S_IFMT(about.permissions or 0)
