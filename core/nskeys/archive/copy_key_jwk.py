"""A copy key as a JWK (RFC 7517, RFC 8037): an X25519 pair, with its private half.

The member `age` spells the private half once more, as an identity of age: with it, age and gunzip open a
database copy.
"""

from datetime import UTC, datetime

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.crypto.age_primitives import X25519_SIZE, x25519_public
from nskeys.crypto.keys import copy_thumbprint
from nskeys.model.copy_keys import CopyKey, HeldCopyKey
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json, Malformed, to_base64url
from nskeys.reasons import Problem

_LATEST = 253_402_300_799


def new_copy_key(now: datetime) -> HeldCopyKey:
    """Return a new copy key; the caller wipes it."""
    secret = X25519Identity.new().secret
    return HeldCopyKey(CopyKey(copy_thumbprint(x25519_public(secret)), now), secret)


def identity_of(held: HeldCopyKey) -> X25519Identity:
    """Return the copy key as an identity of age, which is wiped with it."""
    return X25519Identity(held.secret)


def copy_key_to_jwk(held: HeldCopyKey) -> Json:
    """Return the JWK. It holds the private half in the clear."""
    with identity_of(held).spelled() as line:
        spelled = line.reveal().decode("ascii")
    return {
        "kty": "OKP",
        "crv": "X25519",
        "use": "enc",
        "kid": held.key.kid,
        "x": to_base64url(x25519_public(held.secret)),
        "d": to_base64url(held.secret.reveal()),
        "iat": int(held.key.created.timestamp()),
        "age": spelled,
    }


def copy_key_from_jwk(jwk: Json, expected: CopyKey) -> HeldCopyKey:
    """Return the copy key in a JWK; its thumbprint was recomputed and compared. Raises Malformed where it
    is not spelled as `copy_key_to_jwk` does, or not the `expected` one."""
    fields = Fields(jwk)
    created = datetime.fromtimestamp(fields.integer("iat", highest=_LATEST), UTC)
    secret = SecretBytes(fields.binary("d", X25519_SIZE))
    held = HeldCopyKey(CopyKey(copy_thumbprint(x25519_public(secret)), created), secret)
    if jwk != copy_key_to_jwk(held):
        raise Malformed(Problem.WRONG_KEY)
    if held.key != expected:
        raise Malformed(Problem.KEYS_AND_FACTS)
    return held
