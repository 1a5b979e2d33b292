"""`open_kms.py`, the reader that every archive carries: data to this program, never imported by it.

Its bytes do not change for a version of the backup format: the hash below stands in every README and
on every runbook, and `inspect` refuses an archive whose reader differs, for a swapped one would steal
the password.
"""

import hashlib
from importlib.resources import files

from nskeys.model.backup import READER_NAME

READER_SHA256 = "f9f20975cf211aebf79626c9b80dd3b490a6cec758b86cfb4d8a5c2029bdc8cc"


def reader_bytes() -> bytes:
    """The file, byte for byte. A copy that was changed after installation is not handed out."""
    data = files(__name__).joinpath(READER_NAME).read_bytes()
    if hashlib.sha256(data).hexdigest() != READER_SHA256:
        raise RuntimeError("open_kms.py of this installation is not the one that was released")
    return data
