"""The key store's files as values, and back. No I/O, and nothing is unwrapped here.

Every file but `server.pub` is one line of RFC 8785 JSON with `version` and `sha256`, the hash of the
same document without that member: it tells damage apart from a wrong passphrase, and is no protection
against a forger (the wrapping is). A file is read by writing it again: any other spelling is refused.

    store/<n>/protector.json   {store_id, cmdb_id, protector, parameters}
    store/<n>/server.json      {thumbprint, wrapped}
    store/<n>/keys/<kid>.json  {kid, created, state, state_since, wrapped}
    store/<n>/change.json      {keys: {kid: the document of that key's file}}
    server.pub                 an Ed25519 public key as a JWK (RFC 8037)
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from nskeys.errors import KeyStoreDamaged, NewerVersion
from nskeys.model.keys import KeyInfo, KeyState, Kid
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


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """`protector.json`: the ids of store and CMDB, the protector, and its parameters."""

    store_id: str
    cmdb_id: str
    protector: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """`server.json`: the server key, wrapped."""

    thumbprint: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """`keys/<kid>.json`: the facts of a key, and the key, wrapped."""

    info: KeyInfo
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
    read = _document(path, data).only("store_id", "cmdb_id", "protector", "parameters")
    return StoreRecord(
        read.hexadecimal("store_id", 32),
        read.hexadecimal("cmdb_id", 32),
        read.text("protector"),
        read.mapping("parameters"),
    )


def server_bytes(record: ServerRecord) -> bytes:
    """Return the content of `server.json`."""
    return _bytes({"thumbprint": record.thumbprint, "wrapped": to_base64url(record.wrapped)})


def read_server(path: str, data: bytes) -> ServerRecord:
    """Parse `server.json`. Raises KeyStoreDamaged, NewerVersion."""
    read = _document(path, data).only("thumbprint", "wrapped")
    return ServerRecord(read.hexadecimal("thumbprint", 64), read.binary("wrapped"))


def key_bytes(record: KeyRecord) -> bytes:
    return _bytes(_key_members(record))


def read_key(path: str, data: bytes, kid: str) -> KeyRecord:
    """Parse the file of the key `kid`. Raises KeyStoreDamaged, NewerVersion."""
    return _key_record(path, _document(path, data), kid)


def change_bytes(records: Mapping[Kid, KeyRecord]) -> bytes:
    """Return the content of `change.json`."""
    return _bytes({"keys": {kid: _whole(_key_members(record)) for kid, record in records.items()}})


def read_change(path: str, data: bytes) -> dict[Kid, KeyRecord]:
    """Parse `change.json`. Raises KeyStoreDamaged, NewerVersion."""
    keys = _document(path, data).only("keys").mapping("keys")
    if not all(map(is_kid, keys)):
        raise KeyStoreDamaged(path, Problem.WRONG_TYPE)
    return {Kid(kid): _key_record(path, _checked(path, key), kid) for kid, key in keys.items()}


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


def _key_members(record: KeyRecord) -> dict[str, Json]:
    return {
        "kid": record.info.kid,
        "created": to_rfc3339(record.info.created),
        "state": record.info.state.value,
        "state_since": to_rfc3339(record.info.state_since),
        "wrapped": to_base64url(record.wrapped),
    }


def _key_record(path: str, read: Fields, kid: str) -> KeyRecord:
    read.only("kid", "created", "state", "state_since", "wrapped")
    if read.text("kid") != kid:
        raise KeyStoreDamaged(path, Problem.WRONG_KEY)
    info = KeyInfo(
        Kid(kid), read.moment("created"), read.token("state", KeyState), read.moment("state_since")
    )
    return KeyRecord(info, read.binary("wrapped"))


def _whole(members: Mapping[str, Json]) -> dict[str, Json]:
    document = {"version": VERSION, **members}
    return {**document, "sha256": hashlib.sha256(canonical_json(document)).hexdigest()}


def _bytes(members: Mapping[str, Json]) -> bytes:
    return canonical_json(_whole(members)) + b"\n"


def _document(path: str, data: bytes) -> Fields:
    return _checked(path, _parsed(path, data))


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


def _checked(path: str, value: Json) -> Fields:
    """Return a document's members, after its version and hash were checked."""
    if not isinstance(value, Mapping):
        raise KeyStoreDamaged(path, Problem.WRONG_TYPE)
    _refuse_newer(value)
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
