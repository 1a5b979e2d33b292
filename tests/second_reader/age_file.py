"""An age file: header, MAC and payload (section 4: R-4.8, R-4.9)."""

import hmac
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.second_reader.age_header import Header, parse_header
from tests.second_reader.age_stanzas import Opener, derive
from tests.second_reader.refusal import Refused, refuse_unless

CHUNK = 65536
TAG = 16


def open_age(data: bytes, opener: Opener) -> bytes:
    """Decrypt an age file."""
    return open_parsed(parse_header(data), opener)


def open_parsed(header: Header, opener: Opener) -> bytes:
    """Decrypt an age file whose header was parsed: file key, MAC, payload."""
    file_key = opener.find_file_key(header)
    mac = hmac.digest(derive(file_key, b"", b"header"), header.authenticated, sha256)
    refuse_unless(hmac.compare_digest(mac, header.mac), "damaged", "R-4.8", "the MAC does not fit")
    nonce, chunks = header.payload[:16], header.payload[16:]
    return open_chunks(derive(file_key, nonce, b"payload"), chunks)


def open_chunks(key: bytes, data: bytes) -> bytes:
    """Decrypt the chunks behind the nonce."""
    cipher = ChaCha20Poly1305(key)
    starts = range(0, max(len(data), 1), CHUNK + TAG)
    plain = []
    for index, start in enumerate(starts):
        last = start == starts[-1]
        nonce = index.to_bytes(11, "big") + (b"\1" if last else b"\0")
        try:
            chunk = cipher.decrypt(nonce, data[start : start + CHUNK + TAG], None)
        except InvalidTag as error:
            raise Refused("damaged", "R-4.9", f"chunk {index} does not open") from error
        refuse_unless(bool(chunk) or index == 0, "damaged", "R-4.9", "an empty last chunk behind another")
        plain.append(chunk)
    return b"".join(plain)
