"""A command in a real terminal multiplexer: keys go in as a person presses them, the pane comes out."""

import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.fakes.programs import needs

needs_tmux = needs("tmux")
_PATIENCE = 30.0


class TmuxSession:
    """Runs `argv` in a tmux of its own (its server, socket and configuration are nobody else's)."""

    def __init__(self, argv: Sequence[str], *, columns: int = 80, lines: int = 24) -> None:
        self._socket = f"nskeys-{uuid.uuid4().hex[:12]}"
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = environment | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        size = ("-x", str(columns), "-y", str(lines))
        command = f"exec {shlex.join(argv)}"
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, command)
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._socket, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment)
        return done.stdout

    @property
    def text(self) -> str:
        """What the pane shows."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `Enter`, `Tab`, `Escape`, `Down`, `b`."""
        for key in keys:
            self._tmux("send-keys", key)

    def write(self, words: str) -> None:
        """Text, letter for letter."""
        self._tmux("send-keys", "-l", words)

    def wait_for(self, *wanted: str) -> str:
        """The pane, once it shows all of `wanted`."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            shown = self.text
            if all(words in " ".join(shown.split()) for words in wanted):
                return shown
            time.sleep(0.03)
        raise AssertionError(f"never showed {wanted}; the pane shows:\n{self.text}")

    def wait_end(self) -> None:
        """Until the command ended."""
        end = time.monotonic() + _PATIENCE
        while self._tmux("display-message", "-p", "#{pane_dead}").strip() != "1":
            assert time.monotonic() < end, f"it did not end:\n{self.text}"
            time.sleep(0.03)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")
