"""The plaintext of a `.kms`: a JWK Set (RFC 7517) with the facts and their signature beside its keys.

    {"facts": {...}, "keys": [{"kty": "oct", ...}, ...], "sig": "..."}

Any JWK reader finds the keys; nskeys also finds what the backup says of itself. The server key is not among
them: it never leaves its machine, so whoever opens a backup can sign nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from nskeys.archive.copy_key_jwk import copy_key_from_jwk, copy_key_to_jwk
from nskeys.archive.facts_json import facts_from_json, facts_to_json
from nskeys.archive.limits import KEYS_LIMIT, PAYLOAD_LIMIT
from nskeys.crypto.keys import KEY_SIZE, thumbprint
from nskeys.crypto.signing import SIGNATURE_SIZE, verify
from nskeys.model.backup import BackedUpKey, BackupFacts, KmsContents
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json, Malformed, canonical_json, parse, to_base64url
from nskeys.reasons import Problem


def signed_document(facts: BackupFacts) -> bytes:
    """Return the document that the server key signs: the facts in RFC 8785 form."""
    return canonical_json(facts_to_json(facts))


def payload_bytes(contents: KmsContents) -> bytes:
    """Return the JWK Set in RFC 8785 form. It holds every key in the clear."""
    jwks: list[Json] = [_key_to_jwk(key) for key in contents.keys]
    jwks += [copy_key_to_jwk(held) for held in contents.copy_keys]
    return canonical_json(
        {
            "facts": facts_to_json(contents.facts),
            "keys": jwks,
            "sig": to_base64url(contents.signature),
        }
    )


def facts_are_signed(facts: BackupFacts, signature: bytes) -> bool:
    """Return whether the server key that the facts carry signed them."""
    return verify(facts.server_public, "facts", signed_document(facts), signature)


def payload_contents(data: bytes) -> KmsContents:
    """Return its content; the thumbprint of every key was recomputed and compared, the signature is not
    checked here. Raises Malformed, NewerVersion."""
    value = parse(data, PAYLOAD_LIMIT)
    if not isinstance(value, dict) or "facts" not in value:
        raise Malformed(Problem.WRONG_FIELDS)
    # The facts come first: a newer format may differ in everything else.
    facts = facts_from_json(value["facts"])
    fields = Fields(value).only("facts", "keys", "sig")
    jwks = fields.items("keys", 2 * KEYS_LIMIT)
    if any(isinstance(jwk, dict) and jwk.get("crv") == "Ed25519" for jwk in jwks):
        raise Malformed(Problem.SERVER_KEY)
    if len(jwks) != len(facts.keys) + len(facts.copy_keys):
        raise Malformed(Problem.KEYS_AND_FACTS)
    jwks, copy_jwks = jwks[: len(facts.keys)], jwks[len(facts.keys) :]
    return KmsContents(
        facts=facts,
        signature=fields.binary("sig", SIGNATURE_SIZE),
        keys=_backed_up_keys(jwks, facts),
        copy_keys=tuple(map(copy_key_from_jwk, copy_jwks, facts.copy_keys)),
    )


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
