"""An SFTP server that lists files with whatever names a test wants, beside those that it really has."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh


@dataclass(frozen=True)
class NamingSftp:
    """A running server; its folder is the root that it shows, and it asks nobody for a key."""

    folder: Path
    port: int
    fingerprint: str

    def address(self, path: str) -> str:
        return f"sftp://anybody@127.0.0.1:{self.port}{path}"


@contextmanager
def naming_sftp(folder: Path, names: Sequence[bytes]) -> Iterator[NamingSftp]:
    """One that answers until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    class Anybody(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    class Naming(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=os.fsencode(folder))

        async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
            about = asyncssh.SFTPAttrs(type=1, size=100, permissions=0o100600, mtime=0)
            for name in names:
                yield asyncssh.SFTPName(name, name, about)
            async for entry in super().scandir(path):
                yield entry

    key = asyncssh.generate_private_key("ssh-ed25519")

    async def listen() -> Any:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=Anybody, sftp_factory=Naming
        )

    async def stop(server: Any) -> None:
        server.close()
        await server.wait_closed()

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    try:
        yield NamingSftp(folder, server.get_port(), key.get_fingerprint())
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
