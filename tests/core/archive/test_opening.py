"""Opening: every key is recomputed, every claim compared, and a signature says who wrote it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nskeys.archive.age.scrypt import decrypt, encrypt
from nskeys.archive.inspection import inspect
from nskeys.archive.manifest import manifest_bytes, signed_manifest
from nskeys.archive.opening import open_backup
from nskeys.archive.payload import payload_bytes, signed_document
from nskeys.crypto.keys import new_server_seed
from nskeys.crypto.signing import sign
from nskeys.errors import BackupDamaged, BackupForged, NewerVersion, SecretUnavailable, WrongPassword
from nskeys.model.backup import BackupFacts, KmsContents
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import canonical_json, parse, to_base64url
from nskeys.wording.errors import say
from tests.core.archive.samples import KEYS, PUBLIC, SEED, archive, fact, facts, password, rebuilt, retold

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
    assert contents.facts.server_public == PUBLIC


def test_the_server_key_is_in_no_backup() -> None:
    assert SEED.reveal() not in PAYLOAD
    assert to_base64url(SEED.reveal()).encode() not in PAYLOAD
    assert {key["kty"] for key in parse(PAYLOAD, 100_000)["keys"]} == {"oct"}  # type: ignore[index, union-attr, call-overload]


def test_a_wrong_password_opens_nothing_and_names_the_file() -> None:
    with pytest.raises(WrongPassword) as raised:
        open_backup(inspect("/mnt/a.zip", WRITTEN.data), password("Blaue Tur, 3. Stock"))
    assert (raised.value.what, raised.value.name) == ("backup", "/mnt/a.zip")


def test_wiped_contents_hold_no_key() -> None:
    contents = _open(WRITTEN.data)
    contents.wipe()
    assert not any(key.material for key in contents.keys)


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
SERVER_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "use": "sig",
    "alg": "EdDSA",
    "kid": facts().server_key,
    "x": to_base64url(PUBLIC),
    "d": to_base64url(SEED.reveal()),
}

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
    "a server key among them": (lambda document: document["keys"].append(SERVER_KEY), "server_key"),
    "a server key in a key's place": (_set("keys", 0, to=SERVER_KEY), "server_key"),
    "no keys at all": (_set("keys", to=[]), "keys_and_facts"),
    "keys in another order": (
        lambda document: document["keys"].insert(0, document["keys"].pop(1)),
        "keys_and_facts",
    ),
    "a field more in a key": (_set("keys", 0, "x5u", to="https://evil.example"), "wrong_fields"),
    "a signature that is none": (_set("sig", to="AAAA"), "wrong_size"),
    "no signature": (_set("sig", to=None), "wrong_type"),
    "a public half that the thumbprint does not name": (
        _set("facts", "server_public", to=OTHER_KEY),
        "server_key",
    ),
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
        _open(_kms(payload_bytes(KmsContents(told, bytes(64), KEYS))))
    assert raised.value.problem == "protection"


def test_a_backup_for_recipients_asks_for_an_identity() -> None:
    lines = WRITTEN.kms.split(b"\n")
    lines[1] = b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
    with pytest.raises(SecretUnavailable) as raised:
        _open(b"\n".join(lines))
    assert (raised.value.wanted, raised.value.detail) == ("identity", "/mnt/a.zip")


# --- signatures ------------------------------------------------------------------------------------


def _signed_by(seed: SecretBytes, told: BackupFacts = WRITTEN.facts) -> bytes:
    """A bare `.kms` with these facts and a signature of that key."""
    return _kms(payload_bytes(KmsContents(told, sign(seed, "facts", signed_document(told)), KEYS)))


def test_only_the_key_that_the_facts_carry_signs_them() -> None:
    assert _open(_signed_by(SEED)).facts == WRITTEN.facts
    for data in (
        _signed_by(new_server_seed()),
        _kms(payload_bytes(KmsContents(WRITTEN.facts, bytes(64), KEYS))),
        _kms(
            payload_bytes(
                KmsContents(replace(WRITTEN.facts, generation=42), WRITTEN.manifest.signature, KEYS)
            )
        ),
    ):
        with pytest.raises(BackupForged) as raised:
            _open(data)
        assert raised.value.part == "signature"


def test_a_manifest_without_a_signature_of_that_key_is_refused_before_a_password_is_asked() -> None:
    manifest = WRITTEN.manifest
    for wrong in (
        replace(manifest, signature=bytes(64)),
        replace(manifest, manifest_signature=bytes(64)),
        replace(manifest, manifest_signature=manifest.signature),
    ):
        with pytest.raises(BackupForged) as raised:
            inspect("/mnt/a.zip", rebuilt(WRITTEN.data, manifest=manifest_bytes(wrong)))
        assert raised.value.part == "signature"


def test_genuine_facts_around_other_keys_are_refused_though_every_hash_was_made_to_fit() -> None:
    """The second signature covers the hash of the `.kms`, which the facts cannot hold."""
    kms = encrypt(b"garbage", password(), 1)
    members = (*WRITTEN.facts.members, ("keys.kms", fact(kms)))
    manifest = manifest_bytes(replace(WRITTEN.manifest, members=members))
    with pytest.raises(BackupForged) as raised:
        inspect("/mnt/a.zip", rebuilt(WRITTEN.data, kms=kms, manifest=manifest))
    assert raised.value.part == "signature"
    assert "its signature does not hold" in say(raised.value).what
    signed = signed_manifest(WRITTEN.facts, fact(WRITTEN.kms), SEED)
    assert inspect("/mnt/a.zip", rebuilt(WRITTEN.data, manifest=manifest_bytes(signed))).manifest == signed
