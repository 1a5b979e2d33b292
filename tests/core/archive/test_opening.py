"""Opening: every key is recomputed, every claim compared, and a signature says who wrote it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nskeys.archive.age.scrypt import decrypt, encrypt
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup, signature_holds, signed_by
from nskeys.archive.payload import payload_bytes, signed_document
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import public_of, sign
from nskeys.errors import BackupDamaged, BackupForged, NewerVersion, SecretUnavailable, WrongPassword
from nskeys.model.backup import KmsContents, Protection
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, parse
from tests.core.archive.samples import KEYS, PUBLIC, SEED, archive, facts, password, retold

WRITTEN = archive()
PAYLOAD = decrypt(WRITTEN.kms, password())


def _open(data: bytes) -> KmsContents:
    return open_backup(inspect("/mnt/a.zip", data), password())


def _kms(payload: bytes) -> bytes:
    return encrypt(payload, password(), 1)


@pytest.mark.parametrize("data", [WRITTEN.data, WRITTEN.kms], ids=["archive", "bare kms"])
def test_what_is_written_is_opened(data: bytes) -> None:
    contents = _open(data)
    assert contents.facts == WRITTEN.facts
    assert [key.info for key in contents.keys] == [key.info for key in KEYS]
    for found, given in zip(contents.keys, KEYS, strict=True):
        assert found.material.same_as(given.material)
    assert contents.server_key is not None
    assert contents.server_key.same_as(SEED)
    assert signature_holds(contents)


def test_a_wrong_password_opens_nothing_and_names_the_file() -> None:
    with pytest.raises(WrongPassword) as raised:
        open_backup(inspect("/mnt/a.zip", WRITTEN.data), password("Blaue Tur, 3. Stock"))
    assert (raised.value.what, raised.value.name) == ("backup", "/mnt/a.zip")


def test_wiped_contents_hold_no_key() -> None:
    contents = _open(WRITTEN.data)
    contents.wipe()
    assert not any(key.material for key in contents.keys)
    assert not contents.server_key


@pytest.mark.parametrize(
    "told",
    [
        replace(facts(), server="ns02.example.net"),
        replace(facts(), generation=42),
        replace(facts(), hint="mail it to me"),
        replace(facts(), cmdb_id="c1" * 16),
        replace(facts(), keys=facts().keys[:1]),
    ],
    ids=["server", "generation", "hint", "CMDB", "keys"],
)
def test_a_manifest_that_tells_another_story_than_the_payload_is_forged(told: Any) -> None:
    with pytest.raises(BackupForged) as raised:
        _open(retold(WRITTEN, told))
    assert (raised.value.path, raised.value.part) == ("/mnt/a.zip", "manifest.json")


def _payload(change: Callable[[Any], None]) -> bytes:
    document = parse(PAYLOAD, 100_000)
    change(document)
    return canonical_json(document)


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


OTHER_KEY = "A" * 43

WRONG_PAYLOADS: dict[str, tuple[Callable[[Any], None], str]] = {
    "another key under a kid": (_set("keys", 0, "k", to=OTHER_KEY), "wrong_key"),
    "a kid that is another key's": (_set("keys", 0, "kid", to="ab" * 32), "wrong_key"),
    "a key of 31 bytes": (_set("keys", 0, "k", to="A" * 42), "wrong_size"),
    "a key in two spellings": (_set("keys", 0, "k", to="A" * 42 + "B"), "not_base64url"),
    "a key of another algorithm": (_set("keys", 0, "alg", to="A128GCM"), "keys_and_facts"),
    "a key with another state than its fact": (_set("keys", 0, "state", to="active"), "keys_and_facts"),
    "a key with another date than its fact": (_set("keys", 0, "iat", to=1), "keys_and_facts"),
    "a date beyond the calendar": (_set("keys", 0, "iat", to=10**15), "wrong_value"),
    "a key less": (lambda document: document["keys"].pop(0), "keys_and_facts"),
    "a key more": (lambda document: document["keys"].insert(0, document["keys"][0]), "keys_and_facts"),
    "two server keys": (lambda document: document["keys"].append(document["keys"][2]), "keys_and_facts"),
    "no keys at all": (_set("keys", to=[]), "keys_and_facts"),
    "keys in another order": (
        lambda document: document["keys"].insert(0, document["keys"].pop(1)),
        "keys_and_facts",
    ),
    "a field more in a key": (_set("keys", 0, "x5u", to="https://evil.example"), "wrong_fields"),
    "a server key whose halves differ": (_set("keys", 2, "d", to=OTHER_KEY), "server_key"),
    "a server key under another name": (_set("keys", 2, "kid", to="ab" * 32), "server_key"),
    "a signature that is none": (_set("sig", to="AAAA"), "wrong_size"),
    "a field more": (_set("comment", to=1), "wrong_fields"),
    "no facts": (lambda document: document.pop("facts"), "wrong_fields"),
    "facts of something else": (_set("facts", "format", to="other/1"), "not_nskeys"),
}


@pytest.mark.parametrize(("change", "problem"), WRONG_PAYLOADS.values(), ids=WRONG_PAYLOADS.keys())
def test_a_payload_that_contradicts_itself_is_damaged(change: Callable[[Any], None], problem: str) -> None:
    with pytest.raises(BackupDamaged) as raised:
        _open(_kms(_payload(change)))
    assert (raised.value.path, raised.value.part, raised.value.problem) == (
        "/mnt/a.zip",
        "keys.kms",
        problem,
    )


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"hello", PAYLOAD + b"\n", b"[" * 100_000])
def test_a_password_file_with_something_else_in_it_is_no_backup_of_ours(payload: bytes) -> None:
    with pytest.raises(BackupDamaged) as raised:
        _open(_kms(payload))
    assert raised.value.part == "keys.kms"


def test_a_payload_of_a_newer_format_is_called_that() -> None:
    with pytest.raises(NewerVersion) as raised:
        _open(_kms(b'{"facts":{"format":"nskeys/backup/2"},"moon":1}'))
    assert (raised.value.what, raised.value.found) == ("backup", 2)


def test_a_payload_that_says_it_is_for_recipients_is_not_under_a_password() -> None:
    told = replace(WRITTEN.facts, protection=Protection.RECIPIENTS, recipients=("age1q",))
    with pytest.raises(BackupDamaged) as raised:
        _open(_kms(payload_bytes(KmsContents(told, None, KEYS, SEED))))
    assert raised.value.problem == "protection"


def test_a_backup_for_recipients_asks_for_an_identity() -> None:
    lines = WRITTEN.kms.split(b"\n")
    lines[1] = b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
    with pytest.raises(SecretUnavailable) as raised:
        _open(b"\n".join(lines))
    assert (raised.value.wanted, raised.value.detail) == ("identity", "/mnt/a.zip")


# --- signatures ------------------------------------------------------------------------------------


def _unsigned(signature: bytes | None, server_key: SecretBytes | None) -> KmsContents:
    return _open(_kms(payload_bytes(KmsContents(WRITTEN.facts, signature, KEYS, server_key))))


def test_an_unsigned_backup_opens_and_is_not_vouched_for() -> None:
    for contents in (_unsigned(None, SEED), _unsigned(None, None), _unsigned(bytes(64), SEED)):
        assert len(contents.keys) == len(KEYS)
        assert not signature_holds(contents)


def test_a_signature_holds_only_with_the_server_key_that_the_facts_name() -> None:
    signature = WRITTEN.manifest.signature
    assert signature_holds(_unsigned(signature, SEED))
    assert not signature_holds(_unsigned(signature, None))
    assert not signature_holds(_unsigned(signature, new_server_seed()))


def test_a_manifest_is_signed_by_the_server_that_wrote_it_and_by_no_other() -> None:
    signature = WRITTEN.manifest.signature
    assert signed_by(WRITTEN.facts, signature, PUBLIC)
    assert not signed_by(WRITTEN.facts, None, PUBLIC)
    assert not signed_by(WRITTEN.facts, signature, public_of(new_server_seed()))
    assert not signed_by(replace(WRITTEN.facts, generation=42), signature, PUBLIC)


def test_a_signature_by_another_server_than_the_facts_name_is_none() -> None:
    told = replace(WRITTEN.facts, server_key="ab" * 32)
    signature = sign(SEED, "facts", signed_document(told))
    assert not signed_by(told, signature, PUBLIC)
