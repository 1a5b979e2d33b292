"""The plaintext of a `.kms`: a JWK Set with facts (section 4: R-4.10 to R-4.12, R-4.14)."""

from dataclasses import dataclass, field
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.bech32 import spell_identity
from tests.second_reader.canonical import read_document, spell
from tests.second_reader.facts import STATES, check_facts
from tests.second_reader.names import name_key, name_public, public_of_x25519, signature_holds
from tests.second_reader.refusal import refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, read_time, record

MOST_BYTES = 8 * 2**20

KEY = record(
    {
        "kty": shapes.token("oct"),
        "use": shapes.token("enc"),
        "alg": shapes.token("A256GCM"),
        "kid": shapes.digest,
        "k": shapes.octets(32),
        "iat": shapes.count,
        "state": shapes.token(*STATES),
    }
)
COPY_KEY = record(
    {
        "kty": shapes.token("OKP"),
        "crv": shapes.token("X25519"),
        "use": shapes.token("enc"),
        "kid": shapes.digest,
        "x": shapes.octets(32),
        "d": shapes.octets(32),
        "iat": shapes.count,
        "age": shapes.text(),
    }
)


@dataclass(frozen=True)
class OpenedBackup:
    """What a key backup gives once it is open."""

    facts: dict[str, Any]
    sig: str
    keys: dict[str, bytes] = field(repr=False)
    copy_keys: dict[str, bytes] = field(repr=False)


def read_jwk_set(data: bytes) -> OpenedBackup:
    """Read the JWK Set, recompute every thumbprint, compare with the facts, check the signature."""
    refuse_unless(len(data) <= MOST_BYTES, "damaged", "R-10.3", "a JWK Set of more than 8 MiB")
    document = read_document(data)
    refuse_unless(isinstance(document, dict), "damaged", "R-1.6", "no object")
    check_facts(document.get("facts"))
    whole = record(
        {"facts": lambda value, path: None, "keys": shapes.array(is_object), "sig": shapes.octets(64)}
    )
    whole(document, "set")
    facts, found = document["facts"], document["keys"]
    server_keys = [key for key in found if key.get("crv") == "Ed25519"]
    refuse_unless(not server_keys, "damaged", "R-4.11", "a server key")
    expected = len(facts["keys"]) + len(facts["copy_keys"])
    refuse_unless(len(found) == expected, "damaged", "R-4.10", f"{len(found)} keys for {expected}")
    keys, copy_keys = {}, {}
    for key, fact in zip(found, facts["keys"], strict=False):
        keys[fact["kid"]] = read_key(key, fact)
    for key, fact in zip(found[len(facts["keys"]) :], facts["copy_keys"], strict=True):
        copy_keys[fact["kid"]] = read_copy_key(key, fact)
    sig, public = decode_base64url(document["sig"]), decode_base64url(facts["server_public"])
    holds = signature_holds("facts", spell(facts), sig, public)
    refuse_unless(holds, "not signed", "R-4.14", "sig is not by server_public")
    return OpenedBackup(facts, document["sig"], keys, copy_keys)


def is_object(value: Any, path: str) -> None:
    """Check that a value is an object."""
    refuse_unless(isinstance(value, dict), "damaged", "R-4.12", f"{path} is no object")


def read_key(key: dict[str, Any], fact: dict[str, Any]) -> bytes:
    """Read a key, which must be the one that the facts name at its place."""
    with under_rule("R-4.12"):
        KEY(key, "key")
    refuse_unless(key["kid"] == fact["kid"], "damaged", "R-4.10", "another key than the facts name here")
    same = key["iat"] == read_time(fact["created"]) and key["state"] == fact["state"]
    refuse_unless(same, "damaged", "R-4.12", "iat or state is not that of the facts")
    secret = decode_base64url(key["k"])
    refuse_unless(name_key(secret) == key["kid"], "damaged", "R-2.1", "the thumbprint is not the kid")
    return secret


def read_copy_key(key: dict[str, Any], fact: dict[str, Any]) -> bytes:
    """Read a copy key, which must be the one that the facts name at its place."""
    with under_rule("R-4.12"):
        COPY_KEY(key, "copy key")
    refuse_unless(
        key["kid"] == fact["kid"], "damaged", "R-4.10", "another copy key than the facts name here"
    )
    refuse_unless(
        key["iat"] == read_time(fact["created"]), "damaged", "R-4.12", "iat is not that of the facts"
    )
    private, public = decode_base64url(key["d"]), decode_base64url(key["x"])
    halves = public_of_x25519(private) == public and spell_identity(private) == key["age"]
    refuse_unless(halves, "damaged", "R-4.12", "halves that do not belong together")
    refuse_unless(
        name_public("X25519", public) == key["kid"], "damaged", "R-2.1", "the thumbprint is not the kid"
    )
    return private
