"""The payload of an age v1 file, chunk by chunk: STREAM over ChaCha20-Poly1305 (C2SP, age.md, "Payload").

What opens one chunk has not seen those behind it: only the end of `opened_chunks` says that a file is
whole.
"""

from collections.abc import Callable, Iterator

from nskeys.crypto.age_primitives import TAG_SIZE, ChaCha
from nskeys.crypto.kdf import hkdf_sha256

NONCE_SIZE = 16
CHUNK = 65_536


class PayloadInvalid(ValueError):
    """A chunk of the payload was changed, or the payload ends too early."""


class PayloadWriter:
    """Encrypts a payload of any length in the memory of one chunk. `nonce` is never used again."""

    def __init__(self, file_key: bytes, nonce: bytes, write: Callable[[bytes], object]) -> None:
        self._cipher, self._write = _cipher(file_key, nonce), write
        self._waiting = bytearray()
        self._number = 0
        write(nonce)

    def write(self, plain: bytes) -> None:
        self._waiting += plain
        # A full chunk waits until it is known not to be the last one.
        whole = (len(self._waiting) - 1) // CHUNK * CHUNK
        if whole > 0:
            ready = bytes(memoryview(self._waiting)[:whole])
            del self._waiting[:whole]
            for at in range(0, whole, CHUNK):
                self._seal(ready[at : at + CHUNK], last=False)

    def finish(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._write(self._cipher.encrypt(_counter(self._number, last=last), chunk))
        self._number += 1


def opened_chunks(file_key: bytes, payload: memoryview) -> Iterator[bytes]:
    """Yield the plaintext chunk by chunk. Raises PayloadInvalid at the first chunk that does not open."""
    cipher, sealed = _cipher(file_key, bytes(payload[:NONCE_SIZE])), payload[NONCE_SIZE:]
    size = CHUNK + TAG_SIZE
    last = max(0, (len(sealed) - 1) // size)
    for number in range(last + 1):
        chunk = bytes(sealed[number * size : (number + 1) * size])
        opened = cipher.decrypt(_counter(number, last=number == last), chunk)
        # An empty last chunk has one meaning only: that the whole payload is empty.
        if opened is None or (not opened and number):
            raise PayloadInvalid
        yield opened


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha:
    return ChaCha(hkdf_sha256(file_key, nonce, b"payload"))


def _counter(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
