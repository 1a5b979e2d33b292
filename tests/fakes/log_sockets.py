"""The sockets of journald and of a syslog daemon, below a folder, and what arrives there."""

import os
import select
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_JOURNAL, _SYSLOG = "run/systemd/journal/socket", "dev/log"


class LogSockets:
    """A machine's logs; `root` is for NSKEYS_LOG_ROOT. Nothing listens before it is started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open: dict[str, socket.socket] = {}

    def start_journal(self) -> None:
        self._start(_JOURNAL, socket.SOCK_DGRAM)

    def start_syslog(self, kind: socket.SocketKind = socket.SOCK_DGRAM) -> None:
        self._start(_SYSLOG, kind)

    def stop(self) -> None:
        """End all of them; the sockets' names stay, as after a crash."""
        for there in self._open.values():
            there.close()
        self._open.clear()

    def remove(self) -> None:
        """End all of them, and remove their names."""
        self.stop()
        for name in (_JOURNAL, _SYSLOG):
            (self.root / name).unlink(missing_ok=True)

    def fill_journal(self) -> None:
        """Let the journal's queue be full, as while journald hangs. A socket that sends may send no more
        before the queue is full, for its own buffer is: the queue is, when a fresh one sends nothing."""
        while self._sent_before_waiting():
            pass

    def _sent_before_waiting(self) -> int:
        sent = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.settimeout(0)
            try:
                while True:
                    there.sendto(b"MESSAGE=noise\n", str(self.root / _JOURNAL))
                    sent += 1
            except BlockingIOError:
                return sent

    def records(self) -> list[dict[str, str]]:
        """The records that the journal got since the last look."""
        return [_understood(data) for data in self._datagrams(_JOURNAL)]

    def messages(self) -> list[str]:
        """The messages that syslog got since the last look."""
        return [data.decode("utf-8") for data in self._datagrams(_SYSLOG)]

    def connected(self) -> str:
        """The message of a connection to a syslog that is a stream."""
        there, _ = self._open[_SYSLOG].accept()
        with there:
            return there.makefile("rb").read().decode("utf-8")

    def _start(self, name: str, kind: socket.SocketKind) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        there = socket.socket(socket.AF_UNIX, kind)
        there.bind(str(path))
        if kind is socket.SOCK_STREAM:
            there.listen()
        self._open[name] = there

    def _datagrams(self, name: str) -> Iterator[bytes]:
        there = self._open[name]
        while select.select([there], [], [], 0)[0]:
            data, files, _, _ = socket.recv_fds(there, 1 << 20, 1)
            for descriptor in files:
                with os.fdopen(descriptor, "rb") as file:
                    file.seek(0)
                    data += file.read()
            yield data


@contextmanager
def log_sockets() -> Iterator[LogSockets]:
    """Logs in a folder whose name is short enough for a socket's."""
    root = Path(tempfile.mkdtemp(prefix="nsk"))
    sockets = LogSockets(root)
    try:
        yield sockets
    finally:
        sockets.stop()
        shutil.rmtree(root)


def _understood(data: bytes) -> dict[str, str]:
    """A record of the journal's native protocol, parsed."""
    found = {}
    while data:
        end = data.index(b"\n")
        name, equals, value = data[:end].partition(b"=")
        data = data[end + 1 :]
        if not equals:
            size = int.from_bytes(data[:8], "little")
            value, data = data[8 : 8 + size], data[9 + size :]
        found[name.decode("ascii")] = os.fsdecode(value)
    return found
