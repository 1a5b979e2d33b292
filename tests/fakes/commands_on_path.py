"""Commands that stand before the machine's own on PATH."""

import os
import shutil
from pathlib import Path

import pytest


class CommandsOnPath:
    """A folder at the head of PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self._folder = folder
        self._patch = monkeypatch
        self._machines = os.environ["PATH"]
        monkeypatch.setenv("PATH", f"{folder}:{self._machines}")

    def add(self, name: str, script: str) -> None:
        """A shell script of this name; `$REAL` in it is the machine's own command."""
        real = shutil.which(name, path=self._machines) or ""
        path = self._folder / name
        path.write_text(f'#!/bin/sh\nREAL="{real}"\n{script}\n', encoding="utf-8")
        path.chmod(0o755)

    def remove(self, name: str) -> None:
        """The machine's own command again."""
        (self._folder / name).unlink()

    def only(self) -> None:
        """The machine's own commands are gone."""
        self._patch.setenv("PATH", str(self._folder))

    def count(self, name: str) -> "Calls":
        """The machine's own command, and how often it is called from now on."""
        log = self._folder / f"{name}.log"
        self.add(name, f'echo "$1" >> "{log}"\nexec "$REAL" "$@"')
        return Calls(log)


class Calls:
    """What a command was called for: its first arguments."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def verbs(self) -> list[str]:
        """Since the last look."""
        if not self._log.exists():
            return []
        verbs = self._log.read_text(encoding="utf-8").split()
        self._log.unlink()
        return verbs
