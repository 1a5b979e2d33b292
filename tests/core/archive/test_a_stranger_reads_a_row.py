"""Twenty lines written from core/FORMAT.md alone open a sealed row with a backup's JWK Set.

The reading part imports nothing of nskeys: the JWK Set is what Debian's `age` or `open_kms.py` prints, the
row is what any SQL client shows.
"""

import base64
import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VECTORS = Path(__file__).parents[2] / "vectors" / "format-1"
READER = Path(__file__).parents[3] / "core" / "nskeys" / "archive" / "reader" / "open_kms.py"
TOLD = json.loads((VECTORS / "sealed_rows.json").read_text("utf-8"))


def read_row(jwk_set: str, cmdb_id: str, row: dict[str, Any]) -> str:
    """The secret of a row, from core/FORMAT.md sections 2 and 3."""
    for jwk in json.loads(jwk_set)["keys"]:
        if jwk["kty"] != "oct" or jwk["kid"] != row["kid"]:
            continue
        named = json.dumps({"k": jwk["k"], "kty": "oct"}, separators=(",", ":"))
        assert hashlib.sha256(named.encode()).hexdigest() == jwk["kid"]
        key = base64.urlsafe_b64decode(jwk["k"] + "=")
        bound = b"nskeys/row/1\x00" + bytes.fromhex(cmdb_id + row["kid"] + row["credential_id"])
        bound += struct.pack(">Q", row["number"])
        for field in ("kind", "name", "target", "account", "note"):
            text = row[field].encode("utf-8")
            bound += struct.pack(">I", len(text)) + text
        blob = bytes.fromhex(row["blob"])
        assert blob[0] == 1
        plain: bytes = AESGCM(key).decrypt(blob[1:13], blob[13:], bound)
        secret, mark, zeros = plain.rpartition(b"\x80")
        assert mark
        assert not zeros.strip(b"\x00")
        return secret.decode("utf-8")
    raise AssertionError("no key of the backup sealed this row")


@pytest.fixture(scope="module")
def jwk_set() -> str:
    """What is inside the released `.kms`, as the reader in every archive prints it."""
    password: str = json.loads((VECTORS / "password.json").read_text("utf-8"))["password"]
    command = [sys.executable, "-I", str(READER), str(VECTORS / "password.kms")]
    ran = subprocess.run(command, input=password.encode(), capture_output=True, check=True)
    return ran.stdout.decode("utf-8")


@pytest.mark.parametrize("row", TOLD["rows"], ids=lambda row: row["name"])
def test_a_stranger_reads_a_row(jwk_set: str, row: dict[str, Any]) -> None:
    assert read_row(jwk_set, TOLD["cmdb_id"], row) == row["secret"]
