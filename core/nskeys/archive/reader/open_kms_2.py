"""Opens a keys.kms with Python 3.8 or newer and nothing else:   python3 -I open_kms.py keys.kms
Where it is for recipients, with an identity of theirs:   python3 -I open_kms.py keys.kms identity.age

A keys.kms is an age v1 file (https://c2sp.org/age). This program asks for the password, of the keys.kms or
of the identity, and prints what is inside: a JWK Set (RFC 7517) with the server's keys. It saves nothing.
Where the password comes through a pipe, it is the first line. Exit code 1: it did not open.
"""

import base64, getpass, hashlib, hmac, operator, pathlib, re, struct, sys, unicodedata  # noqa: E401, I001

STANZA = r"-> [!-~ ]+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n"
HEADER = re.compile(rf"age-encryption\.org/v1\n(?:{STANZA})+--- ([A-Za-z0-9+/]{{43}})\n".encode())
SCRYPT = re.compile(rb"v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9]|1[0-9]|20)\n([A-Za-z0-9+/]{43})\n---")
X25519 = re.compile(rb"\n-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})(?=\n)")
SECRET = re.compile(rb"AGE-SECRET-KEY-1([AC-HJ-NP-Z02-9]{52})")
CHUNK, P = 65536 + 16, 2**255 - 19
ROUNDS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
          (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]  # fmt: skip


def block(key: bytes, counter: int, nonce: bytes) -> bytes:  # of ChaCha20: RFC 8439, section 2.3
    whole = b"expand 32-byte k" + key + counter.to_bytes(4, "little") + nonce
    state = list(start := struct.unpack("<16I", whole))
    for a, b, c, d in ROUNDS * 10:
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            state[z] = (mixed := state[z] ^ state[x]) << turn & 0xFFFFFFFF | mixed >> 32 - turn
    return struct.pack("<16I", *((word + start[at]) & 0xFFFFFFFF for at, word in enumerate(state)))


def decrypt(key: bytes, nonce: bytes, sealed: bytes) -> "bytes | None":  # ChaCha20-Poly1305: section 2.8
    data, tag, once, total = sealed[:-16], sealed[-16:], block(key, 0, nonce), 0
    r = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = data + bytes(-len(data) % 16) + struct.pack("<QQ", 0, len(data))
    for at in range(0, len(padded), 16):
        total = (total + int.from_bytes(padded[at : at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    total = (total + int.from_bytes(once[16:32], "little")) % 2**128
    stream = (block(key, 1 + at // 64, nonce) for at in range(0, len(data), 64))
    fits = hmac.compare_digest(total.to_bytes(16, "little"), tag)
    return bytes(map(operator.xor, data, b"".join(stream))) if fits else None


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:  # with SHA-256: RFC 5869
    return hmac.digest(hmac.digest(salt, key, "sha256"), info + b"\x01", "sha256")


def x25519(secret: bytes, point: bytes) -> bytes:  # RFC 7748, section 5
    scalar = int.from_bytes(secret, "little") % 2**254 & -8 | 2**254
    low, high, u = (1, 0), (int.from_bytes(point, "little") % 2**255, 1), int.from_bytes(point, "little")
    for bit in map(int, f"{scalar:b}"):
        (x, z), (v, w) = (high, low) if bit else (low, high)
        plus, minus, this, other = (x + z) ** 2, (x - z) ** 2, (v - w) * (x + z), (v + w) * (x - z)
        double = plus * minus % P, (plus - minus) * (plus + 121665 * (plus - minus)) % P
        added = (this + other) ** 2 % P, u % 2**255 * (this - other) ** 2 % P
        low, high = (added, double) if bit else (double, added)
    return (low[0] * pow(low[1], P - 2, P) % P).to_bytes(32, "little")


def open_age(data: bytes, password: bytes, secret: bytes, refusal: str) -> bytes:
    header = HEADER.match(data) or sys.exit("This is no age file, or its beginning is damaged.")
    label, payload, found = b"age-encryption.org/v1/", data[header.end() :], []
    for salt, cost, body in SCRYPT.findall(header[0]) if password else ():
        salted, n = label + b"scrypt" + base64.b64decode(salt + b"=="), 2 ** int(cost)
        key = hashlib.scrypt(password, salt=salted, n=n, r=8, p=1, dklen=32, maxmem=2**31 - 1)
        found.append((key, body))
    for sent, body in X25519.findall(header[0]) if secret else ():
        share, ours = base64.b64decode(sent + b"="), x25519(secret, (9).to_bytes(32, "little"))
        found.append((hkdf(x25519(secret, share), share + ours, label + b"X25519"), body))
    opened = (decrypt(key, bytes(12), base64.b64decode(body + b"=")) for key, body in found)
    file_key = next(filter(None, opened), None) or sys.exit(refusal)
    key, sealed, last = hkdf(file_key, payload[:16], b"payload"), payload[16:], max(17, len(payload)) - 17
    nonces = (at.to_bytes(11, "big") + bytes([at == last // CHUNK]) for at in range(last // CHUNK + 1))
    parts = [decrypt(key, nonce, sealed[CHUNK * at :][:CHUNK]) for at, nonce in enumerate(nonces)]
    mac = base64.b64encode(hmac.digest(hkdf(file_key, b"", b"header"), header[0][:-45], "sha256"))
    if mac[:-1] != header[1] or None in parts:
        sys.exit("It is the right password or identity, but the file is damaged. Try another copy.")
    return b"".join(filter(None, parts))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python3 -I open_kms.py keys.kms [identity.age]")
    try:
        kms, *more = [pathlib.Path(name).read_bytes() for name in sys.argv[1:]]
    except OSError as error:
        sys.exit("The file cannot be read: " + str(error.strerror))
    if not more and not SCRYPT.search(kms):
        sys.exit("This is no keys.kms under a password; where it is for recipients, name an identity too.")
    opened, ask = (more or [kms])[0], sys.stdin.isatty()
    if opened.startswith(b"age-encryption.org"):
        typed = getpass.getpass("Password: ").encode() if ask else sys.stdin.buffer.readline()
        text = unicodedata.normalize("NFC", typed.decode("utf-8", "replace").rstrip("\r\n"))
        opened = open_age(opened, text.encode() or b"\n", b"", "The password does not open it. Try again.")
    if more:
        key = SECRET.search(opened) or sys.exit("There is no identity of age in that file.")
        signs = (b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".index(sign) for sign in reversed(key[1]))
        secret = sum(value << 5 * at for at, value in enumerate(signs)) >> 4
        opened = open_age(kms, b"", secret.to_bytes(32, "big"), "That identity is none of its recipients.")
    sys.stdout.buffer.write(opened + b"\n")
