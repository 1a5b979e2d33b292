"""Opens a keys.kms with Python 3.8 or newer and nothing else:   python3 -I open_kms.py keys.kms
Where it is for recipients, with an identity of theirs:   python3 -I open_kms.py keys.kms identity.age

A keys.kms is an age v1 file (https://c2sp.org/age). This program asks for the password, of the keys.kms or
of the identity, and prints what is inside: a JWK Set (RFC 7517) with the server's keys. It saves nothing.
Where the password comes through a pipe, it is the first line. Exit code 1: it did not open.
"""

import base64, getpass, hashlib, hmac, operator, pathlib, re, struct, sys, unicodedata  # noqa: E401, I001

STANZA = r"-> [!-~]+(?: [!-~]+)*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n"
HEADER = re.compile(rf"age-encryption\.org/v1\n((?:{STANZA}){{1,101}})--- ([A-Za-z0-9+/]{{43}})\n".encode())
SECRET = re.compile(r"AGE-SECRET-KEY-1([AC-HJ-NP-Z02-9]{58})")
LABEL, SIGNS = b"age-encryption.org/v1/", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
CHECKS = 0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3
WRONG, NONE = "The password does not open it. Try again.", "There is no identity of age in that file."
DAMAGED = "It is the right password or identity, but the file is damaged. Try another copy."
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


def plain(spelled: bytes, size: int = -1) -> bytes:  # base64 in its one spelling, of so many bytes
    try:
        data = base64.b64decode(spelled + b"=" * (-len(spelled) % 4))
    except ValueError:
        data = b""
    if base64.b64encode(data).rstrip(b"=") != spelled or size not in (-1, len(data)):
        sys.exit("The file's beginning is damaged. Try another copy.")
    return data


def password_key(stanzas: "list[tuple[list[bytes], bytes]]", password: bytes) -> bytes:
    words, body = stanzas[0]
    found = re.fullmatch(rb"scrypt ([A-Za-z0-9+/]{22}) (1?[1-9]|10|20)", b" ".join(words))
    if len(stanzas) != 1 or not found:
        sys.exit("This is no keys.kms and no identity that nskeys writes.")
    salt, cost = found.groups()
    salted, n = LABEL + b"scrypt" + plain(salt, 16), 2 ** int(cost)
    try:
        key = hashlib.scrypt(password, salt=salted, n=n, r=8, p=1, dklen=32, maxmem=2**31 - 1)
    except (MemoryError, ValueError):
        sys.exit(f"Trying the password needs {n // 1024 + 1} MiB of memory, and they are not to be had.")
    return decrypt(key, bytes(12), plain(body, 32)) or sys.exit(WRONG)


def identity_key(stanzas: "list[tuple[list[bytes], bytes]]", secrets: "list[bytes]") -> bytes:
    keys = []
    for words, body in (item for item in stanzas if item[0][0] == b"X25519"):
        share, sealed = plain(b" ".join(words[1:]), 32), plain(body, 32)
        for secret in secrets:
            shared, ours = x25519(secret, share), x25519(secret, (9).to_bytes(32, "little"))
            if not any(shared):
                sys.exit("The file's beginning is damaged: it holds a point of low order.")
            keys.append(decrypt(hkdf(shared, share + ours, LABEL + b"X25519"), bytes(12), sealed))
    return next(filter(None, keys), None) or sys.exit("That identity is none of its recipients.")


def open_age(data: bytes, password: bytes, secrets: "list[bytes]") -> bytes:
    header = HEADER.match(data) or sys.exit("This is no keys.kms or identity, or its beginning is damaged.")
    payload, stanzas, mac = data[header.end() :], [], plain(header[2], 32)
    for stanza in re.findall(STANZA.encode(), header[1]):
        line, _, body = stanza[3:].partition(b"\n")
        stanzas.append((line.split(b" "), body.replace(b"\n", b"")))
        plain(stanzas[-1][1])
    if secrets and any(words[0] == b"scrypt" for words, _ in stanzas):
        sys.exit("This keys.kms is under a password: name no identity.")
    file_key = identity_key(stanzas, secrets) if secrets else password_key(stanzas, password)
    if not hmac.compare_digest(hmac.digest(hkdf(file_key, b"", b"header"), header[0][:-45], "sha256"), mac):
        sys.exit(DAMAGED)
    key, sealed, last = hkdf(file_key, payload[:16], b"payload"), payload[16:], max(17, len(payload)) - 17
    nonces = (at.to_bytes(11, "big") + bytes([at == last // CHUNK]) for at in range(last // CHUNK + 1))
    parts = [decrypt(key, nonce, sealed[CHUNK * at :][:CHUNK]) for at, nonce in enumerate(nonces)]
    if None in parts or (len(parts) > 1 and not parts[-1]):
        sys.exit(DAMAGED)
    return b"".join(filter(None, parts))


def secret_of(line: str) -> bytes:  # an identity in Bech32: BIP 173
    found, check = SECRET.fullmatch(line) or sys.exit(NONE), 1
    signs, prefix = [SIGNS.index(sign) for sign in found[1]], b"age-secret-key-"
    for value in [sign >> 5 for sign in prefix] + [0] + [sign & 31 for sign in prefix] + signs:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for at, term in enumerate(CHECKS):
            check ^= term if top >> at & 1 else 0
    number = sum(value << 5 * at for at, value in enumerate(reversed(signs[:52])))
    if check != 1 or number & 15:
        sys.exit("The identity in that file is damaged: a sign of it was changed.")
    return (number >> 4).to_bytes(32, "big")


def asked() -> bytes:  # the password in NFC; what is none is wrong
    line = getpass.getpass("Password: ").encode() if sys.stdin.isatty() else sys.stdin.buffer.readline()
    typed = re.sub(rb"\r?\n\Z", b"", line)
    typed = typed[3:] if typed.startswith(b"\xef\xbb\xbf") else typed
    try:
        text = unicodedata.normalize("NFC", typed.decode("utf-8"))
    except ValueError:
        text = ""
    return text.encode() if text and len(typed) <= 1024 else sys.exit(WRONG)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python3 -I open_kms.py keys.kms [identity.age]")
    try:
        kms, *more = [pathlib.Path(name).read_bytes() for name in sys.argv[1:]]
    except OSError as error:
        sys.exit("The file cannot be read: " + str(error.strerror))
    if len(kms) > 2**24 or any(len(data) > 2**16 for data in more):
        sys.exit("The file is larger than nskeys writes one.")
    if not more and not kms.startswith(LABEL[:-1] + b"\n-> scrypt "):
        sys.exit("This is no keys.kms under a password; where it is for recipients, name an identity too.")
    if more and more[0].startswith(b"age-encryption.org/"):
        more = [open_age(more[0], asked(), [])]
    if more:
        text = more[0].decode("utf-8-sig", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
        secrets = [secret_of(line) for line in lines] or sys.exit(NONE)
        sys.stdout.buffer.write(open_age(kms, b"", secrets) + b"\n")
    else:
        sys.stdout.buffer.write(open_age(kms, asked(), []) + b"\n")
