"""The community's age vectors (tests/vectors/age): accepted where they must be, refused where they must."""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from nskeys.archive.age.file import decrypt_payload
from nskeys.archive.age.header import HeaderInvalid, parse_header
from nskeys.archive.age.identity_files import read_identities
from nskeys.archive.age.recipients import decrypt_by
from nskeys.archive.age.scrypt import decrypt, protection_of
from nskeys.errors import BackupDamaged, IdentityNotRecipient, NotABackup, NskeysError, WrongPassword
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes

FOLDER = Path(__file__).parents[3] / "vectors" / "age"


@dataclass(frozen=True)
class Vector:
    """A file, what reading it must give, and what its header says of it."""

    name: str
    expect: str
    notes: dict[str, str]
    data: bytes


def _load(path: Path) -> Vector:
    head, data = path.read_bytes().split(b"\n\n", 1)
    notes = dict(line.split(": ", 1) for line in head.decode().splitlines())
    if notes.get("compressed") == "zlib":
        data = zlib.decompress(data)
    return Vector(path.name, notes["expect"], notes, data)


VECTORS = [_load(path) for path in sorted(FOLDER.iterdir()) if path.suffix != ".md"]
PASSWORD_FILES = [vector for vector in VECTORS if "passphrase" in vector.notes]
IDENTITY_FILES = [vector for vector in VECTORS if "identity" in vector.notes]
KEYED_FILES = [
    vector
    for vector in VECTORS
    if "passphrase" not in vector.notes
    and "file key" in vector.notes
    and not vector.name.startswith("x25519_")  # of a header's stanzas, which a file key passes by
]


def test_no_vector_is_left_out() -> None:
    assert len(VECTORS) == len(PASSWORD_FILES) + len(KEYED_FILES) + 13 == 92
    assert len(PASSWORD_FILES) == 25
    assert len([vector for vector in IDENTITY_FILES if vector.name.startswith("x25519")]) == 14


@pytest.mark.parametrize("vector", PASSWORD_FILES, ids=lambda vector: vector.name)
def test_a_password_file(vector: Vector) -> None:
    password = SecretBytes(vector.notes["passphrase"].encode())
    if vector.expect == "success":
        assert hashlib.sha256(decrypt(vector.data, password)).hexdigest() == vector.notes["payload"]
        return
    with pytest.raises(NskeysError) as raised:
        decrypt(vector.data, password)
    # A header that must not be parsed is damaged; only a good one may be called a wrong password.
    if vector.expect == "header failure":
        assert isinstance(raised.value, BackupDamaged)
    elif vector.name != "scrypt_uppercase":
        assert isinstance(raised.value, WrongPassword)


@pytest.mark.parametrize("vector", IDENTITY_FILES, ids=lambda vector: vector.name)
def test_a_file_for_an_identity(vector: Vector) -> None:
    lines = vector.notes["identity"].encode()
    identities = read_identities(lines, "identity")
    if vector.expect == "success":
        assert hashlib.sha256(decrypt_by(vector.data, identities)).hexdigest() == vector.notes["payload"]
        return
    with pytest.raises(NskeysError) as raised:
        decrypt_by(vector.data, identities)
    # Whose file it is may be said only of a header that is one.
    assert isinstance(raised.value, IdentityNotRecipient) == (vector.expect == "no match")


@pytest.mark.parametrize("vector", KEYED_FILES, ids=lambda vector: vector.name)
def test_a_header_and_its_payload(vector: Vector) -> None:
    file_key = bytes.fromhex(vector.notes["file key"])
    try:
        header = parse_header(vector.data)
    except HeaderInvalid:
        assert vector.expect == "header failure"
        return
    if not header.authentic(file_key):
        assert vector.expect == "HMAC failure"
        return
    plain = decrypt_payload(file_key, vector.data[header.size :])
    if plain is None:
        # A payload without its nonce counts as a header failure there.
        assert vector.expect == "payload failure" or vector.name.endswith("_nonce")
    else:
        assert vector.expect == "success"
        assert hashlib.sha256(plain).hexdigest() == vector.notes["payload"]


def test_an_empty_file_is_no_backup() -> None:
    with pytest.raises(NotABackup):
        protection_of(_load(FOLDER / "empty").data)


def test_a_file_for_a_recipient_is_seen_to_be_one() -> None:
    assert protection_of(_load(FOLDER / "x25519").data) is Protection.RECIPIENTS
