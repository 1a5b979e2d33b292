"""A second opinion on a new `.kms`: an independent implementation of age opens it too.

pyrage (the Rust implementation) holds the interpreter's lock for a whole key derivation, which would freeze
a full-screen program for a second, so it runs in a child process. The child reads a password or an
identity, and the file, from standard input, each after its length (u32be), and answers with one line:
`sha256` and the hash of the plaintext, or `failed` and a token. Nothing secret is in its arguments,
environment or answer. What only the parent needs is imported there: the child starts twice as fast.
"""

import hashlib
import sys
import unicodedata
from contextlib import nullcontext
from enum import StrEnum

from nskeys.private_memory import keep_memory_private

TYPE_CHECKING = False  # known to type checkers; importing `typing` for it would cost the child a tenth
if TYPE_CHECKING:
    from nskeys.model.secret import SecretBytes


class OpenedWith(StrEnum):
    """What the child gets to open a file with."""

    PASSWORD = "password"
    IDENTITY = "identity"
    """The line of an age identity file."""
    IDENTITY_FILE = "identity_file"
    """An identity file under a password: checks a new recovery identity."""


_TIMEOUT = 600
"""Seconds; a cost of 2^18 takes one, 2^20 four, and slow machines ten times that."""

_TOKENS = (
    ("Excessive work parameter", "work_factor"),
    ("Decryption failed", "wrong_password"),
    ("No matching keys", "no_stanza"),
    ("decryption error", "payload"),
    ("Header MAC is invalid", "header_mac"),
    ("Header is invalid", "header"),
    ("Unknown age format", "header"),
    ("Incomplete header", "truncated"),
    ("failed to fill whole buffer", "truncated"),
    ("", "unreadable"),
)
"""The beginnings of pyrage's messages, which all have one class, and our tokens for them."""


def confirm(
    kms: bytes,
    secret: "SecretBytes",
    payload_sha256: str,
    way: OpenedWith = OpenedWith.PASSWORD,
    identity: bytes = b"",
) -> None:
    """Let pyrage open `kms` and compare the plaintext. Raises BackupNotProven (`cross_check`). `identity`
    is the file that `secret` opens first, where the method is IDENTITY_FILE."""
    from nskeys.errors import BackupNotProven
    from nskeys.reasons import Problem

    if second_opinion(kms, secret, way, identity) != f"sha256 {payload_sha256}":
        raise BackupNotProven("", Problem.SECOND_READER)


def second_opinion(
    kms: bytes, secret: "SecretBytes", way: OpenedWith = OpenedWith.PASSWORD, identity: bytes = b""
) -> str:
    """Return the child's answer; empty where it gave none."""
    import subprocess

    from nskeys.crypto.kdf import one_derivation

    # -P keeps the working folder out of the child's module path: a file pyrage.py there would be given
    # the password.
    command = [sys.executable, "-P", "-m", "nskeys.archive.cross_check", way.value]
    try:
        # What derives nothing waits for no derivation.
        with nullcontext() if way is OpenedWith.IDENTITY else one_derivation():
            child = subprocess.run(  # noqa: S603 - a fixed command; what comes from outside goes through stdin
                command,
                input=_framed(secret.reveal()) + _framed(kms) + _framed(identity),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_TIMEOUT,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return child.stdout.decode("ascii", "replace").strip()


def answer(request: bytes, way: OpenedWith = OpenedWith.PASSWORD) -> str:
    """Return the child's answer to secret, file and identity file, each framed."""
    import pyrage  # only the child needs it, and the parent's start should not pay for it

    secret, rest = _unframed(request)
    kms, rest = _unframed(rest)
    identity, _ = _unframed(rest)
    text = unicodedata.normalize("NFC", secret.decode("utf-8"))
    try:
        if way is OpenedWith.PASSWORD:
            plain = pyrage.passphrase.decrypt(kms, text)
        else:
            if way is OpenedWith.IDENTITY_FILE:
                text = pyrage.passphrase.decrypt(identity, text).decode("ascii").splitlines()[-1]
            plain = pyrage.decrypt(kms, [pyrage.x25519.Identity.from_str(text)])
    except pyrage.DecryptError as error:
        return f"failed {token_of(str(error))}"
    except pyrage.IdentityError:
        return "failed identity"
    return f"sha256 {hashlib.sha256(plain).hexdigest()}"


def token_of(message: str) -> str:
    """Return what a text of pyrage's means."""
    return next(token for beginning, token in _TOKENS if message.startswith(beginning))


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _unframed(data: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]


def _main() -> None:
    keep_memory_private()  # the keys pass through this process
    sys.stdout.write(answer(sys.stdin.buffer.read(), OpenedWith(sys.argv[1])) + "\n")


if __name__ == "__main__":
    _main()
