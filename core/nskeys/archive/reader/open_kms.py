"""Opens a keys.kms with Python 3.8 or newer and nothing else:   python3 -I open_kms.py keys.kms
Where it is for recipients, with an identity of theirs:   python3 -I open_kms.py keys.kms identity.age

A keys.kms is an age v1 file (https://c2sp.org/age). This program asks for the password, of the keys.kms or
of the identity, and prints what is inside: a JWK Set (RFC 7517) with the server's keys. It saves nothing.
Where the password comes through a pipe, it is the first line. Exit code 1: it did not open.

With the parts of a database copy, or the database itself, it prints every credential with its secret, one
JSON object a line, or those of one name:   ... --rows PART.zip [PART.zip ...] | cmdb.sqlite3 [--only NAME]
Python decrypts slowly: some 100 kB of a part and 1,000 credentials take a second.
"""

import base64, getpass, hashlib, hmac, json, operator, pathlib, re, sqlite3, struct, sys, unicodedata, zlib  # noqa: E401, I001

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


def told(done: int, total: int, of_what: str) -> None:  # how far it is
    if total > 20 and done % 20 == 0:
        sys.stderr.write(f"\r{done:,} of {total:,} {of_what} ")


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
    parts = []
    for at, nonce in enumerate(nonces):
        told(at, last // CHUNK + 1, "chunks of this file")
        parts.append(decrypt(key, nonce, sealed[CHUNK * at :][:CHUNK]))
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


GROUP, D = 2**252 + 27742317777372353535851937790883648493, -121665 * pow(121666, P - 2, P) % P
TABLES = "meta", "keys", "credentials", "register", "recovery", "statements", "drills", "rotations", "audit"
KEYS, FIELDS = (
    {"meta": "name", "keys": "key_no", "credentials": "id", "audit": "no"},
    "kind name target account note",
)
FACTS = """format server cmdb_id server_key server_public created database number checkpoint copy_key
keys kinds tables audit left_out unexplained parts"""
S = bytes.fromhex(  # of AES: FIPS 197, figure 7
    "637c777bf26b6fc53001672bfed7ab76ca82c97dfa5947f0add4a2af9ca472c0b7fd9326363ff7cc34a5e5f171d8311504c7"
    "23c31896059a071280e2eb27b27509832c1a1b6e5aa0523bd6b329e32f8453d100ed20fcb15b6acbbe394a4c58cfd0efaafb"
    "434d338545f9027f503c9fa851a3408f929d38f5bcb6da2110fff3d2cd0c13ec5f974417c4a77e3d645d197360814fdc222a"
    "908846eeb814de5e0bdbe0323a0a4906245cc2d3ac629195e479e7c8376d8dd54ea96c56f4ea657aae08ba78252e1ca6b4c6"
    "e8dd741f4bbd8b8a703eb5664803f60e613557b986c11d9ee1f8981169d98e949b1e87e9ce5528df8ca1890dbfe642684199"
    "2d0fb054bb16"
)
TWICE = [(s << 1 ^ (0x11B if s & 128 else 0)) & 255 for s in S]
TURNS = [double << 24 | s << 16 | s << 8 | double ^ s for double, s in zip(TWICE, S)]


def require(fits: bool, why: str) -> None:
    if not fits:
        raise ValueError(why)


def expanded(key: bytes) -> "list[int]":  # a 256-bit key's words
    words, factor = list(struct.unpack(">8I", key)), 1
    for at in range(8, 60):
        word = words[-1]
        if at % 8 == 0:
            word = (word << 8 | word >> 24) & 0xFFFFFFFF
        if at % 4 == 0:
            word = int.from_bytes(bytes(S[one] for one in word.to_bytes(4, "big")), "big")
        if at % 8 == 0:
            word, factor = word ^ factor << 24, factor << 1
        words.append(words[-8] ^ word)
    return words


def aes(words: "list[int]", data: bytes) -> bytes:
    state = list(map(operator.xor, struct.unpack(">4I", data), words))
    for at in range(4, 56, 4):
        turned = []
        for one in range(4):
            word = words[at + one]
            for shift in range(4):
                t = TURNS[state[(one + shift) % 4] >> 24 - 8 * shift & 255]
                word ^= (t >> 8 * shift | t << 32 - 8 * shift) & 0xFFFFFFFF
            turned.append(word)
        state = turned
    last = bytes(S[state[(at // 4 + at) % 4] >> 24 - 8 * (at % 4) & 255] for at in range(16))
    return bytes(map(operator.xor, last, struct.pack(">4I", *words[56:])))


class Gcm:  # AES-256-GCM: NIST SP 800-38D
    def __init__(self, key: bytes) -> None:
        self.words, power = expanded(key), 0
        power, self.powers = int.from_bytes(aes(self.words, bytes(16)), "big"), []
        for _ in range(128):
            self.powers.append(power)
            power = power >> 1 ^ (0xE1 << 120 if power & 1 else 0)

    def opened(self, nonce: bytes, sealed: bytes, bound: bytes) -> "bytes | None":
        data, tag, total = sealed[:-16], sealed[-16:], 0
        sizes = struct.pack(">QQ", 8 * len(bound), 8 * len(data))
        hashed = bound + bytes(-len(bound) % 16) + data + bytes(-len(data) % 16) + sizes
        for at in range(0, len(hashed), 16):
            mixed, total = total ^ int.from_bytes(hashed[at : at + 16], "big"), 0
            for bit, power in enumerate(self.powers):
                total ^= power if mixed >> 127 - bit & 1 else 0
        first = aes(self.words, nonce + b"\0\0\0\1")
        if not hmac.compare_digest(bytes(map(operator.xor, total.to_bytes(16, "big"), first)), tag):
            return None
        stream = (aes(self.words, nonce + struct.pack(">I", 2 + at)) for at in range(-(-len(data) // 16)))
        return bytes(map(operator.xor, data, b"".join(stream)))


def added(one: "tuple[int, ...]", other: "tuple[int, ...]") -> "tuple[int, ...]":  # RFC 8032, section 5.1.4
    (x, y, z, t), (v, w, u, s) = one, other
    a, b, c, d = (y - x) * (w - v), (y + x) * (w + v), 2 * t * s * D, 2 * z * u
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def many(number: int, point: "tuple[int, ...]") -> "tuple[int, ...]":
    total: "tuple[int, ...]" = (0, 1, 1, 0)
    for bit in f"{number:b}":
        total = added(total, total)
        total = added(total, point) if bit == "1" else total
    return total


def point_of(spelled: bytes) -> "tuple[int, ...] | None":
    y = int.from_bytes(spelled, "little") % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    sign = spelled[31] >> 7
    if y >= P or x * x % P != square or (not x and sign):
        return None
    x = x if x % 2 == sign else P - x
    return x, y, 1, x * y % P


def signed(public: bytes, label: str, document: bytes, signature: bytes) -> bool:  # Ed25519, section 5.1.7
    message, key = b"nskeys/" + label.encode() + b"/1\0" + document, point_of(public)
    base, s = point_of(bytes([88]) + bytes([102]) * 31), int.from_bytes(signature[32:], "little")
    if key is None or base is None or s >= GROUP or len(signature) != 64:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    x, y, z, _ = added(many(s, base), many(GROUP - int.from_bytes(digest, "little") % GROUP, key))
    unit = pow(z, P - 2, P)
    return (y * unit % P | (x * unit % P & 1) << 255).to_bytes(32, "little") == signature[:32]


def url(text: str, size: int = -1) -> bytes:  # base64url in its one spelling
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    spelled = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    require(spelled == text and size in (-1, len(data)), "it is damaged")
    return data


def canonical(value: object) -> bytes:  # RFC 8785, of the values that nskeys writes
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def parsed(data: bytes) -> "dict":
    value: "dict" = json.loads(data.decode())
    require(canonical(value) == data and isinstance(value, dict), "it is damaged")
    return value


def named(**members: str) -> str:  # RFC 7638
    return hashlib.sha256(canonical(members)).hexdigest()


def fact(data: bytes) -> "dict":
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def by_its_server(facts: "dict", label: str, signature: str) -> bool:
    same = named(crv="Ed25519", kty="OKP", x=facts["server_public"]) == facts["server_key"]
    return same and signed(url(facts["server_public"], 32), label, canonical(facts), url(signature, 64))


def keys_in(jwk_set: bytes) -> "tuple[dict, dict, dict]":  # and the facts; every thumbprint is made anew
    told, keys, copy_keys = parsed(jwk_set), {}, {}
    for jwk in told["keys"]:
        if jwk["kty"] == "oct":
            keys[named(k=jwk["k"], kty="oct")] = Gcm(url(jwk["k"], 32))
        else:
            secret = url(jwk["d"], 32)
            x = base64.urlsafe_b64encode(x25519(secret, (9).to_bytes(32, "little"))).rstrip(b"=").decode()
            copy_keys[named(crv="X25519", kty="OKP", x=x)] = secret
    same = [*keys, *copy_keys] == [jwk["kid"] for jwk in told["keys"]]
    require(same and by_its_server(told["facts"], "facts", told["sig"]), "the key backup is damaged")
    return told["facts"], keys, copy_keys


def members_of(data: bytes) -> "list[tuple[str, bytes]]":  # of a zip, laid out as nskeys does
    found: "list[tuple[str, bytes]]" = []
    at, built, central = 0, b"", b""
    while data[at : at + 4] == b"PK\3\4" and len(found) < 3:
        size, length = struct.unpack_from("<I", data, at + 18)[0], data[at + 26]
        name, member = data[at + 30 : at + 30 + length], data[at + 30 + length : at + 30 + length + size]
        shared = (10, 0, 0, 0, 33, zlib.crc32(member), len(member), len(member), length, 0)
        kind = (b"PK\1\2", 3 << 8 | 20)
        central += struct.pack("<4s6H3I5H2I", *kind, *shared, 0, 0, 0, 0o100600 << 16, len(built)) + name
        built += struct.pack("<4s5H3I2H", b"PK\3\4", *shared) + name + member
        found.append((name.decode("ascii"), member))
        at += 30 + length + size
    end = (b"PK\5\6", 0, 0, len(found), len(found), len(central), len(built), 0)
    require(built + central + struct.pack("<4s4H2IH", *end) == data, "it was cut, or changed")
    return found


def part_of(data: bytes, of: "dict") -> "tuple[dict, bytes]":  # its RESTORE.txt is for people, not checked
    require(len(data) <= 2**25, "it is larger than one")
    names, (text, manifest, cmdb) = zip(*members_of(data))
    require(names == ("RESTORE.txt", "manifest.json", "cmdb.age"), "it is no part of a database copy")
    told = parsed(manifest)
    facts = told["facts"]
    require(facts["format"] == "nskeys/cmdb/1", "it is of a newer version")
    known = set(facts) == set(FACTS.split()) and facts["database"] in ("SQLite", "PostgreSQL")
    require(known, "it says other things than a copy says")
    kept = facts["parts"][told["part"] - 1]
    same = told["members"] == {"cmdb.age": fact(cmdb), "RESTORE.txt": fact(text)} and len(told) == 4
    require(same and {**kept, **fact(cmdb)} == kept and told["part"] > 0, "a file in it is another one")
    whose = all(facts[name] == of[name] for name in ("server_key", "cmdb_id"))
    require(whose, "it is not of the server of this key backup")
    require(by_its_server(facts, "copy", told["sig"]), "its signature does not hold")
    require(cmdb.split(b"\n---")[0].count(b"\n-> ") == 1, "it is for more than its copy key")
    return told, cmdb


def lines_of(told: "dict", packed: bytes) -> "list[bytes]":
    size, unpacking = told["facts"]["parts"][told["part"] - 1]["unpacked"], zlib.decompressobj(31)
    plainly = packed[:8] == bytes.fromhex("1f8b080000000000") and 0 < size <= 200 * 2**20
    require(plainly, "it is not packed as one")
    data = unpacking.decompress(packed, size + 1)
    require(len(data) == size and unpacking.eof and not unpacking.unused_data, "it unpacks to another size")
    *lines, last, end = data.split(b"\n")
    counted = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    whole = not end and last == canonical({"lines": len(lines), "sha256": counted})
    require(whole, "its lines are not those that its last line counts")
    require(max(map(len, lines)) < 4 * 2**20, "a line of it is too long")
    return lines


def first_line(line: bytes, facts: "dict") -> "dict":
    header = parsed(line)
    if (stored := header["checkpoint"]) is not None:
        document, public = stored["document"].encode(), url(facts["server_public"], 32)
        same = hashlib.sha256(document).hexdigest() == facts["checkpoint"]
        held = same and signed(public, "checkpoint", document, url(stored["sig"], 64))
    else:
        held = facts["checkpoint"] is None
    require(held and header["cmdb_id"] == facts["cmdb_id"], "its checkpoint is another one")
    return header


def copied(files: "list[bytes]", of: "dict", copy_keys: "dict") -> "list[tuple]":  # all parts, in any order
    parts = sorted((part_of(data, of) for data in files), key=lambda part: part[0]["part"])
    facts, sig = parts[0][0]["facts"], parts[0][0]["sig"]
    same = all((told["facts"], told["sig"]) == (facts, sig) for told, _ in parts)
    require(same, "parts of two copies are mixed")
    count = len(facts["parts"])
    there = [told["part"] for told, _ in parts] == list(range(1, count + 1))
    require(there, f"not all of its {count} parts were named, each once")
    rows, kids, counts, wanted = [], {}, dict.fromkeys(TABLES, 0), facts["copy_key"]["kid"]
    require(wanted in copy_keys, "the key backup does not hold its copy key")
    seen, header = (0, None), None
    for told, cmdb in parts:
        first, *lines = lines_of(told, open_age(cmdb, b"", [copy_keys[wanted]]))
        header = header or first_line(first, facts)
        require(canonical({**header, "part": told["part"]}) == first, "its first line is another one")
        for line in lines:
            ((table, row),) = parsed(line).items()
            at = TABLES.index(table), row[KEYS.get(table, "number")]
            rising = at[0] > seen[0] or seen[1] is None or (at[0] == seen[0] and seen[1] < at[1])
            require(rising, "its rows are not in their order")
            seen, counts[table] = at, counts[table] + 1
            if table == "keys":
                kids[row["key_no"]] = row["kid"]
            elif table == "credentials":
                told_here = map(row.get, FIELDS.split())
                rows.append((row["id"], kids[row["key_no"]], *told_here, row["number"], url(row["sealed"])))
    by_key = [{"kid": kid, "credentials": sum(row[1] == kid for row in rows)} for kid in kids.values()]
    kinds = {kind: facts["kinds"].get(kind, 0) for kind in ("hierarchy", "pcanywhere", "run-as")}
    by_kind = {kind: sum(row[2] == kind for row in rows) for kind in kinds}
    left_out = sum(header["counts"].values()) - sum(counts.values()) if header else 0
    stated = [facts["tables"], facts["keys"], kinds, facts["left_out"]["count"]]
    require([counts, by_key, by_kind, left_out] == stated, "its rows are not those that it names")
    return rows


def stored_rows(path: str, of: "dict") -> "list[tuple]":
    wanted = "SELECT c.id, k.kid, kind, name, target, account, note, number, sealed FROM credentials c"
    cmdb = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    found = cmdb.execute("SELECT value FROM meta WHERE name = 'cmdb_id'").fetchone()
    require(found == (of["cmdb_id"],), "it is not the database of this key backup")
    return cmdb.execute(wanted + " JOIN keys k USING (key_no) ORDER BY c.id").fetchall()


def secret_in(row: "tuple", cmdb_id: str, keys: "dict") -> str:  # it opens only as it was sealed
    number, blob = row[7:]
    require(row[1] in keys, "its key is not in this backup")
    bound = b"nskeys/row/1\0" + bytes.fromhex(cmdb_id + row[1] + row[0]) + struct.pack(">Q", number)
    for text in row[2:7]:
        bound += struct.pack(">I", len(text.encode())) + text.encode()
    sound = blob[:1] == b"\1" and len(blob) > 29
    opened = keys[row[1]].opened(blob[1:13], blob[13:], bound) if sound else None
    secret, mark, zeros = (opened or b"").rpartition(b"\x80")
    require(bool(mark) and not zeros.strip(b"\0"), "it is not what was sealed")
    return secret.decode()


ODD = ValueError, LookupError, TypeError, AttributeError, OSError, struct.error, sqlite3.Error, zlib.error


def why_not(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "it is damaged"


def print_rows(jwk_set: bytes, names: "list[str]", only: str) -> int:
    try:
        of, keys, copy_keys = keys_in(jwk_set)
        files = [pathlib.Path(name).read_bytes() for name in names]
        database = len(files) == 1 and files[0][:6] == b"SQLite"
        rows = stored_rows(names[0], of) if database else copied(files, of, copy_keys)
    except ODD as error:
        sys.exit(f"Nothing was printed: {why_not(error)}.")
    rows, failed = [row for row in rows if not only or only in (row[3], f"{row[2]}/{row[3]}")], 0
    for at, row in enumerate(rows):
        told(at, len(rows), "credentials")
        try:
            opened = {**dict(zip(FIELDS.split(), row[2:7])), "secret": secret_in(row, of["cmdb_id"], keys)}
            sys.stdout.write(json.dumps(opened) + "\n")
        except ODD as error:
            failed += 1
            sys.stderr.write(ascii(f"{row[2]}/{row[3]} does not open: {why_not(error)}") + "\n")
    sys.stderr.write(f"\r{len(rows) - failed:,} of {len(rows):,} credentials opened.\n")
    return 1 if failed or (only and not rows) else 0


def arguments() -> "tuple[list[str], list[str], str]":
    files, rest, only, bare = sys.argv[1:], [], "", sys.argv[-1] == "--rows"
    if "--only" in files[:-1]:
        at = files.index("--only")
        files, only = files[:at] + files[at + 2 :], files[at + 1]
    if "--rows" in files:
        at = files.index("--rows")
        files, rest = files[:at], files[at + 1 :]
    if (
        bare
        or len(files) not in (1, 2)
        or (only and not rest)
        or any(one.startswith("--") for one in files + rest)
    ):
        sys.exit(
            "Usage: python3 -I open_kms.py keys.kms [identity.age] [--rows PART.zip ... [--only NAME]]"
        )
    return files, rest, only


if __name__ == "__main__":
    files, row_files, wanted_name = arguments()
    try:
        kms, *more = [pathlib.Path(name).read_bytes() for name in files]
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
        inside = open_age(kms, b"", secrets)
    else:
        inside = open_age(kms, asked(), [])
    if row_files:
        sys.exit(print_rows(inside, row_files, wanted_name))
    sys.stdout.buffer.write(inside + b"\n")
