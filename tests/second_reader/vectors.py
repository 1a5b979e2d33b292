"""Reading a vector of `index.json` as its kind says (vectors/README.md)."""

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.second_reader import cmdb, database_copy, home, key_store
from tests.second_reader.age_file import open_age
from tests.second_reader.audit import check_trail
from tests.second_reader.bech32 import read_identity
from tests.second_reader.checkpoint import read_checkpoint, read_home
from tests.second_reader.export import read_export
from tests.second_reader.identity_file import open_identity_file
from tests.second_reader.jwk_set import read_jwk_set
from tests.second_reader.key_backup import check_key_backup
from tests.second_reader.names import name_key, name_public, public_of_seed
from tests.second_reader.protectors import NotHere
from tests.second_reader.recovery import read_record
from tests.second_reader.register import read_drill, read_register_row, read_statement
from tests.second_reader.sealed import Row, open_secret, sum_rows
from tests.second_reader.shapes import decode_base64url, encode_base64url
from tests.second_reader.shares import combine
from tests.second_reader.vector import Vector, check_secrets, expect, find_opener, spell_keys


def read_backup(vector: Vector) -> None:
    """Read a key backup."""
    checked = check_key_backup(vector.contents()[0])
    opened = checked.open(find_opener(vector, checked))
    if vector.gives:
        expect(spell_keys(opened.keys) == vector.gives["keys"], "keys")
        expect(spell_keys(opened.copy_keys) == vector.gives["copy_keys"], "copy keys")


def read_set(vector: Vector) -> None:
    """Read a JWK Set alone."""
    read_jwk_set(vector.contents()[0])


def read_age_vector(vector: Vector) -> None:
    """Read a vector of the age format: a head of lines, an empty line, the file."""
    head, _, data = vector.contents()[0].partition(b"\n\n")
    if b"compressed: zlib" in head.split(b"\n"):
        data = zlib.decompress(data)
    plain = open_age(data, find_opener(vector))
    expect(hashlib.sha256(plain).hexdigest() == vector.gives.get("sha256"), "payload")


def read_identity_vector(vector: Vector) -> None:
    """Read an identity file."""
    identity = open_identity_file(vector.contents()[0], vector.given["password"])
    expect(identity == vector.gives.get("identity"), "identity")


def read_copy(vector: Vector) -> None:
    """Read the parts of a database copy."""
    parts = [database_copy.check_part(data) for data in vector.contents()]
    keys = {kid: decode_base64url(key) for kid, key in vector.given.get("keys", {}).items()}
    opened = database_copy.open_copy(parts, read_identity(vector.given["identity"]) or b"", keys)
    if vector.gives:
        expect(
            {name: len(rows) for name, rows in opened.content.rows.items()} == vector.gives["rows"], "rows"
        )
        check_secrets(opened.secrets, vector.gives)


def read_rows(vector: Vector) -> None:
    """Open sealed rows, and sum them where the vector has sums."""
    document = vector.document()
    rows = []
    for values in document["rows"]:
        texts = {name: values[name] for name in ("kid", "kind", "name", "target", "account", "note")}
        row = Row(
            id=values["credential_id"],
            number=values["number"],
            created=values.get("created", 0),
            updated=values.get("updated", 0),
            sealed=bytes.fromhex(values["blob"]),
            **texts,
        )
        rows.append(row)
        if row.kid in document["keys"]:
            secret = open_secret(row, document["cmdb_id"], decode_base64url(document["keys"][row.kid]))
            expect(secret.decode("utf-8") == values["secret"], f"secret of {row.name}")
    for kid, total in document.get("row_sums", {}).items():
        own = [row for row in rows if row.kid == kid]
        expect(sum_rows(own, document["cmdb_id"]).hex() == total, f"row_sum of {kid}")


def read_thumbprints(vector: Vector) -> None:
    """Recompute names of keys."""
    document = vector.document()
    for key in document["keys"]:
        expect(name_key(decode_base64url(key["k"])) == key["kid"], "kid")
    server = document["server_key"]
    expect(encode_base64url(public_of_seed(decode_base64url(server["d"]))) == server["x"], "x")
    expect(name_public("Ed25519", decode_base64url(server["x"])) == server["thumbprint"], "thumbprint")


def read_signed_vector(vector: Vector) -> None:
    """Read a document with its signature."""
    document = vector.document()
    kind = vector.entry["kind"]
    text, public = document["text"], bytes.fromhex(document["public"])
    signature = bytes.fromhex(document["signature"])
    label = document.get("label", kind.split()[0])
    if kind == "recovery record":
        files = document.get("files")
        by_hash = None if files is None else {name: bytes.fromhex(data) for name, data in files.items()}
        read_record(text, signature, public, by_hash, label)
        return
    reader: Callable[..., Any] = {
        "register row": read_register_row,
        "drill": read_drill,
        "statement": read_statement,
        "checkpoint": read_checkpoint,
    }[kind]
    reader(text, signature, public, label)
    if "home" in document:
        read_home((document["home"].rstrip("\n") + "\n").encode(), public)
    if "sha256" in document:
        expect(hashlib.sha256(text.encode()).hexdigest() == document["sha256"], "sha256")


def read_home_vector(vector: Vector) -> None:
    """Read the home's document out of a vector."""
    document = vector.document()
    read_home(document["file"].encode(), bytes.fromhex(document["public"]))


def read_home_file(vector: Vector) -> None:
    """Read `checkpoint.json` with the `server.pub` beside it."""
    beside = (vector.folder / vector.entry["files"][0]).with_name("server.pub")
    public = decode_base64url(json.loads(beside.read_bytes())["x"]) if beside.exists() else None
    read_home(vector.contents()[0], public)


def read_trail(vector: Vector) -> None:
    """Read an audit trail."""
    document = vector.document()
    lines = [(line["line"], bytes.fromhex(line["digest"])) for line in document["lines"]]
    count, head = check_trail(document["cmdb_id"], lines)
    expect(document.get("count", count) == count, "count")
    expect(document.get("head", head.hex()) == head.hex(), "head")


def read_shares(vector: Vector) -> None:
    """Combine shares."""
    password = combine(vector.document()["shares"])
    expect(password == vector.gives.get("password"), "password")


def read_store(vector: Vector) -> None:
    """Read a key store out of one file."""
    files = {path: text.encode("utf-8") for path, text in vector.document()["files"].items()}
    open_store_files(vector, files)


def read_home_store(vector: Vector) -> None:
    """Read the key store of a home as files."""
    files = {}
    for path in vector.entry["files"]:
        inside = path[path.index("store/") :] if "store/" in path else Path(path).name
        files[inside] = vector.content(path)
    open_store_files(vector, files)


def open_store_files(vector: Vector, files: dict[str, bytes]) -> None:
    """Check a key store, and unlock it where that can be done here."""
    checked = key_store.check_store(files)
    token_key = vector.given.get("token_key")
    try:
        opened = key_store.open_store(
            checked, vector.given.get("passphrase"), token_key and decode_base64url(token_key)
        )
    except NotHere:
        expect(not vector.gives, "not unlocked")
        return
    if vector.gives:
        expect(spell_keys(opened.keys) == vector.gives["keys"], "keys")
        expect(spell_keys(opened.copy_keys) == vector.gives["copy_keys"], "copy keys")
        expect(encode_base64url(opened.server_key) == vector.gives["server_key"], "server key")
        expect(encode_base64url(opened.server_public) == vector.gives["server_public"], "server public")
        expect({opened.made[kid] for kid in opened.copy_keys} == {vector.gives["copy_key_made"]}, "made")


def read_cmdb_vector(vector: Vector) -> None:
    """Read a CMDB out of SQL."""
    database = cmdb.read_sql(vector.contents()[0].decode("utf-8"))
    keys = {kid: decode_base64url(key) for kid, key in vector.given.get("keys", {}).items()}
    secrets, failed = cmdb.open_credentials(database, keys)
    expect(not failed and not database.passed_over, f"{failed} {database.passed_over}")
    if vector.gives:
        check_secrets(secrets, vector.gives)


def read_settings_vector(vector: Vector) -> None:
    """Read `config.toml`."""
    home.read_settings(vector.contents()[0])


def read_registry_vector(vector: Vector) -> None:
    """Read `registry.json`."""
    home.read_registry(vector.contents()[0])


def read_hosts_vector(vector: Vector) -> None:
    """Read `known_hosts`."""
    home.read_known_hosts(vector.contents()[0])


def read_export_vector(vector: Vector) -> None:
    """Read exported credentials."""
    expect(len(read_export(vector.contents()[0])) == vector.gives.get("credentials"), "credentials")


READERS: dict[str, Callable[[Vector], None]] = {
    "key backup": read_backup,
    "JWK Set": read_set,
    "age file": read_age_vector,
    "identity file": read_identity_vector,
    "database copy": read_copy,
    "sealed rows": read_rows,
    "thumbprints": read_thumbprints,
    "register row": read_signed_vector,
    "drill": read_signed_vector,
    "statement": read_signed_vector,
    "checkpoint": read_signed_vector,
    "recovery record": read_signed_vector,
    "home checkpoint": read_home_vector,
    "checkpoint.json": read_home_file,
    "audit trail": read_trail,
    "shares": read_shares,
    "key store": read_store,
    "home": read_home_store,
    "cmdb": read_cmdb_vector,
    "config.toml": read_settings_vector,
    "registry.json": read_registry_vector,
    "known_hosts": read_hosts_vector,
    "export": read_export_vector,
    "about": lambda vector: None,
}


def read_vector(vector: Vector) -> None:
    """Read a vector as its kind says; raise Refused or Wrong."""
    READERS[vector.entry["kind"]](vector)
