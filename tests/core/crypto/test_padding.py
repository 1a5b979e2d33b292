"""Only a key holder can make a valid tag over another padding; even that is refused."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.crypto.keys import thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.model.credentials import (
    SECRET_LIMIT,
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
)
from nskeys.model.secret import SecretBytes

CMDB, ROW, NONCE = "c0" * 16, "ab" * 16, bytes(12)
KEY = SecretBytes(bytes(32))
FIELDS = CredentialFields(CredentialKind.RUN_AS, "n", "t", "a")
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
CREDENTIAL = Credential(ROW, FIELDS, thumbprint(KEY), MOMENT, MOMENT, 9)


def _sealed(plain: bytes) -> bytes:
    """A blob with this padded plaintext, spelled out from the specification."""
    aad = (
        b"nskeys/row/1\x00"
        + bytes.fromhex(CMDB)
        + bytes.fromhex(thumbprint(KEY))
        + bytes.fromhex(ROW)
        + bytes(7)
        + b"\x09"
    )
    for text in ("run-as", "n", "t", "a", ""):
        aad += len(text).to_bytes(4, "big") + text.encode()
    return b"\x01" + NONCE + AESGCM(KEY.reveal()).encrypt(NONCE, plain, aad)


@pytest.mark.parametrize(
    ("plain", "opens"),
    [
        (b"secret\x80" + bytes(57), True),
        (b"\x80" + bytes(63), True),
        (b"x" * 63 + b"\x80", True),
        (bytes(64), False),
        (b"secret\x81" + bytes(57), False),
        (b"secret\x80" + bytes(56) + b"\x01", False),
        (b"secret\x80" + bytes(121), False),
        (b"secret\x80", False),
        (b"x" * 70 + b"\x80", False),
        (b"x" * SECRET_LIMIT + b"\x80", True),
        (b"x" * (SECRET_LIMIT + 64) + b"\x80", False),
    ],
    ids=[
        "as written",
        "an empty secret",
        "the mark ends the block",
        "no mark",
        "another mark",
        "something behind it",
        "a whole block too many",
        "less than a block",
        "no multiple of 64",
        "the longest secret",
        "a secret longer than any",
    ],
)
def test_a_secret_has_one_padded_form(plain: bytes, *, opens: bool) -> None:
    assert Sealer(CMDB, thumbprint(KEY), KEY).opens(SealedCredential(CREDENTIAL, _sealed(plain))) is opens
