"""`open_kms.py`, the reader that every archive carries: data to this program, never imported by it.

Its bytes do not change for a version of the backup format: the hashes below stand in every README and
on every runbook, and `inspect` refuses an archive whose reader differs, for a swapped one would steal
the password.
"""

import hashlib
from importlib.resources import files
from types import MappingProxyType

from nskeys.model.backup import FORMAT

READERS = MappingProxyType(
    {
        1: "f9f20975cf211aebf79626c9b80dd3b490a6cec758b86cfb4d8a5c2029bdc8cc",
        2: "798aa6146fa046b9eab818916da98359e564b7a6a52c95bc3895ba79bddd44ec",
    }
)
"""The reader's SHA-256 for each version of the format."""
READER_SHA256 = READERS[FORMAT]
"""That of the archives that are written now."""


def reader_bytes(version: int = FORMAT) -> bytes:
    """The file, byte for byte. A copy that was changed after installation is not handed out."""
    data = files(__name__).joinpath(f"open_kms_{version}.py").read_bytes()
    if hashlib.sha256(data).hexdigest() != READERS[version]:
        raise RuntimeError("open_kms.py of this installation is not the one that was released")
    return data
