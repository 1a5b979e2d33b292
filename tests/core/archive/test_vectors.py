"""What was released is read: the archive under a password and its `.kms`."""

import json
from pathlib import Path

import pytest

from nskeys.archive.cross_check import confirm
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import to_base64url

VECTORS = Path(__file__).parents[2] / "vectors" / "format-1"
TOLD = json.loads((VECTORS / "password.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["password.zip", "password.kms"])
def test_a_released_backup_opens(name: str) -> None:
    inspected = inspect(name, (VECTORS / name).read_bytes())
    assert inspected.kms_sha256 == TOLD["kms_sha256"]
    contents = open_backup(inspected, SecretBytes.from_text(TOLD["password"]))
    assert {key.info.kid: to_base64url(key.material.reveal()) for key in contents.keys} == TOLD["keys"]
    assert to_base64url(contents.facts.server_public) == TOLD["server_public"]


def test_a_second_reader_opens_the_released_kms() -> None:
    password = SecretBytes.from_text(TOLD["password"])
    confirm((VECTORS / "password.kms").read_bytes(), password, TOLD["payload_sha256"])


def test_the_released_archive_is_the_one_that_was_hashed() -> None:
    assert inspect("", (VECTORS / "password.zip").read_bytes()).file_sha256 == TOLD["archive_sha256"]
