"""What the machine can do at best: the bare loops that the program is held against.

They open and re-seal the very rows of the program's own database, bound to their fields as core/FORMAT.md
demands, with nothing around: no transaction per batch, no audit, no checks, no progress.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.benchmark.homes import PASSWORD

_ROWS = "SELECT id, kind, name, target, account, note, sealed FROM credentials"


def _aad(cmdb_id: str, kid: str) -> Callable[..., bytes]:
    prefix = b"nskeys/row/1\x00" + bytes.fromhex(cmdb_id) + bytes.fromhex(kid)

    def bound(credential_id: str, *fields: str) -> bytes:
        parts = [prefix, bytes.fromhex(credential_id)]
        for field in fields:
            text = field.encode()
            parts += [len(text).to_bytes(4, "big"), text]
        return b"".join(parts)

    return bound


def open_all(path: Path, cmdb_id: str, kid: str, key: bytes) -> int:
    """SELECT and decrypt."""
    cipher, bound = AESGCM(key), _aad(cmdb_id, kid)
    database = sqlite3.connect(path)
    opened = 0
    for *fields, blob in database.execute(_ROWS):
        cipher.decrypt(blob[1:13], blob[13:], bound(*fields))
        opened += 1
    database.close()
    return opened


def reseal_all(path: Path, cmdb_id: str, kid: str, key: bytes) -> int:
    """SELECT, decrypt, encrypt, UPDATE secret and key, in one transaction as durable as the program's."""
    cipher, bound = AESGCM(key), _aad(cmdb_id, kid)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=EXTRA")
    database.execute("BEGIN IMMEDIATE")
    fresh = []
    for *fields, blob in database.execute(_ROWS):
        aad = bound(*fields)
        plain = cipher.decrypt(blob[1:13], blob[13:], aad)
        nonce = os.urandom(12)
        fresh.append((b"\x01" + nonce + cipher.encrypt(nonce, plain, aad), fields[0]))
    update = "UPDATE credentials SET sealed = ?, key_no = key_no + 1 WHERE id = ?"
    database.executemany(update, fresh)
    database.execute("COMMIT")
    database.close()
    return len(fresh)


def count_by_key(path: Path) -> int:
    """SELECT the number and the earliest sealing of each key's credentials of a kind."""
    database = sqlite3.connect(path)
    rows = database.execute(
        "SELECT key_no, kind, count(*), min(sealed_at) FROM credentials GROUP BY key_no, kind"
    ).fetchall()
    database.close()
    return len(rows)


def one_scrypt() -> bytes:
    """One password derivation at the work factor of a backup."""
    return hashlib.scrypt(PASSWORD.encode(), salt=bytes(16), n=2**18, r=8, p=1, maxmem=2**29, dklen=32)
