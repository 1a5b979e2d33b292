"""Secrets out of files: `--password-file F` and its like.

A file's bytes are the secret, but for one line ending at its end, which editors and `echo` add, and for the
byte order mark that some editors put before it.
"""

from nskeys.cli.inputs import read_text_input
from nskeys.errors import FileUnreadable
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.model.secret import SecretBytes

_ENDINGS = (b"\r\n", b"\n")


def read_secret(path: str) -> SecretBytes:
    """The secret in a file, a pipe or a descriptor; FileUnreadable (`too_large` above 65,535 bytes,
    `utf16`, `utf32`)."""
    data = read_text_input(path, SECRET_LIMIT + max(map(len, _ENDINGS)))
    ending = next((ending for ending in _ENDINGS if data.endswith(ending)), b"")
    secret = SecretBytes(data[: len(data) - len(ending)])
    data[:] = bytes(len(data))
    if len(secret) > SECRET_LIMIT:
        secret.wipe()
        raise FileUnreadable(path, "too_large")
    return secret
