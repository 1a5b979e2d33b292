"""Bitwarden's JSON under a password, written as its description says, by both derivations."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret_raw
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad

from nskeys.errors import ImportUnreadable, SecretUnavailable
from nskeys.imports import bitwarden_encrypted
from nskeys.imports.detect import read_export
from nskeys.model.imports import ImportFormat, ParsedExport
from tests.fakes.opening import Opening

PASSWORD = "Quokka-71! \u5bc6"
LOGIN = {"username": "LAB\\svc", "password": " \u5bc6 7", "uris": [{"uri": "pkg"}]}
INSIDE = {"encrypted": False, "folders": [], "items": [{"type": 1, "name": "till", "login": LOGIN}]}
PBKDF2 = {"kdfType": 0, "kdfIterations": 1_000}
ARGON2ID = {"kdfType": 1, "kdfIterations": 2, "kdfMemory": 1, "kdfParallelism": 2}


def sealed(key: bytes, plain: bytes) -> str:
    encryption, authentication = (
        hmac.digest(key, name + b"\x01", "sha256") for name in (b"enc", b"mac")
    )  # HKDF-Expand of one block
    iv = os.urandom(16)
    text = AES.new(encryption, AES.MODE_CBC, iv).encrypt(pad(plain, 16))
    tag = hmac.digest(authentication, iv + text, "sha256")
    return "2." + "|".join(base64.b64encode(part).decode() for part in (iv, text, tag))


def export(inside: Any = INSIDE, kdf: dict[str, Any] = PBKDF2, **more: Any) -> bytes:
    salt = base64.b64encode(b"0123456789abcdef").decode()
    if kdf["kdfType"] == 0:
        key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), kdf["kdfIterations"], 32)
    else:
        passes, memory, lanes = kdf["kdfIterations"], kdf["kdfMemory"] * 1024, kdf["kdfParallelism"]
        hashed = hashlib.sha256(salt.encode()).digest()
        key = hash_secret_raw(PASSWORD.encode(), hashed, passes, memory, lanes, 32, Type.ID)
    document = {
        "encrypted": True,
        "passwordProtected": True,
        "salt": salt,
        **kdf,
        "encKeyValidation_DO_NOT_EDIT": sealed(key, b"4f3a0f0e-1e5e-4a70-9d3c-0e6f6f9f3a11"),
        "data": sealed(key, inside if isinstance(inside, bytes) else json.dumps(inside).encode()),
        **more,
    }
    return json.dumps(document).encode()


def read(data: bytes, *passwords: str) -> ParsedExport:
    return read_export("export.json", data, unlock=Opening(passwords))


def refused(data: bytes) -> str:
    with pytest.raises(ImportUnreadable) as error:
        read(data, PASSWORD)
    return error.value.problem


@pytest.mark.parametrize("kdf", [PBKDF2, ARGON2ID])
def test_it_opens_with_its_password_and_no_other(kdf: dict[str, Any]) -> None:
    data = export(kdf=kdf)
    found = read(data, "wrong", PASSWORD)
    assert found.format is ImportFormat.BITWARDEN_JSON
    assert [(row.title, row.secret.text(), row.url) for row in found.rows] == [("till", " \u5bc6 7", "pkg")]
    with pytest.raises(SecretUnavailable):
        read(data, "wrong")


@pytest.mark.parametrize(
    "costs",
    [
        {"kdfType": 0, "kdfIterations": 10**9},
        {"kdfType": 1, "kdfIterations": 3, "kdfMemory": 4096, "kdfParallelism": 4},
        {"kdfType": 1, "kdfIterations": 10_000, "kdfMemory": 64, "kdfParallelism": 4},
        {"kdfType": 1, "kdfIterations": 3, "kdfMemory": 64, "kdfParallelism": 10**6},
    ],
)
def test_a_cost_of_hours_is_refused_before_it_is_paid(
    costs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("keys_by_pbkdf2", "keys_by_argon2id"):
        monkeypatch.setattr(bitwarden_encrypted, name, lambda *_: pytest.fail("it was derived"))
    assert refused(export(**costs)) == "export_kdf_cost"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"passwordProtected": False}, "account_restricted"),
        ({"kdfType": 2}, "encrypted"),
        ({"kdfIterations": "many"}, "encrypted"),
        ({"kdfIterations": True}, "encrypted"),
        ({"salt": None}, "encrypted"),
        ({"data": "2.a|b"}, "encrypted"),
        ({"data": "0.AAAA"}, "encrypted"),
        ({"data": sealed(bytes(32), b"{}")}, "payload"),
    ],
)
def test_what_is_wrong_with_it_is_told(more: dict[str, Any], problem: str) -> None:
    assert refused(export(**more)) == problem


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        (b"\xff\xfe\xfd", "not_utf8"),
        (b"{", "json_syntax"),
        ({"encrypted": True}, "encrypted"),
        ([], "encrypted"),
    ],
)
def test_what_is_inside_has_to_be_an_export(inside: Any, problem: str) -> None:
    assert refused(export(inside)) == problem
