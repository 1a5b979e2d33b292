"""A real TPM 2.0 in software (swtpm), on a machine whose board can be exchanged.

systemd 252 leaves a session in the TPM whenever it unseals, and relies on the kernel's resource manager to
take it out again. A TPM behind a socket has none, so `Board` stands between: it hands every command on, and
takes out what was left before the next client's first one, which is always TPM2_Startup.
"""

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from tests.fakes.programs import missing

_SESSIONS, _NO_SESSIONS = 0x8002, 0x8001  # TPM_ST_SESSIONS, TPM_ST_NO_SESSIONS
_STARTUP = 0x144
_GET_CAPABILITY, _FLUSH, _EXTEND, _CLEAR, _DICTIONARY = 0x17A, 0x165, 0x182, 0x126, 0x13A
_LOCKOUT, _PLATFORM, _PASSWORD = 0x4000000A, 0x4000000C, 0x40000009
_TRANSIENT, _LOADED_SESSION = 0x80000000, 0x02000000
_SHA256 = 0x000B
_EMPTY_PASSWORD = struct.pack(">IIHBH", 9, _PASSWORD, 0, 0, 0)


def why_no_tpm() -> str:
    """Why no TPM can be had here; empty where one can."""
    if why := missing("swtpm", "systemd-creds", "libtss2"):
        return why
    return "" if os.geteuid() == 0 else "only root reads the host's secret"


class Chip:
    """One TPM, with its own seed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._path = folder / "tpm"
        self._process = subprocess.Popen(
            [
                "swtpm",
                "socket",
                "--tpm2",
                f"--tpmstate=dir={folder}",
                f"--server=type=unixio,path={self._path}",
                f"--ctrl=type=unixio,path={folder / 'control'}",
                "--flags=startup-clear,not-need-init",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._folder = folder
        for _ in range(1000):
            if self._path.exists() and (folder / "control").exists():
                return
            time.sleep(0.01)
        raise AssertionError("swtpm does not begin")

    def end(self) -> None:
        """Off."""
        self._process.terminate()
        self._process.wait(10)

    def connected(self) -> socket.socket:
        """To its commands."""
        return _connected(self._path)

    def control(self) -> socket.socket:
        """To its switches."""
        return _connected(self._folder / "control")

    def flush(self, connection: socket.socket) -> None:
        """Take out what a client left: its keys and its sessions."""
        for kind in (_TRANSIENT, _LOADED_SESSION):
            answer = _command(connection, _NO_SESSIONS, _GET_CAPABILITY, struct.pack(">III", 1, kind, 64))
            count = int.from_bytes(answer[15:19], "big")
            for handle in struct.unpack_from(f">{count}I", answer, 19):
                _command(connection, _NO_SESSIONS, _FLUSH, struct.pack(">I", handle))

    def do(self, code: int, handle: int, parameters: bytes) -> None:
        """A command that needs an authorization; every password of this TPM is empty."""
        body = struct.pack(">I", handle) + _EMPTY_PASSWORD + parameters
        with closing(self.connected()) as connection:
            answer = _command(connection, _SESSIONS, code, body)
        assert answer[6:10] == bytes(4), answer.hex()


class Board:
    """A machine's board: whoever holds `device` gets the TPM that is on it now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._left = ExitStack()
        self.hangs = False
        """Whether the TPM takes what it is sent and never answers."""
        self.clients = 0
        """How often a program began to talk to the TPM."""
        self._data, self._control = _neighbours()
        for listening in (self._data, self._control):
            self._left.callback(listening.close)
            self._left.callback(listening.shutdown, socket.SHUT_RDWR)
        self.chip = self._new_chip()
        for serve in (self._serve_data, self._serve_control):
            threading.Thread(target=serve, daemon=True).start()

    @property
    def device(self) -> str:
        """Its name for `tpm2:DEVICE`."""
        return f"swtpm:host=127.0.0.1,port={self._data.getsockname()[1]}"

    @property
    def uri(self) -> str:
        """The protector that binds to it."""
        return f"tpm2:{self.device}"

    def exchange(self) -> Chip:
        """A new board, with a TPM of its own; the one before is taken out and given back."""
        before, self.chip = self.chip, self._new_chip()
        return before

    def put_back(self, chip: Chip) -> None:
        """The board that was taken out."""
        self.chip = chip

    def extend(self, register: int) -> None:
        """Something is measured into a register, as firmware and boot loaders do."""
        self.chip.do(_EXTEND, register, struct.pack(">IH", 1, _SHA256) + b"\x5a" * 32)

    def clear(self) -> None:
        """Somebody clears the TPM, as the firmware's settings allow."""
        self.chip.do(_CLEAR, _PLATFORM, b"")

    def lock_out(self) -> None:
        """It counted too many failures, and refuses for a while."""
        self.chip.do(_DICTIONARY, _LOCKOUT, struct.pack(">III", 0, 1000, 1000))

    def close(self) -> None:
        """Everything off."""
        self._left.close()

    def _new_chip(self) -> Chip:
        self._made += 1
        chip = Chip(self._folder / f"chip{self._made}")
        self._left.callback(chip.end)
        return chip

    def _serve_data(self) -> None:
        """One connection after the other, as a TPM has it."""
        while client := _accepted(self._data):
            chip = self.chip
            with closing(client), closing(chip.connected()) as tpm, suppress(OSError):
                while command := _message(client):
                    if int.from_bytes(command[6:10], "big") == _STARTUP:
                        self.clients += 1
                        chip.flush(tpm)
                    if not self.hangs:
                        tpm.sendall(command)
                        client.sendall(_message(tpm))

    def _serve_control(self) -> None:
        while client := _accepted(self._control):
            with closing(client), closing(self.chip.control()) as control, suppress(OSError):
                while asked := client.recv(4096):
                    control.sendall(asked)
                    client.sendall(control.recv(4096))


@contextmanager
def a_board(folder: Path) -> Iterator[Board]:
    """A machine's board with a TPM on it."""
    board = Board(folder)
    try:
        yield board
    finally:
        board.close()


def _neighbours() -> tuple[socket.socket, socket.socket]:
    """Two ports side by side: swtpm's own clients expect the switches behind the commands."""
    for _ in range(100):
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return first, socket.create_server(("127.0.0.1", first.getsockname()[1] + 1))
        except (OSError, OverflowError):
            first.close()
    raise AssertionError("no two free ports side by side")


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    for _ in range(1000):
        try:
            connection.connect(str(path))
        except OSError:
            time.sleep(0.01)
        else:
            return connection
    raise AssertionError("the TPM takes no connection")


def _accepted(listening: socket.socket) -> socket.socket | None:
    try:
        return listening.accept()[0]
    except OSError:  # switched off
        return None


def _message(connection: socket.socket) -> bytes:
    """A whole command or answer (its length stands in bytes 2 to 6); empty where there are no more."""
    head = _exactly(connection, 10)
    return head + _exactly(connection, int.from_bytes(head[2:6], "big") - 10) if head else b""


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data


def _command(connection: socket.socket, tag: int, code: int, body: bytes) -> bytes:
    connection.sendall(struct.pack(">HII", tag, 10 + len(body), code) + body)
    return _message(connection)
