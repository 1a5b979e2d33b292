"""A program that was written from core/FORMAT.md alone reads what this one leaves behind: every secret
comes out of a key backup of each kind and out of a copy of each kind of database, and the home is as the
text says."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from nskeys.ports import Purpose
from tests.core.services.database.test_database_copy import SMALL, copied
from tests.core.services.restore.test_both_halves import WANTED
from tests.fakes.fixed import Answers
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import IDENTITY_PASSWORD, NOBODY, PASSPHRASE, PASSWORD
from tests.fakes.sheets import check, split_among
from tests.second_reader.audit import name_message
from tests.second_reader.checkpoint import read_home
from tests.second_reader.cmdb import credential_rows, open_credentials, read_cmdb
from tests.second_reader.database_copy import OpenedCopy, read_database_copy
from tests.second_reader.home import read_events, read_registry, read_settings, read_trail_copies
from tests.second_reader.jwk_set import OpenedBackup
from tests.second_reader.key_backup import read_key_backup
from tests.second_reader.key_store import check_generation, check_store, open_store
from tests.second_reader.listing import list_credential
from tests.second_reader.shapes import decode_base64url
from tests.second_reader.specification import TEXT, read_actions
from tests.second_reader.vouching import find_cmdb_doubts, find_copy_doubts

pytestmark = pytest.mark.usefixtures("second_reader_here")

Secrets = dict[tuple[str, str], bytes]


def named(secrets: Secrets) -> dict[str, str]:
    """The secrets by what a person calls their credentials."""
    return {f"{kind}/{name}": secret.decode() for (kind, name), secret in secrets.items()}


def with_credentials(server: RealServer) -> RealServer:
    """A server that rotated once and has credentials under two keys."""
    server.set_up()
    for reference, secret in WANTED.items():
        server.add(reference.partition("/")[2], secret)
    return server


@dataclass
class Way:
    """A kind of key backup: how it is made, and what the reader is given to open it."""

    address: str
    opens: dict[str, Any]


def by_password(server: RealServer) -> Way:
    return Way(server.back_up_keys(hint="the usual drawer").copy.address, {"password": PASSWORD})


def by_identity(server: RealServer) -> Way:
    identity = pyrage.x25519.Identity.generate()
    return Way(server.back_up_to(str(identity.to_public())).copy.address, {"identity": str(identity)})


def by_ssh(private: Ed25519PrivateKey | RSAPrivateKey) -> Callable[[RealServer], Way]:
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    file = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return lambda server: Way(server.back_up_to(line).copy.address, {"ssh_key": file})


def by_person(server: RealServer) -> Way:
    server.make_identity()
    return Way(server.back_up_to().copy.address, {"password": IDENTITY_PASSWORD})


def by_custodians(server: RealServer) -> Way:
    server.make_identity()
    _, texts = split_among(server)
    check(server, texts)
    return Way(server.back_up_to().copy.address, {"shares": [texts[4], texts[0], texts[2]]})


WAYS = {
    "password": by_password,
    "identity": by_identity,
    "ssh-ed25519": by_ssh(Ed25519PrivateKey.generate()),
    "ssh-rsa": by_ssh(generate_private_key(65537, 2048)),
    "person": by_person,
    "custodians": by_custodians,
}


def read_both(server: RealServer, way: Way) -> tuple[OpenedBackup, OpenedCopy]:
    """The backup, and a database copy in several parts that its copy key opens."""
    copied(server, size=SMALL)
    newest = server.services.database.copies()[0]
    parts = [Path(newest.destination) / part.name for part in newest.parts]
    assert len(parts) > 1
    backup = read_key_backup(way.address, **way.opens)
    return backup, read_database_copy(parts[::-1], backup.copy_keys, backup.keys)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of a database of this kind; empty for the file in the home."""
    if kind == "SQLite":
        yield ""
        return
    with postgres_url() as url:
        yield url


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_secret_comes_out_of_a_backup_of_each_kind(
    way: Callable[[RealServer], Way], tmp_path: Path
) -> None:
    server = with_credentials(RealSite(tmp_path).server())
    backup, copy = read_both(server, way(server))
    assert named(copy.secrets) == WANTED
    assert find_copy_doubts(copy) == []
    cmdb = read_cmdb(server.folder.cmdb)
    secrets, failed = open_credentials(cmdb, backup.keys)
    assert (named(secrets), failed, cmdb.passed_over) == (WANTED, [], [])


@pytest.mark.parametrize("kind", ["SQLite", "postgres"])
def test_every_secret_comes_out_of_a_copy_of_each_kind_of_database(kind: str, tmp_path: Path) -> None:
    with database(kind) as url:
        server = with_credentials(RealSite(tmp_path).server(url))
        server.back_up_keys()
        server.rotate(without_backup=True)
        backup, copy = read_both(server, by_password(server))
        assert len(backup.keys) == 2
        assert named(copy.secrets) == WANTED
        assert find_copy_doubts(copy) == []
        server.services.close()


def test_the_home_and_its_database_are_as_the_text_says(tmp_path: Path) -> None:
    server = with_credentials(RealSite(tmp_path).server())
    backup, _ = read_both(server, by_password(server))
    anew = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]})
    server.services.protection.change("passphrase", NOBODY, anew, without_backup=True)
    home, cmdb = Path(server.folder.path), read_cmdb(server.folder.cmdb)
    files = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    store = check_store(files)
    opened = open_store(store, PASSPHRASE)
    assert opened.keys == backup.keys
    document = read_home(files["checkpoint.json"], opened.server_public)
    [row] = cmdb.rows["checkpoint"]
    assert (document["checkpoint"], decode_base64url(document["sig"])) == (row["body"], row["signature"])
    check_generation(store, json.loads(document["checkpoint"]))
    assert find_cmdb_doubts(cmdb, opened.server_public) == []
    assert read_registry(files["registry.json"])["KMSBackupPath"] is not None
    assert read_settings(files["config.toml"])["destination"]
    for name, read in (("events.jsonl", read_events), ("trail-copies.json", read_trail_copies)):
        if name in files:
            read(files[name])
    with closing(sqlite3.connect(server.folder.cmdb)) as connection:
        asked = "SELECT by_kind, by_name, by_target, by_account, by_updated, haystack FROM listing"
        listing = connection.execute(asked + " ORDER BY id").fetchall()
    assert listing == [list_credential(row) for row in credential_rows(cmdb)]


def test_the_actions_have_the_ids_that_their_names_give() -> None:
    for action in read_actions():
        assert f"| `{action}` | `{name_message(action)}` |" in TEXT
