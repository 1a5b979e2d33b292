"""The plaintext of a `.kms`: a JWK Set (RFC 7517) with the facts and their signature beside its keys.

    {"facts": {...}, "keys": [{"kty": "oct", ...}, ..., {"kty": "OKP", ...}], "sig": "..." | null}

Any JWK reader finds the keys; nskeys also finds what the backup says of itself.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from nskeys.archive.facts_json import facts_from_json, facts_to_json
from nskeys.archive.limits import KEYS_LIMIT, PAYLOAD_LIMIT
from nskeys.crypto.keys import KEY_SIZE, server_thumbprint, thumbprint
from nskeys.crypto.signing import SIGNATURE_SIZE, public_of
from nskeys.model.backup import BackedUpKey, BackupFacts, KmsContents
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json, Malformed, binary, canonical_json, parse, to_base64url
from nskeys.reasons import Problem


def signed_document(facts: BackupFacts) -> bytes:
    """Return the document that the server key signs: the facts in RFC 8785 form."""
    return canonical_json(facts_to_json(facts))


def payload_bytes(contents: KmsContents) -> bytes:
    """Return the JWK Set in RFC 8785 form. It holds every key in the clear."""
    jwks: list[Json] = [_key_to_jwk(key) for key in contents.keys]
    if contents.server_key is not None:
        jwks.append(_server_key_to_jwk(contents.server_key))
    signature = contents.signature
    return canonical_json(
        {
            "facts": facts_to_json(contents.facts),
            "keys": jwks,
            "sig": None if signature is None else to_base64url(signature),
        }
    )


def payload_contents(data: bytes) -> KmsContents:
    """Return its content; the thumbprint of every key was recomputed and compared. Raises Malformed,
    NewerVersion."""
    value = parse(data, PAYLOAD_LIMIT)
    if not isinstance(value, dict) or "facts" not in value:
        raise Malformed(Problem.WRONG_FIELDS)
    # The facts come first: a newer format may differ in everything else.
    facts = facts_from_json(value["facts"])
    fields = Fields(value).only("facts", "keys", "sig")
    jwks = list(fields.items("keys", KEYS_LIMIT + 1))
    server_key = _server_key(jwks.pop()) if len(jwks) == len(facts.keys) + 1 else None
    if len(jwks) != len(facts.keys):
        raise Malformed(Problem.KEYS_AND_FACTS)
    return KmsContents(
        facts=facts,
        signature=signature_from_json(fields.take("sig")),
        keys=_backed_up_keys(jwks, facts),
        server_key=server_key,
    )


def signature_from_json(value: Json) -> bytes | None:
    """Return an Ed25519 signature, or None for an unsigned backup. Raises Malformed."""
    return None if value is None else binary(value, SIGNATURE_SIZE)


def _key_to_jwk(key: BackedUpKey) -> Json:
    return {
        "kty": "oct",
        "use": "enc",
        "alg": "A256GCM",
        "kid": key.info.kid,
        "k": to_base64url(key.material.reveal()),
        "iat": int(key.info.created.timestamp()),
        "state": key.info.state.value,
    }


def _backed_up_keys(jwks: Sequence[Json], facts: BackupFacts) -> tuple[BackedUpKey, ...]:
    keys = []
    for jwk, fact in zip(jwks, facts.keys, strict=True):
        fields = Fields(jwk).only("kty", "use", "alg", "kid", "k", "iat", "state")
        material = SecretBytes(fields.binary("k", KEY_SIZE))
        if thumbprint(material) != fields.take("kid"):
            raise Malformed(Problem.WRONG_KEY)
        created = datetime.fromtimestamp(fields.integer("iat", highest=253_402_300_799), UTC)
        names = ("kty", "use", "alg", "kid", "state")
        stated = (*map(fields.take, names), created)
        if stated != ("oct", "enc", "A256GCM", fact.info.kid, fact.info.state.value, fact.info.created):
            raise Malformed(Problem.KEYS_AND_FACTS)
        keys.append(BackedUpKey(fact.info, material))
    return tuple(keys)


def _server_key_to_jwk(seed: SecretBytes) -> Json:
    public = public_of(seed)
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": "EdDSA",
        "kid": server_thumbprint(public),
        "x": to_base64url(public),
        "d": to_base64url(seed.reveal()),
    }


def _server_key(jwk: Json) -> SecretBytes:
    seed = SecretBytes(Fields(jwk).binary("d", KEY_SIZE))
    if jwk != _server_key_to_jwk(seed):
        raise Malformed(Problem.SERVER_KEY)
    return seed
