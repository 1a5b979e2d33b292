"""An SFTP server (asyncssh's) with the faults of servers that nobody can install here: those of other
systems, and disks behind servers. Run as a program; `a_server_with_faults` starts it.

Faults are words: `bare-kinds` and `no-permissions` (no file type in permissions, or none at all);
`link-lies`, `link-refused`, `link-unsupported`, `rename-lies`; `fsync-words WORDS` (it always fails, in
these words), `fsync-never`, `fsync-once` (for each open file), `fsync-of-data`; `endless` (a read never
comes to an end, and takes its time).
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import asyncssh
from asyncssh.sftp import SFTPAttrs, SFTPFailure, SFTPName, SFTPOpUnsupported, SFTPPermissionDenied

from tests.fakes.sshd import Sshd, make_key


@contextmanager
def a_server_with_faults(folder: Path, served: Path, *faults: str) -> Iterator[Sshd]:
    """Serves `served` as its root. Its log has a line for each request that changes something."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host_ed25519", "client"):
        make_key(folder / name)
    command = [sys.executable, "-m", "tests.fakes.sftp_with_faults", str(folder), str(served), *faults]
    with Popen(command, stdout=PIPE, stdin=DEVNULL, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield Sshd(folder, "127.0.0.1", port, "backup", process, Path("/"))
        finally:
            process.kill()


class _Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        del username
        return True


class _Files(asyncssh.SFTPServer):
    faults: tuple[str, ...] = ()
    served = log = Path()

    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]") -> None:
        super().__init__(channel, chroot=str(self.served).encode())
        self._flushed: set[object] = set()

    def _bare(self, found: Any) -> SFTPAttrs:
        about: SFTPAttrs = SFTPAttrs.from_local(found) if isinstance(found, os.stat_result) else found
        if "no-permissions" in self.faults:
            about.permissions = None
        elif "bare-kinds" in self.faults and about.permissions is not None:
            about.permissions &= 0o7777
        return about

    def _told(self, *words: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(b" ".join(words) + b"\n")

    def stat(self, path: bytes) -> Any:
        return self._bare(super().stat(path))

    def lstat(self, path: bytes) -> Any:
        return self._bare(super().lstat(path))

    def fstat(self, file_obj: object) -> Any:
        return self._bare(super().fstat(file_obj))

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        async for entry in super().scandir(path):
            entry.attrs = self._bare(entry.attrs)
            yield entry

    def remove(self, path: bytes) -> Any:
        self._told(b"remove", path)
        return super().remove(path)

    def link(self, oldpath: bytes, newpath: bytes) -> Any:
        if "link-lies" in self.faults:
            return None
        if "link-refused" in self.faults:
            raise SFTPPermissionDenied("no links")
        if "link-unsupported" in self.faults:
            raise SFTPOpUnsupported("no links")
        return super().link(oldpath, newpath)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        return None if "rename-lies" in self.faults else super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._told(b"posix-rename", oldpath, newpath)
        return super().posix_rename(oldpath, newpath)

    def fsync(self, file_obj: Any) -> Any:
        size = os.fstat(file_obj.fileno()).st_size
        before = len(self._flushed)
        self._flushed.add(file_obj)
        words = next((fault for fault in self.faults if fault.startswith("fsync-words ")), "")
        if words:
            raise SFTPFailure(words.partition(" ")[2])
        if (
            "fsync-never" in self.faults
            or ("fsync-once" in self.faults and len(self._flushed) > before)
            or ("fsync-of-data" in self.faults and size)
        ):
            raise SFTPFailure("Failure")
        return super().fsync(file_obj)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if "endless" in self.faults:
            await asyncio.sleep(0.2)
            return b"A" * min(size, 64)
        found = super().read(file_obj, offset, size)
        return found if isinstance(found, bytes) else await found


async def _serve(folder: Path, served: Path, faults: tuple[str, ...]) -> None:
    _Files.faults, _Files.served, _Files.log = faults, served, folder / "log"
    _Files.log.touch()
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[str(folder / "host_ed25519")],
        authorized_client_keys=str(folder / "client.pub"),
        server_factory=_Server,
        sftp_factory=_Files,
    )
    print(listener.get_port(), flush=True)
    await listener.wait_closed()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2]), tuple(sys.argv[3:])))
