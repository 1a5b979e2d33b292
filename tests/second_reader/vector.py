"""A vector of `index.json`: its files, and what opens them (vectors/README.md)."""

import json
import zlib
from pathlib import Path
from typing import Any

from tests.second_reader.age_stanzas import (
    FileKey,
    Opener,
    Password,
    SshEd25519Identity,
    X25519Identity,
    load_ssh_opener,
)
from tests.second_reader.bech32 import read_identity
from tests.second_reader.key_backup import CheckedBackup
from tests.second_reader.shapes import encode_base64url
from tests.second_reader.shares import combine
from tests.second_reader.ssh_keys import read_ssh_recipient

Entry = dict[str, Any]
Given = dict[str, Any]


class Wrong(Exception):
    """Says that something accepted does not hold what the vector says."""


def expect(same: bool, what: str) -> None:
    """Raise Wrong where what was read is not what the vector says."""
    if not same:
        raise Wrong(what)


class Vector:
    """One entry of the index, with the folder that its paths start from."""

    def __init__(self, folder: Path, entry: Entry) -> None:
        """Take an entry."""
        self.folder = folder
        self.entry = entry
        self.given: Given = entry.get("opened_with") or {}
        self.gives: Given = entry.get("gives") or {}

    def contents(self) -> list[bytes]:
        """Give the content of every file, unpacked where it is compressed."""
        return [self.content(path) for path in self.entry["files"]]

    def content(self, path: str) -> bytes:
        """Give the content of one file."""
        data = (self.folder / path).read_bytes()
        return zlib.decompress(data) if path.endswith(".zlib") else data

    def document(self) -> Any:
        """Give the JSON of the only file."""
        return json.loads(self.contents()[0])


def find_opener(vector: Vector, backup: CheckedBackup | None = None) -> Opener:
    """Make what opens an age file out of `opened_with`."""
    given = vector.given
    if "member" in given:
        password = given["password"] if "password" in given else combine(given["shares"])
        assert backup is not None
        return backup.read_member_identity(given["member"], password)
    if "password" in given:
        return Password(given["password"])
    if "identity" in given:
        return X25519Identity(read_identity(given["identity"]) or b"")
    if "file_key" in given:
        return FileKey(bytes.fromhex(given["file_key"]))
    if "ssh_ed25519_seed" in given:
        _, wire = read_ssh_recipient(given["ssh_recipient"]) or ("", b"")
        return SshEd25519Identity(bytes.fromhex(given["ssh_ed25519_seed"]), wire)
    return load_ssh_opener(vector.content(given["ssh_key"]))


def spell_keys(keys: dict[str, bytes]) -> dict[str, str]:
    """Spell keys by kid as `gives` does."""
    return {kid: encode_base64url(key) for kid, key in keys.items()}


def check_secrets(secrets: dict[tuple[str, str], bytes], gives: Given) -> None:
    """Compare secrets with those of the vector, which names them without their kind."""
    found = {name: secret.decode("utf-8") for (_, name), secret in secrets.items()}
    expect(found == gives["secrets"], "secrets")
