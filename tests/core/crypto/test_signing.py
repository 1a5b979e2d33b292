"""Signatures hold for the document, the kind of document and the signer they were made for."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import SIGNATURE_SIZE, public_of, sign, verify
from nskeys.model.secret import SecretBytes

SEED = SecretBytes(bytes(range(32)))
PUBLIC = public_of(SEED)
DOCUMENT = b'{"generation":41}'
SIGNATURE = sign(SEED, "facts", DOCUMENT)


def test_a_signature_holds_for_what_was_signed() -> None:
    assert len(SIGNATURE) == SIGNATURE_SIZE == 64
    assert verify(PUBLIC, "facts", DOCUMENT, SIGNATURE)


def test_what_is_signed_is_the_kind_a_zero_byte_and_the_document() -> None:
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(SIGNATURE, b"nskeys/facts/1\x00" + DOCUMENT)


@pytest.mark.parametrize("what", ["register", "audit", "fact"])
def test_a_signature_over_one_kind_of_document_is_none_over_another(what: str) -> None:
    assert not verify(PUBLIC, what, DOCUMENT, SIGNATURE)


def test_every_flipped_bit_of_a_signature_or_its_document_is_noticed() -> None:
    for bit in range(8 * 64):
        damaged = bytearray(SIGNATURE)
        damaged[bit // 8] ^= 1 << bit % 8
        assert not verify(PUBLIC, "facts", DOCUMENT, bytes(damaged))
    for bit in range(8 * len(DOCUMENT)):
        changed = bytearray(DOCUMENT)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verify(PUBLIC, "facts", bytes(changed), SIGNATURE)


def test_another_server_key_did_not_sign_it() -> None:
    assert not verify(public_of(new_server_seed()), "facts", DOCUMENT, SIGNATURE)


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        (b"", SIGNATURE),
        (PUBLIC[:31], SIGNATURE),
        (bytes(32), SIGNATURE),
        (PUBLIC, b""),
        (PUBLIC, bytes(64)),
    ],
)
def test_what_is_no_key_or_no_signature_does_not_hold(public: bytes, signature: bytes) -> None:
    assert not verify(public, "facts", DOCUMENT, signature)
