"""The key store's files as values, and back. No I/O, and nothing is unwrapped here.

No file in a generation changes once it is written. Every file but `server.pub` is one line of RFC 8785
JSON with `version` and `sha256`, the hash of the same document without that member: it tells damage apart
from a wrong passphrase, and is no protection against a forger (the wrapping is). A file is read by writing
it again: any other spelling is refused.

    store/<n>/protector.json   {store_id, cmdb_id, protector, parameters}
    store/<n>/server.json      {x, wrapped}
    store/<n>/keys/<kid>.json  {kid, created, wrapped}
    server.pub                 an Ed25519 public key as a JWK (RFC 8037)
"""

import hashlib
import re
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from nskeys.errors import FileUnreadable, KeyStoreDamaged, NewerVersion, NotPermitted
from nskeys.model.keys import Kid, StoredKey
from nskeys.model.signed_json import (
    Fields,
    Json,
    canonical_json,
    mapping,
    parse_any_spelling,
    to_base64url,
)
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem, Versioned

VERSION = 1
_KID = re.compile(r"[0-9a-f]{64}")
_PUBLIC_SIZE = 32


class StoreRecord(NamedTuple):
    """`protector.json`: the ids of store and CMDB, the protector, and its parameters."""

    store_id: str
    cmdb_id: str
    protector: str
    parameters: Mapping[str, Json]


class ServerRecord(NamedTuple):
    """`server.json`: the server key's public half (32 bytes), and its private half, wrapped."""

    public: bytes
    wrapped: bytes


class KeyRecord(NamedTuple):
    """`keys/<kid>.json`: a key's name and age, and the key, wrapped."""

    key: StoredKey
    wrapped: bytes


def is_kid(text: str) -> bool:
    """Return whether this is 64 lower-case hex digits."""
    return _KID.fullmatch(text) is not None


def store_bytes(record: StoreRecord) -> bytes:
    """Return the content of `protector.json`."""
    return _bytes(
        {
            "store_id": record.store_id,
            "cmdb_id": record.cmdb_id,
            "protector": record.protector,
            "parameters": record.parameters,
        }
    )


def read_store(path: str, data: bytes) -> StoreRecord:
    """Parse `protector.json`. Raises KeyStoreDamaged, NewerVersion."""
    read = _checked(path, _parsed(path, data)).only("store_id", "cmdb_id", "protector", "parameters")
    return StoreRecord(
        read.hexadecimal("store_id", 32),
        read.hexadecimal("cmdb_id", 32),
        read.text("protector"),
        read.mapping("parameters"),
    )


def server_bytes(record: ServerRecord) -> bytes:
    """Return the content of `server.json`."""
    return _bytes({"x": to_base64url(record.public), "wrapped": to_base64url(record.wrapped)})


def read_server(path: str, data: bytes) -> ServerRecord:
    """Parse `server.json`. Raises KeyStoreDamaged, NewerVersion."""
    read = _checked(path, _parsed(path, data)).only("x", "wrapped")
    return ServerRecord(read.binary("x", _PUBLIC_SIZE), read.binary("wrapped"))


def key_bytes(record: KeyRecord) -> bytes:
    return _bytes(
        {
            "kid": record.key.kid,
            "created": to_rfc3339(record.key.created),
            "wrapped": to_base64url(record.wrapped),
        }
    )


def read_key(path: str, data: bytes, kid: str) -> KeyRecord:
    """Parse the file of the key `kid`. Raises KeyStoreDamaged, NewerVersion."""
    read = _checked(path, _parsed(path, data)).only("kid", "created", "wrapped")
    if read.text("kid") != kid:
        raise KeyStoreDamaged(path, Problem.WRONG_KEY)
    return KeyRecord(StoredKey(Kid(kid), read.moment("created")), read.binary("wrapped"))


def server_pub_bytes(public: bytes) -> bytes:
    """Return the content of `server.pub`."""
    return canonical_json({**_JWK, "x": to_base64url(public)}) + b"\n"


def read_server_pub(path: str, data: bytes) -> bytes:
    """Return the 32 bytes of the public key. Raises KeyStoreDamaged."""
    public = Fields(_parsed(path, data), partial(_refused, path)).binary("x")
    if server_pub_bytes(public) != data or len(public) != _PUBLIC_SIZE:
        raise KeyStoreDamaged(path, Problem.NOT_A_PUBLIC_KEY)
    return public


_JWK: Mapping[str, Json] = {"kty": "OKP", "crv": "Ed25519", "use": "sig"}


def _whole(members: Mapping[str, Json]) -> dict[str, Json]:
    document = {"version": VERSION, **members}
    return {**document, "sha256": hashlib.sha256(canonical_json(document)).hexdigest()}


def _bytes(members: Mapping[str, Json]) -> bytes:
    return canonical_json(_whole(members)) + b"\n"


def _parsed(path: str, data: bytes) -> Mapping[str, Json]:
    """Parse JSON in its canonical form, which excludes duplicate members and anything around it."""
    try:
        # Whoever read the file bounded it. A newer version may be spelt otherwise.
        value = mapping(parse_any_spelling(data, len(data)))
        _refuse_newer(value)
        if canonical_json(value) + b"\n" == data:
            return value
    except ValueError:
        pass
    raise KeyStoreDamaged(path, Problem.NOT_CANONICAL)


def _checked(path: str, value: Mapping[str, Json]) -> Fields:
    """Return a document's members, after its hash was checked."""
    members = {name: item for name, item in value.items() if name not in ("version", "sha256")}
    if _whole(members) != value:
        raise KeyStoreDamaged(path, Problem.NOT_CANONICAL)
    return Fields(members, partial(_refused, path))


def _refuse_newer(document: Mapping[str, Json]) -> None:
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise NewerVersion(Versioned.STORE, version, VERSION)


def _refused(path: str, problem: Problem) -> KeyStoreDamaged:
    wrong = Problem.WRONG_MEMBERS if problem is Problem.WRONG_FIELDS else Problem.WRONG_TYPE
    return KeyStoreDamaged(path, wrong)


def document_bytes(members: Mapping[str, Json]) -> bytes:
    """Return one line of JSON with these members, its version and its hash."""
    return _bytes(members)


def document(path: str, data: bytes) -> Fields:
    """Return the members of what `document_bytes` wrote. Raises KeyStoreDamaged, NewerVersion."""
    return _checked(path, _parsed(path, data))


_WRONG_FILE = (Problem.MISSING, Problem.TOO_LARGE, Problem.NOT_A_FILE)


def translated(error: FileUnreadable) -> KeyStoreDamaged | NotPermitted | FileUnreadable:
    """Return a file error as the key store's: wrong content is damage, a file that may not be read is
    not."""
    match error.problem:
        case Problem() as problem if problem in _WRONG_FILE:
            return KeyStoreDamaged(error.path, problem)
        case Problem.NOT_PERMITTED:
            return NotPermitted(error.path)
        case _:
            return error
