"""The arithmetic of SLIP-39: GF(256), the checksum RS1024, the Feistel cipher."""

import hashlib
from collections.abc import Mapping, Sequence

GENERATOR = (
    0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009,
    0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890, 0x3F3F120,
)  # fmt: skip
ROUNDS = 4
BASE_ITERATIONS = 10_000
SECRET_PLACE, DIGEST_PLACE = 255, 254


def multiply(left: int, right: int) -> int:
    """Multiply in GF(256) with the polynomial of AES."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (0x11B if left & 0x80 else 0)
        right >>= 1
    return product


def invert(value: int) -> int:
    """Give the inverse in GF(256): the 254th power."""
    result = 1
    for _ in range(254):
        result = multiply(result, value)
    return result


def interpolate(points: Mapping[int, bytes], place: int) -> bytes:
    """Give the value at a place of the polynomials through these points."""
    if place in points:
        return points[place]
    size = len(next(iter(points.values())))
    value = bytearray(size)
    for here, data in points.items():
        factor = 1
        for other in points:
            if other != here:
                factor = multiply(factor, multiply(place ^ other, invert(here ^ other)))
        for at in range(size):
            value[at] ^= multiply(data[at], factor)
    return bytes(value)


def checksum_holds(customization: bytes, values: Sequence[int]) -> bool:
    """Check RS1024 over the words of a share."""
    state = 1
    for value in (*customization, *values):
        top = state >> 20
        state = (state & 0xFFFFF) << 10 ^ value
        for place, part in enumerate(GENERATOR):
            if top >> place & 1:
                state ^= part
    return state == 1


def decrypt(sealed: bytes, exponent: int, salt: bytes) -> bytes:
    """Decrypt the encrypted master secret without a passphrase."""
    half = len(sealed) // 2
    left, right = sealed[:half], sealed[half:]
    iterations = (BASE_ITERATIONS << exponent) // ROUNDS
    for turn in reversed(range(ROUNDS)):
        stream = hashlib.pbkdf2_hmac("sha256", bytes([turn]), salt + right, iterations, half)
        left, right = right, bytes(a ^ b for a, b in zip(left, stream, strict=True))
    return right + left
