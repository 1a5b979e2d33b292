"""Shares of a fixed secret: SLIP-39 with fixed randomness."""

import hashlib
from itertools import count
from unittest.mock import patch

import shamir_mnemonic.shamir
from shamir_mnemonic import EncryptedMasterSecret, split_ems

from nskeys.model.recovery import IdentityKind
from tests.vectors.positives import IDENTITIES

CUSTODIANS = bytes.fromhex(IDENTITIES[IdentityKind.CUSTODIANS][1])
SET = 123
"""The identifier whose shares begin with the words `acquire surprise`."""


def custodians_shares(secret: bytes = CUSTODIANS, identifier: int = SET) -> list[str]:
    """Return five shares, of which three give the secret."""
    numbers = count()

    def drawn(size: int) -> bytes:
        return hashlib.sha256(b"%b %d" % (secret, next(numbers))).digest()[:size]

    encrypted = EncryptedMasterSecret.from_master_secret(
        secret, b"", identifier, extendable=True, iteration_exponent=0
    )
    with patch.object(shamir_mnemonic.shamir, "RANDOM_BYTES", drawn):
        (group,) = split_ems(1, [(3, 5)], encrypted)
    return [share.mnemonic() for share in group]
