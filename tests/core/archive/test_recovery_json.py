"""`recovery.json`: one spelling, every field checked, and a newer one is said to be newer."""

import json
from dataclasses import replace
from typing import Any

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.recovery_json import identity_to_json, parse_record, record_bytes, recovery_document
from nskeys.errors import NewerVersion
from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.signed_json import Malformed, canonical_json
from tests.core.archive.samples import BACKED_UP

SERVER, CMDB = "5e" * 32, "c0" * 16
ONE = RecoveryIdentity(IdentityKind.PERSON, 2, X25519Identity.new().recipient, BACKED_UP, "ab" * 32)
TWO = RecoveryIdentity(
    IdentityKind.CUSTODIANS,
    1,
    X25519Identity.new().recipient,
    BACKED_UP,
    "cd" * 32,
    5,
    3,
    "acquire surprise",
)
BEFORE = EarlierIdentity(IdentityKind.PERSON, 1, X25519Identity.new().recipient)
RECOVERY = Recovery((ONE, TWO), (BEFORE,))
SIGNATURE = bytes(range(64))


def _data(recovery: Recovery = RECOVERY) -> bytes:
    return record_bytes(recovery_document(recovery, SERVER, CMDB), SIGNATURE)


def test_it_is_read_as_it_was_written() -> None:
    record = parse_record(_data())
    assert record.recovery == RECOVERY
    assert (record.server_key, record.cmdb_id, record.signature) == (SERVER, CMDB, SIGNATURE)
    assert record.document == recovery_document(RECOVERY, SERVER, CMDB)


@pytest.mark.parametrize("weak", [None, 0, 2])
def test_a_weak_password_is_remembered_here_and_in_no_backup(weak: int | None) -> None:
    known = replace(ONE, weak=weak)
    (read,) = parse_record(_data(Recovery((known,)))).recovery.identities
    assert read.weak == weak
    assert "weak" not in identity_to_json(known)


def test_a_newer_one_is_said_to_be_newer() -> None:
    told = json.loads(_data())
    told["record"]["version"] = 2
    told["record"]["more"] = "fields"
    with pytest.raises(NewerVersion) as raised:
        parse_record(canonical_json(told) + b"\n")
    assert (raised.value.what, raised.value.found) == ("recovery", 2)


@pytest.mark.parametrize(
    "wrong",
    [
        Recovery((TWO, ONE)),
        Recovery((ONE, ONE)),
        Recovery((replace(ONE, number=0),)),
        Recovery((replace(ONE, shares=5, threshold=3),)),
        Recovery((replace(TWO, threshold=1),)),
        Recovery((replace(TWO, shares=0, threshold=0),)),
        Recovery((replace(TWO, set_name="acquire <b>"),)),
        Recovery((replace(ONE, set_name="acquire surprise"),)),
        Recovery((replace(TWO, threshold=6),)),
        Recovery((replace(TWO, shares=17),)),
        Recovery((replace(ONE, recipient="age1x"),)),
        Recovery((replace(ONE, sha256="AB" * 32),)),
        Recovery((ONE,), (BEFORE,) * 101),
        Recovery((replace(ONE, weak=3),)),
        Recovery((replace(ONE, weak=-1),)),
    ],
)
def test_what_no_server_writes_is_refused(wrong: Recovery) -> None:
    with pytest.raises(Malformed):
        parse_record(_data(wrong))


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}\n", b"[]\n", b'{"record":{},"sig":""}\n', _data()[:-1], _data() + b"\n"]
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_record(data)


@pytest.mark.parametrize("change", [{"more": 1}, {"kind": "nobody"}, {"created": "yesterday"}])
def test_another_field_is_refused(change: dict[str, Any]) -> None:
    told = json.loads(_data())
    told["record"]["identities"][0].update(change)
    with pytest.raises(Malformed):
        parse_record(canonical_json(told) + b"\n")
