"""`open_kms.py`, the reader that every archive carries: data to this program, never imported by it.

Its bytes do not change for a version of the backup format: the hash below stands in every README and
on every runbook, and `inspect` refuses an archive whose reader differs, for a swapped one would steal
the password.
"""

import hashlib
from importlib.resources import files

from nskeys.model.backup import READER_NAME

READER_SHA256 = "2814df5a73e2fd89823884c9b485edc4abe9a4f96bdcfbb3dbca5f340e5f743a"


def reader_bytes() -> bytes:
    """The file, byte for byte. A copy that was changed after installation is not handed out."""
    data = files(__name__).joinpath(READER_NAME).read_bytes()
    if hashlib.sha256(data).hexdigest() != READER_SHA256:
        raise RuntimeError("open_kms.py of this installation is not the one that was released")
    return data
