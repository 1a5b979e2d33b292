"""What the machine can do at best: the bare loops that the program is held against.

They open and re-seal the very rows of the program's own database, bound to their fields as core/FORMAT.md
demands, with nothing around: no transaction per batch, no audit, no checks, no progress.
"""

import csv
import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.benchmark.homes import PASSWORD

_ROWS = "SELECT id, number, kind, name, target, account, note, sealed FROM credentials"


def _aad(cmdb_id: str, kid: str) -> Callable[..., bytes]:
    prefix = b"nskeys/row/1\x00" + bytes.fromhex(cmdb_id) + bytes.fromhex(kid)

    def bound(credential_id: str, number: int, *fields: str) -> bytes:
        parts = [prefix, bytes.fromhex(credential_id), number.to_bytes(8, "big")]
        for field in fields:
            text = field.encode()
            parts += [len(text).to_bytes(4, "big"), text]
        return b"".join(parts)

    return bound


def open_all(path: Path, cmdb_id: str, kid: str, key: bytes) -> int:
    """SELECT and decrypt, in an SQLite file."""
    with closing(sqlite3.connect(path)) as database:
        return open_rows(database, cmdb_id, kid, key)


def open_rows(database: Any, cmdb_id: str, kid: str, key: bytes) -> int:
    """SELECT and decrypt, by any driver."""
    cipher, bound = AESGCM(key), _aad(cmdb_id, kid)
    opened = 0
    for *fields, blob in database.execute(_ROWS):
        cipher.decrypt(blob[1:13], blob[13:], bound(*fields))
        opened += 1
    return opened


def reseal_all(path: Path, cmdb_id: str, kid: str, key: bytes) -> int:
    """The same with UPDATE of secret and key, in one transaction as durable as the program's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=EXTRA")
        database.execute("BEGIN IMMEDIATE")
        sealed = reseal_rows(database, "?", cmdb_id, kid, key)
        database.execute("COMMIT")
    return sealed


def reseal_rows(database: Any, mark: str, cmdb_id: str, kid: str, key: bytes) -> int:
    """SELECT, decrypt, encrypt, UPDATE, by a driver with this mark for parameters."""
    cipher, bound = AESGCM(key), _aad(cmdb_id, kid)
    fresh = []
    for *fields, blob in database.execute(_ROWS):
        aad = bound(*fields)
        plain = cipher.decrypt(blob[1:13], blob[13:], aad)
        nonce = os.urandom(12)
        fresh.append((b"\x01" + nonce + cipher.encrypt(nonce, plain, aad), fields[0]))
    update = f"UPDATE credentials SET sealed = {mark}, key_no = key_no + 1 WHERE id = {mark}"
    database.cursor().executemany(update, fresh)
    return len(fresh)


_INSERT = (
    "INSERT INTO credentials (key_no, kind, name, target, account, note, number, created, updated,"
    " sealed, id) VALUES (1, 'run-as', ?, ?, ?, ?, 2, 0, 0, ?, ?)"
)
LISTING = (
    "INSERT INTO listing (kind, by_kind, by_name, by_target, by_account, by_updated, haystack, id)"
    " VALUES ('run-as', ?, ?, ?, ?, ?, ?, ?)"
)


def import_all(path: Path, export: Path, cmdb_id: str, kid: str, key: bytes) -> int:
    """Read a CSV, encrypt, and insert into both tables in the order of the ids, in one transaction as
    durable as the program's."""
    cipher, bound = AESGCM(key), _aad(cmdb_id, kid)
    rows: list[tuple[Any, ...]] = []
    with export.open(encoding="utf-8", newline="") as file:
        for _, name, account, secret, target, note, *_ in islice(csv.reader(file), 1, None):
            credential_id, nonce = os.urandom(16).hex(), os.urandom(12)
            plain = secret.encode() + b"\x80"
            plain += bytes(-len(plain) % 64)
            aad = bound(credential_id, 2, "run-as", name, target, account, note)
            blob = b"\x01" + nonce + cipher.encrypt(nonce, plain, aad)
            rows.append((name, target, account, note, blob, credential_id))
    rows.sort(key=itemgetter(5))
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=EXTRA")
    database.execute("BEGIN IMMEDIATE")
    database.executemany(_INSERT, rows)
    database.executemany(
        LISTING, (listed(name, target, account, row[-1]) for name, target, account, *row in rows)
    )
    database.execute("COMMIT")
    database.close()
    return len(rows)


def listed(name: str, target: str, account: str, credential_id: str) -> tuple[str, ...]:
    """Return the values of a row of `listing`, without what makes the program's an order."""
    name, target, account = name.lower(), target.lower(), account.lower()
    keys = (f"run-as/{name}", name, f"{target}\x01{name}", f"{account}\x01{name}", f"2026\x01{name}")
    return (*keys, f"{name}\n{target}\n{account}\n\n\n", credential_id)


COUNT_BY_KEY = "SELECT key_no, kind, count(*), min(number) FROM credentials GROUP BY key_no, kind"


def count_by_key(path: Path) -> int:
    """SELECT how many credentials of a kind each key seals, and the lowest number among them."""
    with closing(sqlite3.connect(path)) as database:
        return len(database.execute(COUNT_BY_KEY).fetchall())


def one_scrypt() -> bytes:
    """One password derivation at the work factor of a backup."""
    return hashlib.scrypt(PASSWORD.encode(), salt=bytes(16), n=2**18, r=8, p=1, maxmem=2**29, dklen=32)


def two_changes(path: Path, documents: bool) -> None:
    """A credential in and out again, each in a durable transaction of its own with every row that a change
    writes; with `documents` also what lies in the home before and after a commit, as durably."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=EXTRA")
    [head, *_] = database.execute("SELECT max(no), digest FROM audit").fetchall()
    values = ("one-change", "target", "account", "", bytes(93), "f" * 32)
    adding = (
        (_INSERT, values),
        (LISTING, listed(*values[:3], values[-1])),
    )
    removing = tuple(
        (f"DELETE FROM {table} WHERE id = ?", values[-1:]) for table in ("credentials", "listing")
    )
    for number, rows in enumerate((adding, removing), head[0] + 1):
        database.execute("BEGIN IMMEDIATE")
        for statement, given in rows:
            database.execute(statement, given)
        database.execute("UPDATE keys SET seals = seals + 1, row_sum = ?", (str(number),))
        database.execute("UPDATE meta SET value = ? WHERE name = 'number'", (str(number),))
        database.execute("INSERT INTO audit VALUES (?, ?, ?)", (number, "a line " * 40, head[1]))
        database.execute("UPDATE checkpoint SET signature = ?", (number.to_bytes(64, "big"),))
        if documents:
            _lay_down(path.with_name("next"))
        database.execute("COMMIT")
        if documents:
            _name_again(path.with_name("next"), path.with_name("checkpoint"))
    database.close()


def _lay_down(path: Path) -> None:
    """Write a document of two kilobytes, flush it, give it its name, and flush that."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(bytes(2_048))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _flush_names(path.parent)


def _name_again(path: Path, name: Path) -> None:
    """Give a document that is on the medium another's name, flush that, and take its own away."""
    part = path.with_suffix(".part")
    os.link(path, part)
    part.replace(name)
    _flush_names(path.parent)
    path.unlink()


def _flush_names(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)
