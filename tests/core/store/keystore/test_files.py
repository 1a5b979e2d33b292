"""The key store's files: what is written is read, and nothing else."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.errors import KeyStoreDamaged, NewerVersion
from nskeys.model.keys import Kid, StoredKey
from nskeys.model.signed_json import Json, canonical_json
from nskeys.store.keystore.files import (
    KeyRecord,
    ServerRecord,
    StoreRecord,
    key_bytes,
    read_key,
    read_server,
    read_server_pub,
    read_store,
    server_bytes,
    server_pub_bytes,
    store_bytes,
)
from tests.fakes.examples import examples

KID = Kid("1b" * 32)
MOMENT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
KEY = KeyRecord(StoredKey(KID, MOMENT), b"wrapped key")
STORE = StoreRecord("5a" * 16, "c0" * 16, "file", {"kek": "AAAA", "cost": 7})
PUBLIC = bytes(range(32))
SERVER = ServerRecord(PUBLIC, b"wrapped seed")

Read = Callable[[bytes], object]
FILES: dict[str, tuple[bytes, Read]] = {
    "protector.json": (store_bytes(STORE), lambda data: read_store("path", data)),
    "server.json": (server_bytes(SERVER), lambda data: read_server("path", data)),
    "key.json": (key_bytes(KEY), lambda data: read_key("path", data, KID)),
    "server.pub": (server_pub_bytes(PUBLIC), lambda data: read_server_pub("path", data)),
}
VERSIONED = [name for name in FILES if name != "server.pub"]


def rewritten(data: bytes, **members: Json) -> bytes:
    """A document with other members and the hash that belongs to them."""
    document: dict[str, Json] = {**json.loads(data), **members}
    del document["sha256"]
    document = {name: value for name, value in document.items() if value != "gone"}
    digest = hashlib.sha256(canonical_json(document)).hexdigest()
    return canonical_json({**document, "sha256": digest}) + b"\n"


def test_what_is_written_is_read() -> None:
    assert FILES["protector.json"][1](store_bytes(STORE)) == STORE
    assert FILES["server.json"][1](server_bytes(SERVER)) == SERVER
    assert FILES["key.json"][1](key_bytes(KEY)) == KEY
    assert FILES["server.pub"][1](server_pub_bytes(PUBLIC)) == PUBLIC


@pytest.mark.parametrize("name", VERSIONED)
def test_every_flipped_bit_is_noticed_without_a_key(name: str) -> None:
    data, read = FILES[name]
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((KeyStoreDamaged, NewerVersion)):
            read(bytes(flipped))


def test_a_public_key_is_one_or_it_is_refused() -> None:
    data, read = FILES["server.pub"]
    for changed in (
        data.replace(b"OKP", b"EC"),
        data.replace(b"Ed25519", b"X25519"),
        data.replace(b'"use":"sig"', b'"use":"enc"'),
        data.replace(b'{"crv"', b'{"alg":"x","crv"'),
        server_pub_bytes(PUBLIC[:31]),
        b"{}\n",
        b'{"crv":"Ed25519","kty":"OKP","use":"sig","x":7}\n',
    ):
        with pytest.raises(KeyStoreDamaged):
            read(changed)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: data.replace(b":", b": ", 1),
        lambda data: b"[" * 100_000,
        lambda data: b"[]\n",
        lambda data: b"7\n",
        lambda data: b'"\xff"\n',
        lambda data: b'{"version":1e999}\n',
        lambda data: b'{"version":NaN}\n',
        lambda data: b'{"version":' + b"9" * 5000 + b"}\n",
        lambda data: data.replace(b"{", b'{"version":1,', 1),
    ],
)
def test_any_other_spelling_is_refused(name: str, change: Callable[[bytes], bytes]) -> None:
    data, read = FILES[name]
    with pytest.raises(KeyStoreDamaged):
        read(change(data))


@pytest.mark.parametrize("name", VERSIONED)
def test_a_newer_version_is_left_to_a_newer_program(name: str) -> None:
    data, read = FILES[name]
    for newer in (rewritten(data, version=2, novelty=True), b'{ "version": 2 }'):
        with pytest.raises(NewerVersion) as refused:
            read(newer)
        assert (refused.value.what, refused.value.found, refused.value.known) == ("store", 2, 1)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("protector.json", {"store_id": "5A" * 16}),
        ("protector.json", {"store_id": "5a"}),
        ("protector.json", {"cmdb_id": None}),
        ("protector.json", {"parameters": []}),
        ("protector.json", {"protector": 7}),
        ("protector.json", {"protector": "gone"}),
        ("protector.json", {"version": 0}),
        ("server.json", {"x": "x"}),
        ("server.json", {"x": "AAAA"}),
        ("server.json", {"wrapped": "A"}),
        ("server.json", {"more": 1}),
        ("key.json", {"kid": "00" * 32}),
        ("key.json", {"state": "active"}),
        ("key.json", {"created": "yesterday"}),
        ("key.json", {"created": "2026-13-01T00:00:00Z"}),
        ("key.json", {"wrapped": "AB=="}),
        ("key.json", {"wrapped": True}),
    ],
)
def test_a_member_that_cannot_be_right_is_damage(name: str, members: Mapping[str, Json]) -> None:
    data, read = FILES[name]
    with pytest.raises(KeyStoreDamaged):
        read(rewritten(data, **members))


MOMENTS = st.integers(0, 30_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
KIDS = st.binary(min_size=32, max_size=32).map(lambda data: Kid(data.hex()))
RECORDS = st.builds(KeyRecord, st.builds(StoredKey, KIDS, MOMENTS), st.binary(max_size=80))


@settings(max_examples=examples(80), deadline=None)
@given(record=RECORDS)
def test_whatever_key_there_is_it_is_read_as_written(record: KeyRecord) -> None:
    assert read_key("path", key_bytes(record), record.key.kid) == record
