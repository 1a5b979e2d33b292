"""A folder on a server, over an open SFTP connection: what is done there, question by question.

Nothing is ever replaced. A file is written under a random temporary name that nobody else has, flushed
where the server can be asked for that, and gets its own name by a hard link, which fails where something
has the name. Only where a server knows no hard links is it renamed, after a look that the name is free:
plain SFTP renames must not replace (draft-ietf-secsh-filexfer-02, 6.5), and the extension of OpenSSH that
does replace is never used.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import asyncssh

from nskeys.destinations.names import candidates, is_plain, listing_of
from nskeys.destinations.sftp_address import SftpAddress
from nskeys.destinations.sftp_connection import SftpConnection
from nskeys.errors import CannotCreate, CannotRemove, DestinationUnreachable, FileUnreadable
from nskeys.ports import Listed, Listing

T = TypeVar("T")

PREFIX, SUFFIX = ".nskeys-", ".part"
_PIECE = 256 << 10
_TRIAL = 64 << 10
_MOST_ENTRIES = 100_000
"""Files that a folder is looked through for; a hostile server could name them without end."""
_LEFT_FOR = 3_600
"""Seconds after which a temporary file is nobody's any more; a server may have several that back up."""
_FAREWELL = 1.0
"""Seconds for the removal of a temporary file once a person or the network broke the work off."""
_READ_ONLY = 1  # ST_RDONLY of statvfs(3), as OpenSSH passes it on
_OWN = 0o600


class SftpFolder:
    """The folder at `address`. Every question has `connection.answer` seconds."""

    def __init__(self, connection: SftpConnection, address: SftpAddress) -> None:
        self._connection = connection
        self._sftp = connection.sftp
        self._address = address
        self.left = ""
        """The temporary file that could not be removed any more."""

    async def peer(self) -> str:
        """The address that the server answers from."""
        return self._connection.peer

    async def check(self) -> bool:
        """Write something and remove it again; whether the server flushed it. DestinationUnreachable,
        CannotCreate."""
        await self._reach()
        async with self._temporary(bytes(_TRIAL)) as (_, flushed):
            return flushed

    async def publish(self, name: str, data: bytes) -> str:
        """Write under `name` or the next free one; the name used. DestinationUnreachable, CannotCreate."""
        await self._reach()
        async with self._temporary(data) as (part, _):
            for free in candidates(name):
                if await self._place(part, free):
                    await self._flush_folder()
                    return free
        raise CannotCreate(str(self._address.file(name)), "name_taken")

    async def read(self, name: str, limit: int) -> bytes:
        """A whole file, through a handle of its own; FileUnreadable, DestinationUnreachable."""
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
            raise _unless_lost(error, FileUnreadable(full, "read_failed")) from None
        if len(data) > limit:
            raise FileUnreadable(full, "too_large")
        return data

    async def listing(self) -> Listing:
        """The `.zip` and `.kms` files there, newest name first, without empty ones."""
        await self._reach()
        return listing_of(
            [Listed(name, about.size or 0) async for name, about in self._entries() if _is_regular(about)]
        )

    async def remove(self, name: str) -> None:
        """Remove a file. FileUnreadable (`missing`), CannotRemove, DestinationUnreachable."""
        full = str(self._address.file(name))
        try:
            await self._asked(self._sftp.remove(self._path(name)))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self._reach()
            raise FileUnreadable(full, "missing") from None
        except asyncssh.SFTPPermissionDenied:
            raise CannotRemove(full, "not_permitted") from None
        except asyncssh.SFTPError as error:
            problem = await self._problem(0, "io_error")
            raise _unless_lost(error, CannotRemove(full, problem)) from None
        await self._flush_folder()

    async def sweep(self) -> None:
        """Remove temporary files that were left for long; none where the folder is not there."""
        try:
            left = [
                (name, about.mtime or 0)
                async for name, about in self._entries()
                if is_plain(name)
                and name.startswith(PREFIX)
                and name.endswith(SUFFIX)
                and _is_regular(about)
            ]
            if not left:
                return
            async with self._temporary(b"") as (part, _):
                now = (await self._asked(self._sftp.stat(part))).mtime or 0  # by the server's own clock
        except (asyncssh.SFTPError, CannotCreate) as error:
            if isinstance(error, asyncssh.SFTPError):
                _unless_lost(error, error)
            return  # what keeps backups from this place is said when one is written
        for name, moment in left:
            if now - moment > _LEFT_FOR:
                with suppress(asyncssh.SFTPFailure, asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
                    await self._asked(self._sftp.remove(self._path(name)))

    async def remove_left(self, part: str) -> None:
        """Remove a temporary file that another connection left."""
        with suppress(asyncssh.SFTPNoSuchFile):
            await self._asked(self._sftp.remove(part))

    # --- writing -----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _temporary(self, data: bytes) -> AsyncIterator[tuple[str, bool]]:
        """A temporary file that holds `data`, and whether it was flushed; its name is gone at the end."""
        part = self._path(f"{PREFIX}{os.urandom(8).hex()}{SUFFIX}")
        self.left = part
        try:
            yield part, await self._write(part, data)
        except BaseException:
            with suppress(Exception):
                async with asyncio.timeout(_FAREWELL):
                    await self._sftp.remove(part)
                    self.left = ""
            raise
        with suppress(asyncssh.SFTPNoSuchFile):  # it was renamed
            await self._asked(self._sftp.remove(part))
        self.left = ""

    async def _write(self, part: str, data: bytes) -> bool:
        """Whether the server flushed it. CannotCreate."""
        attributes, flushed = asyncssh.SFTPAttrs(permissions=_OWN), False
        try:
            async with await self._asked(self._sftp.open(part, "xb", attributes)) as file:
                for start in range(0, len(data), _PIECE):
                    await self._asked(file.write(data[start : start + _PIECE], start))
                flushed = await self._flushed(file)
        except asyncssh.SFTPPermissionDenied:
            raise CannotCreate(str(self._address), "not_permitted") from None
        except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded):
            raise CannotCreate(str(self._address), "no_space") from None
        except asyncssh.SFTPError as error:
            problem = await self._problem(len(data), "quota")
            raise _unless_lost(error, CannotCreate(str(self._address), problem)) from None
        return flushed

    async def _flushed(self, file: asyncssh.SFTPClientFile) -> bool:
        try:
            await self._asked(file.fsync())
        except asyncssh.SFTPOpUnsupported:
            return False
        return True

    async def _flush_folder(self) -> None:
        """Make the names in it durable, where the server lets a folder be opened and flushed."""
        with suppress(asyncssh.SFTPFailure, asyncssh.SFTPPermissionDenied, asyncssh.SFTPOpUnsupported):
            async with await self._asked(self._sftp.open(self._address.remote, "rb")) as folder:
                await self._asked(folder.fsync())

    async def _place(self, part: str, name: str) -> bool:
        """Give the temporary file its name; False where something has it."""
        path = self._path(name)
        try:
            await self._asked(self._sftp.link(part, path))
        except asyncssh.SFTPError as error:
            _unless_lost(error, error)
            if await self._is_there(path):
                return False
            return await self._rename(part, path)
        return True

    async def _rename(self, part: str, path: str) -> bool:
        try:
            await self._asked(self._sftp.rename(part, path))
        except asyncssh.SFTPError as error:
            _unless_lost(error, error)
            if await self._is_there(path):
                return False
            raise CannotCreate(str(self._address), await self._problem(0, "write_failed")) from None
        return True

    async def _problem(self, size: int, otherwise: str) -> str:
        """Why the server refused to write `size` bytes: it says no more than that it did."""
        with suppress(asyncssh.SFTPError):
            room = await self._asked(self._sftp.statvfs(self._address.remote))
            if room.flags & _READ_ONLY:
                return "read_only"
            if (
                room.bavail * (room.frsize or room.bsize) < max(size, room.frsize)
                or room.favail == 0 < room.files
            ):
                return "no_space"
        return otherwise

    # --- looking -----------------------------------------------------------------------------------------

    async def _reach(self) -> None:
        """DestinationUnreachable unless there is a folder."""
        try:
            about = await self._asked(self._sftp.stat(self._address.remote))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise DestinationUnreachable(str(self._address), "missing_folder") from None
        except asyncssh.SFTPPermissionDenied:
            raise DestinationUnreachable(str(self._address), "not_permitted") from None
        except asyncssh.SFTPError as error:
            raise _unless_lost(error, DestinationUnreachable(str(self._address), "gone")) from None
        if not stat.S_ISDIR(about.permissions or 0):
            raise DestinationUnreachable(str(self._address), "not_a_folder")

    async def _size(self, path: str, full: str) -> int:
        """Of a regular file: nothing else is opened, for a pipe would keep the server waiting."""
        about = await self._asked(self._sftp.stat(path))
        if not _is_regular(about):
            raise FileUnreadable(full, "not_a_file")
        return about.size or 0

    async def _content(self, path: str, limit: int) -> bytes:
        """Up to one byte more than `limit`."""
        data = bytearray()
        async with await self._asked(self._sftp.open(path, "rb")) as file:
            while len(data) <= limit:
                piece = await self._asked(file.read(min(_PIECE, limit + 1 - len(data)), len(data)))
                if not piece:
                    break
                data += piece if isinstance(piece, bytes) else piece.encode("utf-8")
        return bytes(data)

    async def _is_there(self, path: str) -> bool:
        try:
            await self._asked(self._sftp.lstat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return False
        return True

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


def _unless_lost(error: asyncssh.SFTPError, otherwise: E) -> E:
    """What a refusal means; raises it as it is where it is none, but the end of the connection."""
    if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
        raise error
    return otherwise


def _is_regular(about: asyncssh.SFTPAttrs) -> bool:
    return stat.S_ISREG(about.permissions or 0)
