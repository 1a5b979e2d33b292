"""Key stores under each protector, as texts by the paths in the home."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from nskeys.crypto.signing import public_of
from nskeys.crypto.wrapping import seal_key
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, to_base64url
from nskeys.model.times import to_rfc3339
from tests.vectors.entries import Doc
from tests.vectors.positives import (
    COPY_KEY,
    INFO,
    KEK,
    PASSPHRASE,
    SERVER_SEED,
    STORE_ID,
    keys_by_kid,
    store,
)

BY_PASSPHRASE = {"passphrase": PASSPHRASE}
KEY_FILE = f"store/1/keys/{INFO.kid}.json"
COPY_KEY_FILE = f"store/1/copy-keys/{COPY_KEY.key.kid}.json"
TOKEN_KEY = SecretBytes(hashlib.sha256(b"the key on the token").digest())
_PROTECTOR = "store/1/protector.json"


def passphrase() -> Mapping[str, str]:
    """The store of the home of the vectors."""
    return {name.removeprefix("home/"): data.decode() for name, data in store().items()}


def file() -> Mapping[str, str]:
    """The same keys under the protector `file`."""
    return _under("file", {"kek": to_base64url(KEK.reveal())})


def pkcs11() -> Mapping[str, str]:
    """The same under a token, whose key is known here."""
    aad = b"nskeys/token/1\x00" + bytes.fromhex(STORE_ID)
    nonce = hashlib.sha256(b"token nonce").digest()[:12]
    uri = "pkcs11:token=nskeys;serial=0123456789abcdef;object=nskeys-kek;id=%01%02"
    wrapped = seal_key(nonce, TOKEN_KEY, aad, KEK)
    return _under("pkcs11", {"uri": uri, "wrapped": to_base64url(wrapped)})


def tpm2() -> Mapping[str, str]:
    """A store bound to a TPM, as far as anybody without that TPM can read it."""
    credential = hashlib.sha256(b"what systemd-creds encrypted").digest() * 20
    return _under("tpm2", {"device": "", "credential": to_base64url(credential)})


def renewed() -> Mapping[str, str]:
    """The store without `current`, which counts because it is the only one."""
    files = dict(passphrase())
    del files["store/current"]
    return files


def unfinished() -> Mapping[str, str]:
    """The store with a new generation beside it that was never named."""
    files = dict(passphrase())
    new = document({**members(files[_PROTECTOR]), "store_id": "ee" * 16})
    return {**files, "store/new-2/protector.json": new}


def _under(protector: str, parameters: Doc) -> Mapping[str, str]:
    files = dict(passphrase())
    told = {**members(files[_PROTECTOR]), "protector": protector, "parameters": parameters}
    return {**files, _PROTECTOR: document(told)}


def members(text: str) -> Doc:
    """Return the members of a document, without its hash."""
    told: Doc = json.loads(text)
    del told["sha256"]
    return told


def document(told: Mapping[str, Any]) -> str:
    """Return a document with these members and its hash."""
    digest = hashlib.sha256(canonical_json(told)).hexdigest()
    return canonical_json({**told, "sha256": digest}).decode() + "\n"


def wrap_aad(kid: str, created: str) -> bytes:
    """The AAD of a wrapped key."""
    return b"nskeys/wrap/1\x00" + bytes.fromhex(STORE_ID) + bytes.fromhex(kid) + created.encode()


def server_pub(public: bytes) -> str:
    """The content of server.pub."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "use": "sig", "x": to_base64url(public)}
    return canonical_json(jwk).decode() + "\n"


def gives() -> Doc:
    """What an opened store holds."""
    return {
        "keys": {kid: to_base64url(key.reveal()) for kid, key in keys_by_kid().items()},
        "copy_keys": {COPY_KEY.key.kid: to_base64url(COPY_KEY.secret.reveal())},
        "server_key": to_base64url(SERVER_SEED.reveal()),
        "server_public": to_base64url(public_of(SERVER_SEED)),
        "copy_key_made": to_rfc3339(COPY_KEY.key.created),
    }
