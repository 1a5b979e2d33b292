"""What is wrapped, and where the key-encryption key comes from (section 7: R-7.7, R-7.9, R-7.10)."""

import re
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests.second_reader import shapes
from tests.second_reader.passwords import normalise_password
from tests.second_reader.refusal import Refused, refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, record

WRAPPED_BYTES = 61
DEVICE = r"|/dev/tpmrm[0-9]{1,3}|(?:swtpm|tabrmd):[A-Za-z0-9=,.:_-]{0,200}"
URI_PARTS = ("token", "manufacturer", "serial", "model", "object", "id", "type", "module-path")


class NotHere(Exception):
    """Says that a protector needs something that is not at hand: a TPM, a token, a passphrase."""


def pkcs11_uri(value: Any, path: str) -> None:
    """Check a PKCS #11 URI: scheme, the four attributes, no PIN."""
    shapes.matching(r"pkcs11:[\x21-\x7e]*")(value, path)
    names = re.findall(r"(?:^pkcs11:|[;?&])([^=;?&]*)=", value)
    known = len(value) <= 1024 and set(names) <= set(URI_PARTS) and len(set(names)) == len(names)
    refuse_unless(known, "damaged", "R-1.6", f"{path} has another attribute, or one twice")
    refuse_unless("serial" in names, "damaged", "R-1.6", f"{path} has no serial")


PARAMETERS = {
    "file": record({"kek": shapes.octets(32)}),
    "passphrase": record(
        {
            "kdf": shapes.token("argon2id"),
            "memory_kib": shapes.integer(8, 1_048_576),
            "iterations": shapes.integer(1, 16),
            "lanes": shapes.integer(1, 16),
            "salt": shapes.octets(16),
            "wrapped": shapes.octets(WRAPPED_BYTES),
        }
    ),
    "tpm2": record({"device": shapes.matching(DEVICE), "credential": shapes.octets(most=2048)}),
    "pkcs11": record({"uri": pkcs11_uri, "wrapped": shapes.octets(WRAPPED_BYTES)}),
}


def check_parameters(protector: str, parameters: Any) -> None:
    """Check the parameters of a protector before anything is derived."""
    with under_rule("R-7.9"):
        PARAMETERS[protector](parameters, "parameters")
    if protector == "passphrase":
        fits = parameters["memory_kib"] >= 8 * parameters["lanes"]
        refuse_unless(fits, "damaged", "R-7.9", "less memory than the lanes need")


def find_kek(document: dict[str, Any], passphrase: str | None, token_key: bytes | None) -> bytes:
    """Give the KEK of a generation."""
    parameters, store_id = document["parameters"], document["store_id"]
    match document["protector"]:
        case "file":
            return decode_base64url(parameters["kek"])
        case "passphrase" if passphrase is not None:
            return unlock_by_passphrase(parameters, store_id, passphrase)
        case "pkcs11" if token_key is not None:
            return unwrap(token_key, decode_base64url(parameters["wrapped"]), bind_token(store_id))
    raise NotHere(document["protector"])


def unlock_by_passphrase(parameters: dict[str, Any], store_id: str, passphrase: str) -> bytes:
    """Derive a key from the passphrase, and unwrap the KEK with it (R-7.10)."""
    secret = normalise_password(passphrase)
    wrapped = decode_base64url(parameters["wrapped"])
    derivation = Argon2id(
        salt=decode_base64url(parameters["salt"]),
        length=32,
        iterations=parameters["iterations"],
        lanes=parameters["lanes"],
        memory_cost=parameters["memory_kib"],
    )
    return unwrap(derivation.derive(secret), wrapped, bind_kek(store_id), "wrong password", "R-7.10")


def unwrap(key: bytes, wrapped: bytes, aad: bytes, outcome: str = "damaged", rule: str = "R-7.7") -> bytes:
    """Unwrap 32 bytes; the outcome and the rule are those of a tag that does not fit."""
    fits = len(wrapped) == WRAPPED_BYTES and wrapped[0] == 1
    refuse_unless(fits, "damaged", "R-7.7", "another length or first byte")
    try:
        return AESGCM(key).decrypt(wrapped[1:13], wrapped[13:], aad)
    except InvalidTag as error:
        raise Refused(outcome, rule, "what is wrapped does not open") from error


def bind_key(store_id: str, kid: str, created: str) -> bytes:
    """Give the AAD of a key; a server key has no `created`."""
    return b"nskeys/wrap/1\0" + bytes.fromhex(store_id + kid) + created.encode()


def bind_kek(store_id: str) -> bytes:
    """Give the AAD of a KEK under a passphrase."""
    return b"nskeys/kek/1\0" + bytes.fromhex(store_id)


def bind_token(store_id: str) -> bytes:
    """Give the AAD of a KEK under the key of a token."""
    return b"nskeys/token/1\0" + bytes.fromhex(store_id)
