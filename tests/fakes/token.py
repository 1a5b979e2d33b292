"""Tokens in software (SoftHSM 2), in a folder of their own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fakes.programs import missing

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
PIN, SO_PIN = "1234-sesame", "officer-5678"


def why_no_token() -> str:
    """Why no token can be had here; empty where one can."""
    there = any(map(os.path.exists, MODULES))
    return missing("softhsm2-util") or ("" if there else "the module of softhsm2 is not installed")


class Tokens:
    """The tokens that are plugged in."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._plugged = folder / "plugged"
        self._plugged.mkdir(parents=True)
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {self._plugged}\nlog.level = ERROR\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
        self.module = next(module for module in MODULES if Path(module).exists())

    def new(self, label: str = "nskeys") -> None:
        """A new token; its PIN is PIN."""
        command = ["softhsm2-util", "--init-token", "--free", "--label", label]
        subprocess.run([*command, "--pin", PIN, "--so-pin", SO_PIN], check=True, capture_output=True)

    def uri(self, path: str = "token=nskeys") -> str:
        """The protector that names a token."""
        return f"pkcs11:{path}?module-path={self.module}"

    def unplug(self) -> None:
        """Everything is pulled out."""
        self._plugged.rename(self._folder / "drawer")
        self._plugged.mkdir()

    def plug(self) -> None:
        """What was pulled out is back, and nothing else."""
        shutil.rmtree(self._plugged)
        (self._folder / "drawer").rename(self._plugged)
