"""What was released is read: the archive to recipients, its identities and the record of them."""

import json
from pathlib import Path

import pytest

from nskeys.archive.age.identity_files import read_identities, read_identity
from nskeys.archive.age.recipients import FileIdentity
from nskeys.archive.age.ssh import SshIdentity
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup_by, open_identity
from nskeys.archive.recovery_json import parse_record
from nskeys.crypto.signing import verify
from nskeys.crypto.ssh_keys import SshPrivate, read_public
from nskeys.model.backup import BackupFacts
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import to_base64url

VECTORS = Path(__file__).parents[2] / "vectors" / "format-1"
TOLD = json.loads((VECTORS / "recipients.json").read_text("utf-8"))


def _ssh() -> FileIdentity:
    *_, recipient = inspected_facts().recipients
    public = read_public(*recipient.split(" "))
    return SshIdentity(SshPrivate(public, SecretBytes(bytes.fromhex(TOLD["ssh_seed"]))))


def inspected_facts() -> BackupFacts:
    """The facts of the released archive."""
    manifest = inspect("", (VECTORS / "recipients.zip").read_bytes()).manifest
    assert manifest is not None
    return manifest.facts


@pytest.mark.parametrize("name", ["recipients.zip", "recipients.kms"])
def test_a_released_backup_opens_by_every_identity(name: str) -> None:
    inspected = inspect(name, (VECTORS / name).read_bytes())
    assert inspected.kms_sha256 == TOLD["kms_sha256"]
    plain = "\n".join(one["identity"] for one in TOLD["identities"]).encode()
    for identity in (*read_identities(plain, "plain"), _ssh()):
        contents = open_backup_by(inspected, [identity])
        assert {key.info.kid: to_base64url(key.material.reveal()) for key in contents.keys} == TOLD["keys"]


def test_its_identities_open_with_their_passwords() -> None:
    inspected = inspect("", (VECTORS / "recipients.zip").read_bytes())
    for identity, told in zip(inspected_facts().identities, TOLD["identities"], strict=True):
        found = open_identity(inspected, identity, SecretBytes.from_text(told["password"]))
        assert found.spelled().text() == told["identity"]


def test_the_released_record_is_signed_and_names_the_files_beside_it() -> None:
    folder = VECTORS / "home" / "recovery"
    row = json.loads((VECTORS / "recovery_record.json").read_text("utf-8"))
    record = parse_record(row["text"])
    document, signature = row["text"].encode("utf-8"), bytes.fromhex(row["signature"])
    assert verify(bytes.fromhex(row["public"]), "recovery", document, signature)
    assert record.recovery.identities == inspected_facts().identities
    for identity, told in zip(record.recovery.identities, TOLD["identities"], strict=True):
        file = (folder / f"{identity.sha256}.age").read_bytes()
        found = read_identity(file, SecretBytes.from_text(told["password"]), identity.member)
        assert found.recipient == identity.recipient
