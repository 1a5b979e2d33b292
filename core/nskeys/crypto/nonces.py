"""Random nonces for AES-GCM, read from the operating system in batches.

A system call for each secret would cost as much as the sealing itself. A nonce is handed out once: the
list's `pop` is atomic, and a process that was forked throws its parent's batch away.
"""

import os

NONCE_SIZE = 12
_BATCH = 512


class NonceSource:
    """A source of 12-byte nonces, each given out once."""

    __slots__ = ("_nonces", "_pid")

    def __init__(self) -> None:
        self._nonces: list[bytes] = []
        self._pid = os.getpid()

    def take(self) -> bytes:
        """Return a nonce that was not used before (NIST SP 800-38D, section 8.2.2: 96 random bits)."""
        if self._pid != os.getpid():
            # A forked child inherits the batch: using it would repeat the parent's nonces.
            self._nonces = []
            self._pid = os.getpid()
        try:
            return self._nonces.pop()
        except IndexError:
            drawn = os.urandom(NONCE_SIZE * _BATCH)
            fresh = [drawn[at : at + NONCE_SIZE] for at in range(0, len(drawn), NONCE_SIZE)]
            nonce = fresh.pop()
            self._nonces = fresh
            return nonce
