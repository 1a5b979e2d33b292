"""Opens a keys.kms with Python 3.8 or newer and nothing else:   python3 -I open_kms.py keys.kms

A keys.kms is an age v1 file under a password (https://c2sp.org/age). This program asks for the password
and prints what is inside: a JWK Set (RFC 7517) with the server's keys. It changes and saves nothing.
Where the password comes through a pipe, it is the first line. Exit code 1: it did not open.
"""

import base64
import getpass
import hashlib
import hmac
import operator
import pathlib
import re
import struct
import sys
import unicodedata

HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n"
    rb"([A-Za-z0-9+/]{43})\n--- ([A-Za-z0-9+/]{43})\n"
)
CHUNK = 65536 + 16
ROUNDS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
          (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]  # fmt: skip


def block(key: bytes, counter: int, nonce: bytes) -> bytes:
    """64 bytes of the ChaCha20 key stream (RFC 8439, section 2.3)."""
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    state = list(start)
    for a, b, c, d in ROUNDS * 10:
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> (32 - turn)) & 0xFFFFFFFF
    return struct.pack("<16I", *((word + start[at]) & 0xFFFFFFFF for at, word in enumerate(state)))


def decrypt(key: bytes, nonce: bytes, sealed: bytes, refusal: str) -> bytes:
    """ChaCha20-Poly1305 without associated data (RFC 8439, section 2.8)."""
    data, tag = sealed[:-16], sealed[-16:]
    once = block(key, 0, nonce)
    r = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total, padded = 0, data + bytes(-len(data) % 16) + struct.pack("<QQ", 0, len(data))
    for at in range(0, len(padded), 16):
        total = (total + int.from_bytes(padded[at : at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    total = (total + int.from_bytes(once[16:32], "little")) % 2**128
    if not hmac.compare_digest(total.to_bytes(16, "little"), tag):
        sys.exit(refusal)
    stream = b"".join(block(key, 1 + at // 64, nonce) for at in range(0, len(data), 64))
    return bytes(map(operator.xor, data, stream))


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """32 bytes of HKDF-SHA-256 (RFC 5869)."""
    return hmac.digest(hmac.digest(salt, key, "sha256"), info + b"\x01", "sha256")


def open_kms(data: bytes, password: bytes) -> bytes:
    """What is inside; ends the program with a sentence where it does not open."""
    header = HEADER.match(data)
    if not header or int(header[2]) > 20:
        sys.exit("This is no keys.kms under a password, or its beginning is damaged.")
    salt, body, mac = (base64.b64decode(header[part] + b"==") for part in (1, 3, 4))
    n = 2 ** int(header[2])
    label = b"age-encryption.org/v1/scrypt" + salt
    wrap_key = hashlib.scrypt(password, salt=label, n=n, r=8, p=1, dklen=32, maxmem=2**31 - 1)
    file_key = decrypt(wrap_key, bytes(12), body, "The password does not open it. Check it and try again.")
    covered = data[: header.end() - len(header[4]) - 2]
    damaged = "The password is right, but the file is damaged. Try another copy."
    if not hmac.compare_digest(hmac.digest(hkdf(file_key, b"", b"header"), covered, "sha256"), mac):
        sys.exit(damaged)
    payload = data[header.end() :]
    key, sealed = hkdf(file_key, payload[:16], b"payload"), payload[16:]
    last = max(0, (len(sealed) - 1) // CHUNK)
    nonces = (number.to_bytes(11, "big") + bytes([number == last]) for number in range(last + 1))
    return b"".join(
        decrypt(key, nonce, sealed[CHUNK * number : CHUNK * (number + 1)], damaged)
        for number, nonce in enumerate(nonces)
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python3 -I open_kms.py keys.kms")
    try:
        file = pathlib.Path(sys.argv[1]).read_bytes()
    except OSError as error:
        sys.exit("The file cannot be read: " + str(error.strerror))
    if sys.stdin.isatty():
        given = getpass.getpass("Password of this backup: ")
    else:
        given = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
    password = unicodedata.normalize("NFC", given).encode("utf-8", "surrogateescape")
    sys.stdout.buffer.write(open_kms(file, password) + b"\n")
