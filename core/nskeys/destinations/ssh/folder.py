"""A folder on a server, over an open SFTP connection: what is done there, question by question.

Nothing is ever replaced. A file is written under a random temporary name that nobody else has, flushed
where the server can do that, and gets its own name by a hard link, which fails where something has the
name. Where a server knows no hard links, or says that it made one and did not, the file is renamed, after a
look that the name is free: plain SFTP renames must not replace (draft-ietf-secsh-filexfer-02, 6.5), and the
extension of OpenSSH that does replace is never used. That a file has its name is looked at, not believed.

Servers of other systems send permissions without the bits for the kind of a file, or none at all. There a
folder is what can be opened as one, and everything else with a size is a file.
"""

import asyncio
import re
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncssh

from nskeys.destinations.backup_names import (
    candidates,
    is_backup,
    is_plain,
    is_temporary,
    listing_of,
    temporary_name,
)
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.destinations.ssh.sftp_connection import SftpConnection
from nskeys.errors import CannotCreate, CannotRemove, DestinationUnreachable, FileUnreadable
from nskeys.ports import Listed, Listing

T = TypeVar("T")

_PIECE = 256 << 10
_TRIAL = 64 << 10
_MOST_ENTRIES = 100_000
"""Files that a folder is looked through for; a hostile server could name them without end."""
_LEFT_FOR = 3_600
"""Seconds after which a temporary file is nobody's any more; a server may have several that back up."""
_CLOSE_TIMEOUT_S = 1.0
"""Seconds for the removal of a temporary file once a person or the network broke the work off."""
_READ_ONLY = 1  # ST_RDONLY of statvfs(3), as OpenSSH passes it on
_OWN = 0o600
_AT_ONCE = 32
"""Questions of one kind that are asked before the first answer is there."""
_NO_FLUSH = (asyncssh.SFTPOpUnsupported, asyncssh.SFTPBadMessage, asyncssh.SFTPInvalidParameter)
"""How a file system without fsync answers: ENOSYS and, from OpenSSH, EINVAL."""
_FAULT = re.compile(r"input/output|i/o error|no space|quota|read-only", re.IGNORECASE)
"""Words for EIO, ENOSPC, EDQUOT and EROFS in the answers of servers that send more than "failure"."""


class SftpFolder:
    """The folder at `address`. Every call has a timeout of `connection.answer` seconds."""

    def __init__(self, connection: SftpConnection, address: SftpAddress) -> None:
        self._connection = connection
        self._sftp = connection.sftp
        self._address = address
        self.left: list[str] = []
        """Temporary files that are there, or may be."""

    async def peer(self) -> str:
        """Return the address that the server answers from."""
        return self._connection.peer

    async def check(self) -> bool:
        """Write, read back and remove a small file as a backup is written; return whether the server
        flushed it. Raises DestinationUnreachable, CannotCreate."""
        await self._reach()
        data = bytes(_TRIAL)
        async with self._temporary(data) as (part, flushed):
            name = temporary_name()
            if not await self._place(part, name, len(data)):
                raise CannotCreate(str(self._address), "not_kept")
            self.left.append(self._path(name))
            await self._flush_folder()
            try:
                found = await self._content(self._path(name), len(data))
            except asyncssh.SFTPError as error:
                raise _unless_lost(error, CannotCreate(str(self._address), "not_readable")) from None
            if found != data:
                raise CannotCreate(str(self._address), "differs")
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
        raise CannotCreate(str(self._address.file(name)), "name_taken")

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
            raise _unless_lost(error, FileUnreadable(full, "read_failed")) from None
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

    async def remove(self, name: str) -> None:
        """Remove a file. Raises FileUnreadable (`missing`), CannotRemove, DestinationUnreachable."""
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
                _unless_lost(error, error)
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
            problem = await self._problem(0, "not_flushed" if _FAULT.search(error.reason) else "")
            if not problem and not await self._ever_flushes(file):
                return False
            raise CannotCreate(str(self._address), problem or "not_flushed") from None
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
            _unless_lost(error, error)
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
            _unless_lost(error, error)
            if await self._size_there(path) is not None:
                return False
            raise CannotCreate(str(self._address), await self._problem(0, "write_failed")) from None
        if await self._size_there(path) != size:
            raise CannotCreate(str(self._address), "not_kept")
        self.left.remove(part)
        return True

    async def _problem(self, size: int, otherwise: str) -> str:
        """Return why the server refused to write `size` bytes; its answer does not say."""
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
            raise _unless_lost(error, DestinationUnreachable(str(self._address), "gone")) from None
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
            _unless_lost(error, error)
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
                piece = await self._asked(file.read(min(_PIECE, limit + 1 - len(data)), len(data)))
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


def _unless_lost(error: asyncssh.SFTPError, otherwise: E) -> E:
    """Return the meaning of a refusal; raise the error itself where the connection ended."""
    if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
        raise error
    return otherwise


def _kind(about: asyncssh.SFTPAttrs) -> int:
    """Return the file type bits; 0 where the server does not send them."""
    return stat.S_IFMT(about.permissions or 0)
