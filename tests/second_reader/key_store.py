"""The key store of a home (section 7)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.canonical import decode, find_newer, parse, read_document, spell
from tests.second_reader.names import name_key, name_public, public_of_seed, public_of_x25519
from tests.second_reader.protectors import PARAMETERS, bind_key, check_parameters, find_kek, unwrap
from tests.second_reader.refusal import NotThere, Refused, refuse_unless, under_rule
from tests.second_reader.shapes import decode_base64url, record

MOST_BYTES = 64 * 2**10
CURRENT = re.compile(rb"[1-9][0-9]{0,8}\n")
FOLDER = re.compile(r"store/([1-9][0-9]{0,8})/.+")
NEW_FOLDER = re.compile(r"store/new-([1-9][0-9]{0,8})/.+")
KEY_FILE = r"store/{}/{}/([0-9a-f]{{64}})\.json"

COMMON = {"version": shapes.number, "sha256": shapes.digest}
PROTECTOR = record(
    {
        **COMMON,
        "store_id": shapes.identifier,
        "cmdb_id": shapes.identifier,
        "protector": shapes.token(*PARAMETERS),
        "parameters": lambda value, path: None,
    }
)
SERVER = record({**COMMON, "x": shapes.octets(32), "wrapped": shapes.octets()})
KEY = record({**COMMON, "kid": shapes.digest, "created": shapes.moment, "wrapped": shapes.octets()})
SERVER_PUB = record(
    {
        "crv": shapes.token("Ed25519"),
        "kty": shapes.token("OKP"),
        "use": shapes.token("sig"),
        "x": shapes.octets(32),
    }
)

Document = dict[str, Any]


@dataclass(frozen=True)
class CheckedStore:
    """The documents of the generation that counts."""

    protector: Document
    server: Document
    keys: dict[str, Document]
    copy_keys: dict[str, Document]


@dataclass(frozen=True)
class OpenedStore:
    """What a key store gives once it is open."""

    keys: dict[str, bytes] = field(repr=False)
    copy_keys: dict[str, bytes] = field(repr=False)
    made: dict[str, str]
    server_key: bytes = field(repr=False)
    server_public: bytes


def check_store(files: Mapping[str, bytes]) -> CheckedStore:
    """Check the files of a key store, by their paths in the home, without unlocking it."""
    place = f"store/{find_generation(files)}"
    protector = read_file(files, f"{place}/protector.json", PROTECTOR)
    check_parameters(protector["protector"], protector["parameters"])
    server = read_file(files, f"{place}/server.json", SERVER)
    if "server.pub" in files:
        check_server_pub(files["server.pub"], server["x"])
    return CheckedStore(
        protector, server, read_keys(files, place, "keys"), read_keys(files, place, "copy-keys")
    )


def find_generation(files: Mapping[str, bytes]) -> str:
    """Find the generation that counts (R-7.4, R-7.12)."""
    found = {match[1] for path in files if (match := FOLDER.fullmatch(path))}
    if "store/current" in files:
        current = files["store/current"]
        refuse_unless(CURRENT.fullmatch(current) is not None, "damaged", "R-7.4", "current is no number")
        refuse_unless(current.decode().strip() in found, "damaged", "R-7.4", "current names none")
        return current.decode().strip()
    if not found or any(NEW_FOLDER.fullmatch(path) for path in files):
        raise NotThere("no set-up was finished")
    refuse_unless(len(found) == 1, "damaged", "R-7.4", f"no current and {len(found)} generations")
    return found.pop()


def read_file(files: Mapping[str, bytes], path: str, shape: shapes.Shape) -> Document:
    """Read one file: its spelling, its version, its sum, its table (R-7.1 to R-7.3)."""
    if path not in files:
        raise Refused("damaged", "R-7.3", f"{path} is missing")
    data = files[path]
    refuse_unless(len(data) <= MOST_BYTES, "damaged", "R-10.13", f"{path} is more than 64 KiB")
    refuse_unless(data.endswith(b"\n"), "damaged", "R-7.1", f"{path} has no line feed at its end")
    try:
        any_spelling = parse(decode(data), [])
        refuse_unless(not find_newer(any_spelling, "version", 1), "newer", "R-7.2", path)
        document: dict[str, Any] = read_document(data[:-1])
    except Refused as refused:
        if refused.outcome == "newer":
            raise
        raise Refused("damaged", "R-7.1", f"{path}: {refused.seen}") from refused
    refuse_unless(isinstance(document, dict), "damaged", "R-7.3", f"{path} is no object")
    unsummed = {name: value for name, value in document.items() if name != "sha256"}
    same = hashlib.sha256(spell(unsummed)).hexdigest() == document.get("sha256")
    refuse_unless(same, "damaged", "R-7.1", f"{path}: sha256 does not fit")
    with under_rule("R-7.3"):
        shape(document, path)
    return document


def read_keys(files: Mapping[str, bytes], place: str, folder: str) -> dict[str, Document]:
    """Read the files of the keys in a folder; ignore what is not called like one, and empty ones."""
    pattern = re.compile(KEY_FILE.format(place.removeprefix("store/"), folder))
    found = {}
    for path, data in files.items():
        match = pattern.fullmatch(path)
        if match is None or not data:
            continue
        document = read_file(files, path, KEY)
        refuse_unless(document["kid"] == match[1], "damaged", "R-7.5", "a kid that is not the file's name")
        found[match[1]] = document
    return found


def check_server_pub(data: bytes, public: str) -> None:
    """Check server.pub (R-7.6)."""
    try:
        document = read_document(data.removesuffix(b"\n"))
        SERVER_PUB(document, "server.pub")
    except Refused as refused:
        raise Refused("damaged", "R-7.6", refused.seen) from refused
    fits = data.endswith(b"\n") and document["x"] == public
    refuse_unless(fits, "damaged", "R-7.6", "not the public half in server.json")


def check_generation(store: CheckedStore, checkpoint: Document) -> None:
    """Refuse a generation that is not the checkpoint's, before a passphrase is asked for (R-7.11)."""
    same = store.protector["store_id"] == checkpoint["store_id"]
    refuse_unless(same, "damaged", "R-7.11", "the store id is not that of the checkpoint")


def open_store(
    store: CheckedStore, passphrase: str | None = None, token_key: bytes | None = None
) -> OpenedStore:
    """Unlock a key store, and unwrap all that is in it (R-7.7, R-7.8)."""
    store_id = store.protector["store_id"]
    kek = find_kek(store.protector, passphrase, token_key)
    public = decode_base64url(store.server["x"])
    aad = bind_key(store_id, name_public("Ed25519", public), "")
    seed = unwrap(kek, decode_base64url(store.server["wrapped"]), aad)
    refuse_unless(public_of_seed(seed) == public, "damaged", "R-7.8", "the server key")
    keys, copy_keys = {}, {}
    for kid, document in store.keys.items():
        keys[kid] = unwrap_key(kek, store_id, document)
        refuse_unless(name_key(keys[kid]) == kid, "damaged", "R-7.8", f"key {kid}")
    for kid, document in store.copy_keys.items():
        copy_keys[kid] = unwrap_key(kek, store_id, document)
        name = name_public("X25519", public_of_x25519(copy_keys[kid]))
        refuse_unless(name == kid, "damaged", "R-7.8", f"copy key {kid}")
    made = {kid: document["created"] for kid, document in (store.keys | store.copy_keys).items()}
    return OpenedStore(keys, copy_keys, made, seed, public)


def unwrap_key(kek: bytes, store_id: str, document: Document) -> bytes:
    """Unwrap a key, or the private half of a copy key."""
    aad = bind_key(store_id, document["kid"], document["created"])
    return unwrap(kek, decode_base64url(document["wrapped"]), aad)
