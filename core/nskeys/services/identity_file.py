"""An identity file that somebody names, read to open a backup with: whole, once, of bounded size."""

from nskeys import files
from nskeys.archive.bounds import IDENTITY_LIMIT
from nskeys.model.opening import Opening, by_file
from nskeys.model.plain_text import drop_mark
from nskeys.model.secret import SecretBytes


def read_identity_file(path: str) -> Opening:
    """What is in a regular file, as the means of opening; FileUnreadable. A `~` at its beginning is this
    user's home. Whether it is an identity is said when a backup is opened; the caller wipes it."""
    data = bytearray(files.read_bounded(files.named_path(path), IDENTITY_LIMIT))
    drop_mark(data, path)
    return by_file(path, SecretBytes(data))
