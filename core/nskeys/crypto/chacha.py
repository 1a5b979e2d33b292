"""ChaCha20-Poly1305 (RFC 8439) without associated data, as age files use it."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

TAG_SIZE = 16


class ChaCha:
    """One 32-byte key. Nonces are 12 bytes; age makes every key for one use and counts its chunks."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def encrypt(self, nonce: bytes, plain: bytes) -> bytes:
        """Ciphertext and its 16-byte tag."""
        return self._cipher.encrypt(nonce, plain, None)

    def decrypt(self, nonce: bytes, sealed: bytes) -> bytes | None:
        """The plaintext; None where the tag does not fit."""
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            return None
