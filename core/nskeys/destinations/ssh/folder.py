"""Writing to a folder on a server, over an open SFTP connection.

Nothing is ever replaced. A file is written under a random temporary name that nobody else has, flushed
where the server can do that, and gets its own name by a hard link, which fails where something has the
name. Where a server knows no hard links, or says that it made one and did not, the file is renamed, after a
look that the name is free: plain SFTP renames must not replace (draft-ietf-secsh-filexfer-02, 6.5), and the
extension of OpenSSH that does replace is never used. That a file has its name is looked at, not believed.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncssh

from nskeys.destinations.backup_names import (
    candidates,
    is_plain,
    is_temporary,
    temporary_name,
)
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.destinations.ssh.reader import PIECE, SftpReader, unless_lost
from nskeys.destinations.ssh.sftp_connection import SftpConnection
from nskeys.errors import CannotCreate, CannotRemove, FileUnreadable
from nskeys.reasons import Problem

_TRIAL = 64 << 10
_LEFT_FOR = 3_600
"""Seconds after which a temporary file counts as left behind; several servers may write at the same
time."""
_CLOSE_TIMEOUT_S = 1.0
"""Seconds for removing a temporary file after the work was interrupted."""
_READ_ONLY = 1  # ST_RDONLY of statvfs(3), as OpenSSH passes it on
_OWN = 0o600
_NO_FLUSH = (asyncssh.SFTPOpUnsupported, asyncssh.SFTPBadMessage, asyncssh.SFTPInvalidParameter)
"""How a file system without fsync answers: ENOSYS and, from OpenSSH, EINVAL."""
_FAULT = re.compile(r"input/output|i/o error|no space|quota|read-only", re.IGNORECASE)
"""Words for EIO, ENOSPC, EDQUOT and EROFS in the answers of servers that send more than "failure"."""


class SftpFolder(SftpReader):
    """The folder at `address`. Every call has a timeout of `connection.answer` seconds."""

    def __init__(self, connection: SftpConnection, address: SftpAddress) -> None:
        super().__init__(connection, address)
        self.left: list[str] = []
        """Temporary files that exist, or may exist."""

    async def check(self) -> bool:
        """Write, read back and remove a small file as a backup is written; return whether the server
        flushed it. Raises DestinationUnreachable, CannotCreate."""
        await self._reach()
        data = bytes(_TRIAL)
        async with self._temporary(data) as (part, flushed):
            name = temporary_name()
            if not await self._place(part, name, len(data)):
                raise CannotCreate(str(self._address), Problem.NOT_KEPT)
            self.left.append(self._path(name))
            await self._flush_folder()
            try:
                found = await self._content(self._path(name), len(data) + 1)
            except asyncssh.SFTPError as error:
                raise unless_lost(error, CannotCreate(str(self._address), Problem.NOT_READABLE)) from None
            if found != data:
                raise CannotCreate(str(self._address), Problem.DIFFERS)
        return flushed

    async def publish(self, name: str, data: bytes) -> tuple[str, bool]:
        """Write under `name` or the next free one; return the name, and whether the server flushed the
        file. Raises DestinationUnreachable, CannotCreate."""
        await self._reach()
        async with self._temporary(data) as (part, flushed):
            for free in candidates(name):
                if await self._place(part, free, len(data)):
                    await self._flush_folder()
                    return free, flushed
        raise CannotCreate(str(self._address.file(name)), Problem.NAME_TAKEN)

    async def remove(self, name: str) -> None:
        """Remove a file. Raises FileUnreadable (`missing`), CannotRemove, DestinationUnreachable."""
        full = str(self._address.file(name))
        try:
            await self._asked(self._sftp.remove(self._path(name)))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            await self._reach()
            raise FileUnreadable(full, Problem.MISSING) from None
        except asyncssh.SFTPPermissionDenied:
            raise CannotRemove(full, Problem.NOT_PERMITTED) from None
        except asyncssh.SFTPError as error:
            problem = await self._problem(0) or Problem.IO_ERROR
            raise unless_lost(error, CannotRemove(full, problem)) from None
        await self._flush_folder()

    async def sweep(self) -> None:
        """Remove temporary files that are old enough; does nothing where the folder is missing."""
        try:
            temporary = [
                (name, about)
                async for name, about in self._entries()
                if is_plain(name) and is_temporary(name) and about.mtime is not None
            ]
            if not temporary:
                return
            temporary = await self._files_among(temporary)
            async with self._temporary(b"") as (part, _):
                now = (await self._asked(self._sftp.stat(part))).mtime or 0  # by the server's own clock
        except (asyncssh.SFTPError, CannotCreate) as error:
            if isinstance(error, asyncssh.SFTPError):
                unless_lost(error, error)
            return  # what keeps backups from this place is said when one is written
        for name, about in temporary:
            if now - (about.mtime or now) > _LEFT_FOR:
                with suppress(asyncssh.SFTPFailure, asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
                    await self._asked(self._sftp.remove(self._path(name)))

    async def remove_left(self, part: str) -> None:
        """Remove a temporary file that another connection left."""
        with suppress(asyncssh.SFTPNoSuchFile):
            await self._asked(self._sftp.remove(part))

    # --- writing -----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _temporary(self, data: bytes) -> AsyncIterator[tuple[str, bool]]:
        """Write a temporary file with `data`, and yield its name and whether it was flushed; everything in
        `left` is removed at the end."""
        part = self._path(temporary_name())
        self.left.append(part)
        try:
            yield part, await self._write(part, data)
        except BaseException:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await self._clear()
            raise
        await self._clear()

    async def _clear(self) -> None:
        while self.left:
            with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                await self._asked(self._sftp.remove(self.left[-1]))
            self.left.pop()

    async def _write(self, part: str, data: bytes) -> bool:
        """Write the data; return whether the server flushed it. Raises CannotCreate."""
        flushed = False
        try:
            async with await self._opened(part) as file:
                for start in range(0, len(data), PIECE):
                    await self._asked(file.write(data[start : start + PIECE], start))
                flushed = await self._flushed(file)
        except asyncssh.SFTPPermissionDenied:
            raise CannotCreate(str(self._address), Problem.NOT_PERMITTED) from None
        except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded):
            raise CannotCreate(str(self._address), Problem.NO_SPACE) from None
        except asyncssh.SFTPError as error:
            problem = await self._problem(len(data)) or Problem.QUOTA
            raise unless_lost(error, CannotCreate(str(self._address), problem)) from None
        return flushed

    def _opened(self, part: str) -> Coroutine[Any, Any, asyncssh.SFTPClientFile]:
        """Return a new file of our own, to be written."""
        return self._asked(self._sftp.open(part, "xb", asyncssh.SFTPAttrs(permissions=_OWN)))

    async def _flushed(self, file: asyncssh.SFTPClientFile) -> bool:
        """Flush a file; return False where the server's file system cannot, so that only the server's
        acknowledgement is known. Raises CannotCreate where its disk failed."""
        try:
            await self._asked(file.fsync())
        except _NO_FLUSH:
            return False
        except asyncssh.SFTPFailure as error:
            problem = await self._problem(0) or (
                Problem.NOT_FLUSHED if _FAULT.search(error.reason) else None
            )
            if not problem and not await self._ever_flushes(file):
                return False
            raise CannotCreate(str(self._address), problem or Problem.NOT_FLUSHED) from None
        return True

    async def _ever_flushes(self, file: asyncssh.SFTPClientFile) -> bool:
        """Return whether the server can flush at all, so that a failed flush was the disk's fault.

        OpenSSH answers "Failure" for EOPNOTSUPP as well as for EIO, ENOSPC and EDQUOT. A file system
        without fsync fails every time, also for a new and empty file. A disk's fault is reported once for
        each open file (fsync(2) on Linux), and concerns what was written.
        """
        with suppress(asyncssh.SFTPFailure):
            await self._asked(file.fsync())
            return True
        empty = self._path(temporary_name())
        self.left.append(empty)
        flushed = False
        async with await self._opened(empty) as other:
            with suppress(asyncssh.SFTPFailure):
                await self._asked(other.fsync())
                flushed = True
        return flushed

    async def _flush_folder(self) -> None:
        """Make the names in the folder durable, where the server can open and flush a folder."""
        with suppress(asyncssh.SFTPFailure, asyncssh.SFTPPermissionDenied, *_NO_FLUSH):
            async with await self._asked(self._sftp.open(self._address.remote, "rb")) as folder:
                await self._asked(folder.fsync())

    async def _place(self, part: str, name: str, size: int) -> bool:
        """Give the temporary file of `size` bytes its name; return False where that exists."""
        path = self._path(name)
        if await self._size_there(path) is not None:
            return False  # some servers replace what is there by a link or a rename
        try:
            await self._asked(self._sftp.link(part, path))
        except asyncssh.SFTPError as error:
            unless_lost(error, error)
        else:
            if await self._size_there(path) == size:
                return True
        if await self._size_there(path) is not None:
            return False  # it came meanwhile, and is another's
        return await self._rename(part, path, size)

    async def _rename(self, part: str, path: str, size: int) -> bool:
        try:
            await self._asked(self._sftp.rename(part, path))
        except asyncssh.SFTPError as error:
            unless_lost(error, error)
            if await self._size_there(path) is not None:
                return False
            raise CannotCreate(str(self._address), await self._problem(0) or Problem.WRITE_FAILED) from None
        if await self._size_there(path) != size:
            raise CannotCreate(str(self._address), Problem.NOT_KEPT)
        self.left.remove(part)
        return True

    async def _problem(self, size: int) -> Problem | None:
        """Why the server refused to write `size` bytes: it says no more than that it did.
        None where it has room."""
        with suppress(asyncssh.SFTPError):
            room = await self._asked(self._sftp.statvfs(self._address.remote))
            if room.flags & _READ_ONLY:
                return Problem.READ_ONLY
            if (
                room.bavail * (room.frsize or room.bsize) < max(size, room.frsize)
                or room.favail == 0 < room.files
            ):
                return Problem.NO_SPACE
        return None
