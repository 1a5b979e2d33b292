"""ChaCha20-Poly1305 without associated data."""

from nskeys.crypto.age_primitives import TAG_SIZE, ChaCha

CIPHER = ChaCha(bytes(range(32)))
NONCE = bytes(12)


def test_what_is_encrypted_is_decrypted() -> None:
    for plain in (b"", b"x", bytes(1000)):
        sealed = CIPHER.encrypt(NONCE, plain)
        assert len(sealed) == len(plain) + TAG_SIZE
        assert CIPHER.decrypt(NONCE, sealed) == plain


def test_what_was_changed_or_is_too_short_is_not() -> None:
    sealed = CIPHER.encrypt(NONCE, b"file key 16 byte")
    for bit in range(8 * len(sealed)):
        damaged = bytearray(sealed)
        damaged[bit // 8] ^= 1 << bit % 8
        assert CIPHER.decrypt(NONCE, bytes(damaged)) is None
    for size in range(len(sealed)):
        assert CIPHER.decrypt(NONCE, sealed[:size]) is None
    assert CIPHER.decrypt(bytes(11) + b"\x01", sealed) is None
    assert ChaCha(bytes(32)).decrypt(NONCE, sealed) is None
