"""The record of who can open backups: one spelling, every field checked, a newer one said to be newer."""

import json
from dataclasses import replace
from typing import Any

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.recovery_json import RecoveryRecord, identity_to_json, parse_record, recovery_text
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


def _text(recovery: Recovery = RECOVERY) -> str:
    return recovery_text(recovery, SERVER, CMDB)


def _changed(told: object) -> str:
    return canonical_json(told).decode()  # type: ignore[arg-type]  # what json.loads gave


def test_it_is_read_as_it_was_written() -> None:
    assert parse_record(_text()) == RecoveryRecord(RECOVERY, SERVER, CMDB)
    waits = RECOVERY._replace(waiting=replace(TWO, number=2))
    assert parse_record(_text(waits)) == RecoveryRecord(waits, SERVER, CMDB)


@pytest.mark.parametrize("weak", [None, 0, 2])
def test_a_weak_password_is_remembered_here_and_in_no_backup(weak: int | None) -> None:
    known = replace(ONE, weak=weak)
    (read,) = parse_record(_text(Recovery((known,)))).recovery.identities
    assert read.weak == weak
    assert "weak" not in identity_to_json(known)


def test_a_newer_one_is_said_to_be_newer() -> None:
    told = {**json.loads(_text()), "version": 2, "more": "fields"}
    with pytest.raises(NewerVersion) as raised:
        parse_record(_changed(told))
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
        Recovery((), (), ONE),
    ],
)
def test_what_no_server_writes_is_refused(wrong: Recovery) -> None:
    with pytest.raises(Malformed):
        parse_record(_text(wrong))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version":1}', '{"version":0}', _text()[:-1], _text() + "\n", " " + _text()]
)
def test_another_document_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_record(text)


@pytest.mark.parametrize("change", [{"more": 1}, {"kind": "nobody"}, {"created": "yesterday"}])
def test_another_field_is_refused(change: dict[str, Any]) -> None:
    told = json.loads(_text())
    told["identities"][0].update(change)
    with pytest.raises(Malformed):
        parse_record(_changed(told))
