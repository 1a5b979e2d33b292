"""Sealed secrets and the inventory of a key (section 3)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.second_reader.refusal import Refused, refuse_unless

BLOCK = 64
SMALLEST, LARGEST = 93, 65_565
SUM_BYTES = 256


@dataclass(frozen=True)
class Row:
    """A credential as its row holds it, with the kid of its key."""

    id: str
    kid: str
    kind: str
    name: str
    target: str
    account: str
    note: str
    number: int
    created: int
    updated: int
    sealed: bytes


def spell_field(value: str | bytes) -> bytes:
    """Spell a field: its length, then its bytes."""
    data = value.encode("utf-8") if isinstance(value, str) else value
    return len(data).to_bytes(4, "big") + data


def open_secret(row: Row, cmdb_id: str, key: bytes) -> bytes:
    """Open the secret of a row (R-3.1 to R-3.3, R-10.9)."""
    blob = row.sealed
    refuse_unless(len(blob) <= LARGEST, "does not open", "R-10.9", f"a blob of {len(blob)} bytes")
    fits = len(blob) >= SMALLEST and (len(blob) - SMALLEST) % BLOCK == 0 and blob[0] == 1
    refuse_unless(
        fits, "does not open", "R-3.1", f"a blob of {len(blob)} bytes that begins with {blob[:1].hex()}"
    )
    try:
        plain = AESGCM(key).decrypt(blob[1:13], blob[13:], bind_row(row, cmdb_id))
    except InvalidTag as error:
        raise Refused("does not open", "R-3.2", "the tag does not fit") from error
    secret = plain.rstrip(b"\0")
    fits = len(plain) - len(secret) < BLOCK and secret.endswith(b"\x80")
    refuse_unless(fits, "does not open", "R-3.3", "another padding")
    return secret[:-1]


def bind_row(row: Row, cmdb_id: str) -> bytes:
    """Give the AAD of a row; one whose ids or number have no spelling opens under none."""
    try:
        ids = bytes.fromhex(cmdb_id + row.kid + row.id)
        aad = b"nskeys/row/1\0" + ids + row.number.to_bytes(8, "big")
    except (ValueError, OverflowError) as error:
        raise Refused("does not open", "R-3.2", f"the row has no AAD: {error}") from error
    for value in (row.kind, row.name, row.target, row.account, row.note):
        aad += spell_field(value)
    return aad


def hash_row(row: Row, cmdb_id: str) -> int:
    """Compute h of a row, as a number."""
    shake = hashlib.shake_128(b"nskeys/inventory/1\0" + bytes.fromhex(cmdb_id + row.kid))
    for value in (row.id, row.kind, row.name, row.target, row.account, row.note):
        shake.update(spell_field(value))
    for whole in (row.number, row.created, row.updated):
        shake.update(spell_field(str(whole)))
    shake.update(spell_field(row.sealed))
    return int.from_bytes(shake.digest(SUM_BYTES), "big")


def sum_rows(rows: Iterable[Row], cmdb_id: str) -> bytes:
    """Compute the `row_sum` of the rows of one key."""
    total: int = sum(hash_row(row, cmdb_id) for row in rows) % (1 << 8 * SUM_BYTES)
    return total.to_bytes(SUM_BYTES, "big")
