"""`open_kms.py`, the reader in every archive. This program treats it as data and never imports it.

Its bytes do not change within a version of the backup format: the hash below is printed in the README and
on every runbook, and `inspect` refuses an archive whose reader differs, because a forged reader could steal
the password.
"""

import hashlib
from importlib.resources import files

from nskeys.model.backup import READER_NAME

READER_SHA256 = "299ff883ee3d27a700c115087e56a4767a6003bf0f1aa1f8810709a36c408762"


def reader_bytes() -> bytes:
    """Return the file, byte for byte. Raises an error if it was changed after the installation."""
    data = files(__name__).joinpath(READER_NAME).read_bytes()
    if hashlib.sha256(data).hexdigest() != READER_SHA256:
        raise RuntimeError("open_kms.py of this installation is not the one that was released")
    return data
