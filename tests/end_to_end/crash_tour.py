"""The app, crashed amid work with secrets, each time on a terminal of its own.

    python crash_tour.py HOME WAY RESULTS

Each victim is forked, gets a copy of what HOME was, and is led by its own keys along one of WAYS. What it
wrote to its terminal and its exit code go to RESULTS, as JSON lines; RESULTS.<n> is the home that it left.
"""

import asyncio
import base64
import gc
import json
import os
import pty
import shutil
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any

from textual import events
from textual.screen import Screen

from nskeys.model.secret import SecretBytes
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.backup import BackupScreen
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.protection import ProtectorScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.startup import Connected, arrive, sighted
from nskeys_tui.screens.startup_error import StartupErrorScreen
from nskeys_tui.widgets.inputs import TextInput
from tests.fakes.command_line import connect_cheaply

PASSPHRASE, OTHER_PASSPHRASE = "MARK-nine-pears", "MARK-ten-plums"
PASSWORD, SECRET = "MARK-seven-apples", "MARK-the-secret"
MOMENTS = 4
_PATIENCE = 20.0


class Crash(Exception):
    """A bug of ours."""


class Crasher:
    """Counts the calls of nskeys that have a secret at hand, in every thread, and crashes at one."""

    def __init__(self, at: int) -> None:
        self.calls = 0
        self._at = at

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if event != "call" or not name.startswith(("nskeys.", "nskeys_tui.")) or "nskeys.model" in name:
            return
        values = list(frame.f_locals.values())
        secrets = [value.reveal() for value in values if type(value) is SecretBytes]
        if not secrets:
            return
        self.calls += 1
        if self.calls == self._at:
            raise Crash(f"{secrets} {[_described(value) for value in values]}")


def _described(value: object) -> str:
    """Return what a log would show; of an object that is being made that is its kind alone."""
    try:
        return repr(value)
    except AttributeError:
        return type(value).__name__


def _credential(session: Session) -> Screen[Any]:
    credential = session.services.credentials.show("run-as/first")
    return CredentialScreen(session, credential.credential_id)


_TWICE = (f"={PASSWORD}", "tab", f"={PASSWORD}", "enter")
_OTHER_TWICE = (f"={OTHER_PASSPHRASE}", "tab", f"={OTHER_PASSPHRASE}", "enter")
WAYS: Mapping[str, tuple[Callable[[Session], Screen[Any]], Sequence[str]]] = MappingProxyType(
    {
        "add": (
            lambda session: CredentialFormScreen(session, None),
            ("?run-as", "end", "enter", "=second", "tab", "=x", "tab", "=y", "tab", f"={SECRET}", "enter"),
        ),
        "reveal": (_credential, ("?s shows it", "s", "?MARK")),
        "back up": (
            BackupScreen,
            ("?where to?", "enter", *_TWICE, "?will be written", "enter", "?is complete"),
        ),
        "drill": (
            lambda session: DrillScreen(session, "latest"),
            ("?what is in it", "enter", f"={PASSWORD}", "enter", "?Every credential opened"),
        ),
        "change": (
            ProtectorScreen,
            (
                *("?c binds", "c", "?Back up first", "end", "enter", "?what shall bind", "enter"),
                *("?Nothing is changed yet", "enter", *_OTHER_TWICE, "?still open"),
            ),
        ),
    }
)
"""A screen and the keys on it, by what they do: `=` before what is pasted, `?` before what is awaited."""


class Victim:
    """One run of the app: the passphrase at its start, then one way to its end."""

    def __init__(self, home: Path, way: str, crasher: Crasher) -> None:
        self._crasher = crasher
        self._make, self._keys = WAYS[way]
        connect = partial(connect_cheaply, str(home), None)
        self.app = NskeysApp(Opening(lambda: sighted(connect()), self._arrive, StartupErrorScreen))

    def _arrive(self, found: Connected) -> Screen[None]:
        session, screen = arrive(self.app, found)
        self.app.call_later(self.app.run_worker, self._lead(session))
        return screen

    async def _lead(self, session: Session) -> None:
        await self._rest()
        sys.setprofile(self._crasher)  # until now there is no secret, and it makes everything slow
        await self._press(f"={PASSPHRASE}", "enter")
        await self.app.push_screen(self._make(session))
        await self._press(*self._keys)
        self.app.exit()

    async def _press(self, *keys: str) -> None:
        for key in keys:
            await self._rest()
            if key.startswith("?"):
                await self._until(lambda words=key[1:]: words in self._text())  # type: ignore[misc]  # a default
            elif key.startswith("="):
                await self._until(lambda: isinstance(self.app.focused, TextInput))
                if self.app.focused is not None:
                    self.app.focused.post_message(events.Paste(key[1:]))
            else:
                await self.app._press_keys([key])
        await self._rest()

    def _text(self) -> str:
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    async def _until(self, there: Callable[[], bool]) -> None:
        for _ in range(int(_PATIENCE / 0.05)):
            if there():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(self._text())

    async def _rest(self) -> None:
        """Until no work is under way and the screen has come to rest."""
        for _ in range(int(_PATIENCE / 0.05)):
            before = self.app.screen
            await asyncio.sleep(0.1)
            if self.app.screen is before and not getattr(before, "BUSY", False):
                return


def victim(home: Path, way: str, at: int) -> int:
    """In the child; its exit code, and where nothing crashes it `CALLS n` on its terminal."""
    crasher = Crasher(at)
    run = Victim(home, way, crasher)
    threading.setprofile(crasher)
    try:
        run.app.run(mouse=False)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    if not at:
        os.write(1, b"CALLS %d\n" % crasher.calls)
    return run.app.return_code or 0


def forked(home: Path, way: str, at: int) -> tuple[int, bytes]:
    """Exit code and bytes of one victim."""
    child, terminal = pty.fork()
    if child == 0:
        code = 99
        with suppress(BaseException):
            os.environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
            code = victim(home, way, at)
        os._exit(code)
    written = bytearray()
    with suppress(OSError):  # EIO: the child has gone
        while piece := os.read(terminal, 65_536):
            written += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), bytes(written)


def main(home: Path, way: str, results: Path) -> None:
    """Once to its end, and then crashed at moments that are spread over it."""
    gc.freeze()
    base = results.with_suffix(".base")
    shutil.copytree(home, base)
    with results.open("w") as told:
        code, written = forked(home, way, 0)
        calls = int(written.rpartition(b"CALLS ")[2].split()[0]) if b"CALLS " in written else 0
        note(told.write, 0, code, calls, written)
        for moment in range(MOMENTS):
            shutil.rmtree(home)
            shutil.copytree(base, home)
            at = 1 + moment * (calls - 1) // MOMENTS
            code, written = forked(home, way, at)
            shutil.copytree(home, results.with_suffix(f".{moment}"))
            note(told.write, at, code, calls, written)


def note(write: Callable[[str], object], at: int, code: int, calls: int, written: bytes) -> None:
    """One victim."""
    shown = base64.b64encode(written).decode()
    write(json.dumps({"at": at, "code": code, "calls": calls, "written": shown}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
