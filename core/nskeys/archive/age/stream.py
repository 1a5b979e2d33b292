"""The binary payload of an age v1 file: STREAM over ChaCha20-Poly1305 (C2SP, age.md, "Payload").

Chunks of 64 KiB; each nonce is an 11-byte counter and a byte that is 1 on the last chunk only, so
chunks cannot be dropped, repeated or put in another order.
"""

from collections.abc import Iterator

from nskeys.crypto.chacha import TAG_SIZE, ChaCha
from nskeys.crypto.kdf import hkdf_sha256

NONCE_SIZE = 16
_CHUNK = 65_536


def encrypt_payload(file_key: bytes, nonce: bytes, plain: bytes) -> bytes:
    """The payload, beginning with its 16-byte `nonce`, which is never used again."""
    cipher = _cipher(file_key, nonce)
    chunks = (cipher.encrypt(counted, chunk) for counted, chunk in _counted(plain, _CHUNK))
    return nonce + b"".join(chunks)


def decrypt_payload(file_key: bytes, payload: bytes) -> bytes | None:
    """The whole plaintext; None where any byte of the payload is not what was written."""
    cipher = _cipher(file_key, payload[:NONCE_SIZE])
    plain: list[bytes] = []
    for counted, chunk in _counted(payload[NONCE_SIZE:], _CHUNK + TAG_SIZE):
        opened = cipher.decrypt(counted, chunk)
        # An empty last chunk has one meaning only: that the whole payload is empty.
        if opened is None or (not opened and plain):
            return None
        plain.append(opened)
    return b"".join(plain)


def _cipher(file_key: bytes, nonce: bytes) -> ChaCha:
    return ChaCha(hkdf_sha256(file_key, nonce, b"payload"))


def _counted(data: bytes, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk with its nonce; an empty `data` is one empty, last chunk."""
    last = max(0, (len(data) - 1) // size)
    for number in range(last + 1):
        counter = number.to_bytes(11, "big") + (b"\x01" if number == last else b"\x00")
        yield counter, data[number * size : (number + 1) * size]
