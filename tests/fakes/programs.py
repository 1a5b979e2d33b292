"""Programs and libraries that a test needs and that a machine may lack: the test is skipped, with the name
of what is missing. In CI nothing is missing, so there every skip fails the run (tests/conftest.py)."""

import ctypes
import os
import shutil

import pytest

ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "NSKEYS_LOG_ROOT": os.devnull}
"""Of a program that runs as a process of its own: nothing of this machine's, and none of its logs."""
WITHOUT = "NSKEYS_TESTS_WITHOUT"
"""Names, separated by commas, of what is pretended to be missing though it does not lie on PATH."""
_ADMINISTRATORS = "/usr/sbin:/sbin"
"""Where Debian has what a user's PATH does not lead to."""
_LIBRARIES = {
    "libtss2": ("libtss2-esys.so.0", "libtss2-rc.so.0", "libtss2-mu.so.0", "libtss2-tcti-swtpm.so.0"),
}


def program(name: str) -> str:
    """Its path; empty where it is not installed."""
    if name in os.environ.get(WITHOUT, "").split(","):
        return ""
    return shutil.which(name) or shutil.which(name, path=_ADMINISTRATORS) or ""


def missing(*names: str) -> str:
    """`ssh-keygen is not installed`, of the first that is missing; empty where all are there."""
    for name in names:
        if not (_is_loaded(name) if name in _LIBRARIES else program(name)):
            return f"{name} is not installed"
    return ""


def need(*names: str) -> None:
    """Skip the test that runs unless all of them are there."""
    if why := missing(*names):
        pytest.skip(why)


def needs(*names: str) -> pytest.MarkDecorator:
    """`need`, as a mark of a test."""
    return pytest.mark.skipif(bool(missing(*names)), reason=missing(*names))


def _is_loaded(name: str) -> bool:
    if name in os.environ.get(WITHOUT, "").split(","):
        return False
    try:
        for library in _LIBRARIES[name]:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True
