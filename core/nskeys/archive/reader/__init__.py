"""`open_kms.py`, the reader in every archive. This program treats it as data and never imports it.

Its bytes do not change within a version of the backup format: the hash below is printed in the README and
on every runbook, and `inspect` refuses an archive whose reader differs, because a forged reader could steal
the password.
"""

import hashlib
from importlib.resources import files

from nskeys.model.backup import READER_NAME

READER_SHA256 = "50ec6cece7ab6df93a5d7b2c8cc541d81cf42357ae79f0dcad7253a926d06048"


def reader_bytes() -> bytes:
    """Return the file, byte for byte. Raises an error if it was changed after the installation."""
    data = files(__name__).joinpath(READER_NAME).read_bytes()
    if hashlib.sha256(data).hexdigest() != READER_SHA256:
        raise RuntimeError("open_kms.py of this installation is not the one that was released")
    return data
