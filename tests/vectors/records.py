"""Rows and records of the CMDB of the vectors, one with another: what a home and its database hold."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from nskeys.archive.age.scrypt import FileRandomness, encrypt_with
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.crypto.sealing import Sealer
from nskeys.crypto.signing import public_of, sign
from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import (
    Checkpoint,
    Predecessor,
    SignedCheckpoint,
    hash_of,
    row_hash,
    to_text as checkpoint_text,
)
from nskeys.model.credential_list import sort_keys_of
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, SealedCredential
from nskeys.model.home_checkpoint import HomeCheckpoint, hash_of_text, to_bytes as home_bytes
from nskeys.model.keys import Kid
from nskeys.model.recovery import IdentityKind
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, from_base64url, to_base64url
from nskeys.store.cmdb.migrations import STEPS, Spelling
from tests.vectors.entries import Doc
from tests.vectors.positives import (
    BACKED_UP,
    CMDB_ID,
    COPY_KEY,
    IDENTITIES,
    INFO,
    KEY,
    OLD_INFO,
    SERVER,
    SERVER_SEED,
    STORE_ID,
    archive_under_password,
    audit_trail,
    identity,
    key_rows,
    keys_by_kid,
    recovery_record,
    register_row,
    sealed_rows,
)

NUMBER = 12
"""Of the last change of the CMDB."""
BEFORE_SEED = SecretBytes(b"the server key before this one..")
PERSON_LINE = X25519Identity(SecretBytes(IDENTITIES[IdentityKind.PERSON][0])).spelled().reveal() + b"\n"
BY_PASSWORD = {"password": IDENTITIES[IdentityKind.PERSON][1]}
_MOMENT = "2026-11-23T03:00:00Z"


def signed(
    label: str, document: Mapping[str, Any], signature: str | None = None, as_label: str | None = None
) -> Doc:
    """A signed document; with `as_label`, what it is said to be signed as."""
    return signed_text(label, canonical_json(document).decode(), signature, as_label)


def signed_text(label: str, text: str, signature: str | None = None, as_label: str | None = None) -> Doc:
    """The same of a text, in whatever spelling."""
    own = sign(SERVER_SEED, label, text.encode()).hex()
    return {
        "label": as_label or label,
        "text": text,
        "signature": signature or own,
        "public": public_of(SERVER_SEED).hex(),
    }


# --- rows -----------------------------------------------------------------------------------------


def sealed_row(at: int) -> Doc:
    """One of the sealed rows, with its key."""
    told = sealed_rows()
    row = told["rows"][at]
    keys = {row["kid"]: told["keys"][row["kid"]]}
    return {"cmdb_id": CMDB_ID, "keys": keys, "rows": [dict(row)]}


def longest_secret() -> Doc:
    """A row with a secret of 65,535 bytes."""
    fields = CredentialFields(CredentialKind.RUN_AS, "longest", "x", "y")
    secret = "s" * 65_535
    credential = Credential("1f" * 16, fields, INFO.kid, BACKED_UP, BACKED_UP, 2**53 - 1)
    blob = Sealer(CMDB_ID, INFO.kid, KEY).seal_with(bytes(12), credential, SecretBytes.from_text(secret))
    row = {
        "credential_id": credential.credential_id,
        "kind": "run-as",
        "name": "longest",
        "target": "x",
        "account": "y",
        "note": "",
        "number": credential.number,
        "kid": INFO.kid,
        "blob": blob.hex(),
        "secret": secret,
    }
    return {"cmdb_id": CMDB_ID, "keys": {INFO.kid: to_base64url(KEY.reveal())}, "rows": [row]}


@cache
def register_local() -> Doc:
    """The row of the archive under a password, in a mounted share."""
    row = register_row(archive_under_password())
    return {"label": "register", **row}


def register_sftp() -> Doc:
    """A row with every member that may be left out, on a server."""
    told = json.loads(register_local()["text"])
    folder = "sftp://backup@vault02:2222/~/nskeys"
    told |= {
        "destination": folder,
        "address": f"{folder}/{told['backup']['archive_name']}",
        "where": {"location": "elsewhere", "reason": "remote_server", "detail": "vault02"},
        "proofs": [
            {"proof": "recorded", "moment": _MOMENT},
            {"proof": "credentials_open", "moment": _MOMENT},
        ],
        "drilled_rows": 4,
        "drilled_upto": NUMBER,
        "typed": _MOMENT,
        "weak": 2,
    }
    return signed("register", told)


def register_s3() -> Doc:
    """A row of a bucket, of a copy that is gone and counts no more."""
    told = json.loads(register_local()["text"])
    query = "?endpoint=minio.example:9000&tls=no&region=eu-central-1&profile=nskeys"
    told |= {
        "destination": f"s3://vault/nskeys{query}",
        "address": f"s3://vault/nskeys/{told['backup']['archive_name']}{query}",
        "sight": "missing",
        "good_moment": None,
        "retired": _MOMENT,
    }
    return signed("register", told)


def database_row() -> Doc:
    """The row of a database copy of two parts."""
    name = "ns01.example.net-c0c1c2c3-20261123T030000Z-cmdb"
    return signed(
        "register",
        {
            "copy": {
                "sha256": "ab" * 32,
                "server": "ns01.example.net",
                "cmdb_id": CMDB_ID,
                "server_key": SERVER,
                "created": _MOMENT,
                "number": 11,
                "copy_kid": COPY_KEY.key.kid,
                "keys": [{"kid": kid, "credentials": 2} for kid in keys_by_kid()],
                "uncovered": [],
                "covers_nothing": False,
            },
            "destination": "/mnt/vault",
            "parts": [
                {"name": f"{name}-{part}of2.zip", "sha256": "cd" * 32, "size": 4000} for part in (1, 2)
            ],
            "where": {"location": "elsewhere", "reason": "network_mount", "detail": "vault02:/backups"},
            "proofs": [{"proof": "opened", "moment": _MOMENT}],
            "sight": "good",
            "look_moment": _MOMENT,
            "good_moment": _MOMENT,
            "retired": None,
        },
    )


def drill() -> Doc:
    """A line of the diary."""
    return signed(
        "drill",
        {
            "began": _MOMENT,
            "seconds": 41,
            "uid": 0,
            "user": "root",
            "login_uid": 1000,
            "login_user": "operator",
            "sudo_user": "operator",
            "host": "ns01.example.net",
            "address": json.loads(register_local()["text"])["address"],
            "archive_sha256": archive_under_password().archive_sha256,
            "generation": 41,
            "end": "proven",
            "reached": "credentials_open",
            "opened": 3,
            "missing": 0,
            "tampered": 1,
            "failures": ["run-as/deploy-finance"],
            "typed": True,
            "copy_sha256": "ab" * 32,
            "copy_number": 11,
        },
    )


def _statement(**members: Any) -> Doc:
    return {
        "cmdb_id": CMDB_ID,
        "moment": "2026-11-22T14:02:00Z",
        "server_key": SERVER,
        "predecessor": "ab" * 32,
        "upto": 4,
        "highest": 4,
        "backup": None,
        "copy": None,
        **members,
    }


def replaced() -> Doc:
    """The replacement of a server key, which the key before signed too."""
    told = _statement()
    crossed = sign(BEFORE_SEED, "replaced", canonical_json(told))
    return signed("replaced", {**told, "cross_sig": to_base64url(crossed)})


def restored() -> Doc:
    """A restore on another machine."""
    kms = archive_under_password().kms_sha256
    return signed("restored", _statement(predecessor=None, upto=0, backup=kms, cross_sig=None))


def accepted() -> Doc:
    """What a person accepted."""
    told = audit_trail()
    head = {"count": told["count"], "head": told["head"]}
    return signed(
        "accepted",
        {
            "version": 1,
            "cmdb_id": CMDB_ID,
            "number": 1_000_012,
            "moment": _MOMENT,
            "reason": "the database came back from its own backup",
            "expected": {"text": checkpoint()["text"]},
            "found": None,
            "mismatches": [{"what": "went_back", "expected": "12", "found": "7"}],
            "credentials": [INFO.kid],
            "audit": {"expected": head, "found": head, "lines": head["head"]},
        },
    )


def trail() -> Doc:
    """The audit trail."""
    told = audit_trail()
    return {"cmdb_id": CMDB_ID, "lines": [dict(line) for line in told["lines"]]}


def recovery() -> Doc:
    """The record of who can open backups, with the files that it names."""
    told = recovery_record()
    files = {one.sha256: data.hex() for one, data in map(identity, IdentityKind)}
    return {"label": "recovery", **told, "cmdb_id": CMDB_ID, "files": files}


def identity_file(plain: bytes) -> bytes:
    """An identity file that holds this."""
    randomness = FileRandomness(bytes(range(16)), bytes(range(16)), bytes(range(16)))
    return encrypt_with(randomness, plain, SecretBytes.from_text(BY_PASSWORD["password"]), 1)


# --- the CMDB as a whole, and the home's checkpoint -------------------------------------------------


def _register() -> list[Doc]:
    return [register_local(), database_row()]


def _hash(row: Doc) -> str:
    return row_hash(row["text"], bytes.fromhex(row["signature"]))


@cache
def home_checkpoint() -> Doc:
    """The home's document for the CMDB of the vectors."""
    told, record = audit_trail(), recovery_record()
    register, diary = tuple(map(_hash, _register())), (_hash(drill()),)
    rows = key_rows()
    made = Checkpoint(
        cmdb_id=CMDB_ID,
        server_key=SERVER,
        number=NUMBER,
        previous="cd" * 32,
        moment=BACKED_UP,
        store_id=STORE_ID,
        keys=hash_of(rows),
        register=hash_of(register),
        diary=hash_of(diary),
        audit=AuditHead(3, bytes.fromhex(told["head"])),
        rotation=None,
        recovery=hash_of_text(record["text"]),
        predecessors=(Predecessor("ab" * 32, 4),),
    )
    text = checkpoint_text(made)
    home = HomeCheckpoint(
        signed=SignedCheckpoint(text, sign(SERVER_SEED, "checkpoint", text.encode())),
        keys=tuple(rows),
        recovery=record["text"],
        rotation=None,
        register=register,
        diary=diary,
        registry=RegistryValues("/mnt/vault", BACKED_UP),
        generation=41,
    )
    return {"file": home_bytes(home).decode(), "public": public_of(SERVER_SEED).hex()}


@cache
def checkpoint() -> Doc:
    """The checkpoint in it."""
    told = json.loads(home_checkpoint()["file"])
    return {
        "label": "checkpoint",
        "text": told["checkpoint"],
        "signature": from_base64url(told["sig"]).hex(),
        "public": public_of(SERVER_SEED).hex(),
    }


@cache
def tables() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the CMDB, table by table, in the order of the columns."""
    told = sealed_rows()
    numbers = {info.kid: number for number, info in enumerate((OLD_INFO, INFO), 1)}
    credentials, listing = [], []
    for row in sorted(told["rows"], key=lambda one: str(one["credential_id"])):
        texts = [row[name] for name in ("kind", "name", "target", "account", "note")]
        identity_, blob = row["credential_id"], bytes.fromhex(row["blob"])
        times = (row["number"], row["created"], row["updated"])
        credentials.append((identity_, numbers[row["kid"]], *texts, *times, blob))
        fields = CredentialFields(CredentialKind(texts[0]), *texts[1:])
        credential = Credential(identity_, fields, Kid(row["kid"]), BACKED_UP, BACKED_UP, row["number"])
        keys = sort_keys_of(SealedCredential(credential, blob).credential)
        listing.append(
            (
                identity_,
                texts[0],
                keys.by_kind,
                keys.by_name,
                keys.by_target,
                keys.by_account,
                keys.by_updated,
                keys.haystack,
            )
        )
    copies = [json.loads(row["text"]) for row in _register()]
    names = [copies[0]["backup"]["kms_sha256"], copies[1]["copy"]["sha256"]]
    addresses = [copies[0]["address"], copies[1]["destination"]]
    record, line, statement, mark = recovery(), drill(), replaced(), checkpoint()
    trail_lines = enumerate(trail()["lines"], 1)
    return {
        "meta": [("cmdb_id", CMDB_ID), ("number", str(NUMBER)), ("schema", "1")],
        "keys": [(*list(row.values())[:-1], bytes.fromhex(str(row["row_sum"]))) for row in key_rows()],
        "credentials": credentials,
        "listing": listing,
        "register": [
            (number, names[number - 1], addresses[number - 1], *_stored(row))
            for number, row in enumerate(_register(), 1)
        ],
        "recovery": [(1, *_stored(record))],
        "statements": [(5, "replaced", *_stored(statement))],
        "drills": [(1, *_stored(line))],
        "rotations": [(1, INFO.kid, "finished", *(int(INFO.created.timestamp()),) * 2, 0)],
        "audit": [(number, one["line"], bytes.fromhex(one["digest"])) for number, one in trail_lines],
        "checkpoint": [(1, *_stored(mark))],
        "notes": [],
    }


def _stored(row: Doc) -> tuple[str, bytes]:
    return row["text"], bytes.fromhex(row["signature"])


_SPELLINGS = {
    "SQLite": Spelling(text="TEXT", blob="BLOB", clustered=" WITHOUT ROWID"),
    "PostgreSQL": Spelling(text='TEXT COLLATE "C"', blob="BYTEA", clustered=""),
}


def schema_sql(engine: str) -> list[str]:
    """The statements that make the tables, each in its lines."""
    return [
        "\n".join(line.removeprefix("    ") for line in statement.split("\n")) + ";"
        for statement in STEPS[0].statements(_SPELLINGS[engine])
    ]


@cache
def cmdb_sql(engine: str) -> str:
    """The CMDB as statements that make it."""
    inserts = [
        f"INSERT INTO {table} VALUES ({', '.join(_literal(value, engine) for value in row)});"
        for table, rows in tables().items()
        for row in rows
    ]
    return "\n".join(("BEGIN;", *schema_sql(engine), *inserts, "COMMIT;")) + "\n"


def _literal(value: int | str | bytes | None, engine: str) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"X'{value.hex()}'" if engine == "SQLite" else f"'\\x{value.hex()}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return str(value)


def home_files() -> Mapping[str, bytes]:
    """What else lies in the home, by its path there."""
    registry = '{\n  "KMSBackupPath": "/mnt/vault",\n  "KMSBackupDate": "2026-11-23T03:00:00Z"\n}\n'
    return {
        "home/checkpoint.json": home_checkpoint()["file"].encode(),
        "home/registry.json": registry.encode(),
        "home/config.toml": _CONFIG.encode(),
        "home/known_hosts": _KNOWN_HOSTS.encode(),
    }


_CONFIG = """\
version = 1
server_name = "ns01.example.net"
source = "https://pkgs.example.net/nskeys"
drill_days = 60

[[destination]]
address = "/mnt/vault"
elsewhere = "tape to the safe"
mounted = {point = "/mnt", kind = "nfs4", source = "vault02:/backups", uuid = "", inside = "/vault"}

[[destination]]
address = "sftp://backup@vault02:2222/~/nskeys"
key_file = "/root/.ssh/nskeys"

[retention]
keep_last = 14

[columns]
till = {name = "Title", target = "URL", account = "User", secret = "Password", delimiter = ";"}
"""
_KNOWN_HOSTS = (
    "[vault02]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL2eSlg6QfbwaM2l4NAI8rT62GNyFDcO7gKVqE4DUZZG\n"
)
