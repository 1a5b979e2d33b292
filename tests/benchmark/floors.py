"""What the machine can do at best: the bare loops that the program is held against."""

import hashlib
import os
import sqlite3
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.benchmark.homes import PASSWORD

_KEY = bytes(range(32))


def make_raw(path: Path, rows: int) -> None:
    """A bare table of sealed rows, as wide as the program's."""
    cipher = AESGCM(_KEY)
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE c (id TEXT PRIMARY KEY, name TEXT, target TEXT, account TEXT, sealed BLOB)"
        )
        database.executemany("INSERT INTO c VALUES (?, ?, ?, ?, ?)", (_row(cipher, n) for n in range(rows)))
    database.close()


def _row(cipher: AESGCM, number: int) -> tuple[str, str, str, str, bytes]:
    nonce = os.urandom(12)
    blob = nonce + cipher.encrypt(nonce, bytes(64), b"row")
    return f"{number:032x}", f"package-{number:06d}", f"finance-{number % 97}", "CORP\\svc", blob


def open_all(path: Path) -> int:
    """SELECT and decrypt, nothing else."""
    cipher = AESGCM(_KEY)
    database = sqlite3.connect(path)
    opened = 0
    for _, _, _, _, blob in database.execute("SELECT id, name, target, account, sealed FROM c"):
        cipher.decrypt(blob[:12], blob[12:], b"row")
        opened += 1
    database.close()
    return opened


def reseal_all(path: Path) -> int:
    """SELECT, decrypt, encrypt, UPDATE, in one transaction."""
    cipher = AESGCM(_KEY)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=EXTRA")
    database.execute("BEGIN IMMEDIATE")
    fresh = []
    for row_id, blob in database.execute("SELECT id, sealed FROM c"):
        plain = cipher.decrypt(blob[:12], blob[12:], b"row")
        nonce = os.urandom(12)
        fresh.append((nonce + cipher.encrypt(nonce, plain, b"row"), row_id))
    database.executemany("UPDATE c SET sealed = ? WHERE id = ?", fresh)
    database.execute("COMMIT")
    database.close()
    return len(fresh)


def one_scrypt() -> bytes:
    """One password derivation at the work factor of a backup."""
    return hashlib.scrypt(PASSWORD.encode(), salt=bytes(16), n=2**18, r=8, p=1, maxmem=2**29, dklen=32)
