"""Identities and recipients are named so that a person can tell one from another."""

from dataclasses import replace
from datetime import UTC, datetime

from nskeys.model.recovery import EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import Protection
from nskeys.wording.recovery import (
    identity_name,
    opened_by,
    recipient_name,
    short_recipient,
    split_words,
    then_drill,
    who_opens,
)
from tests.fakes.backups import a_copy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ONE = RecoveryIdentity(IdentityKind.PERSON, 2, "age1" + "q" * 58, NOW, "ab" * 32)
TWO = RecoveryIdentity(IdentityKind.CUSTODIANS, 1, "age1" + "p" * 58, NOW, "cd" * 32, 5, 3)
BEFORE = EarlierIdentity(IdentityKind.PERSON, 1, "age1" + "z" * 58)
RECOVERY = Recovery((ONE, TWO), (BEFORE,))
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHv7q2d1k"


def test_they_have_a_kind_and_a_number() -> None:
    assert identity_name(ONE) == "recovery identity 2"
    assert identity_name(TWO) == "custodians' identity 1"
    assert (split_words(ONE), split_words(TWO)) == ("", "3 of 5 shares")


def test_a_backup_says_which_of_them_opens_it() -> None:
    assert recipient_name(BEFORE.recipient, RECOVERY) == "recovery identity 1"
    assert opened_by(RECOVERY.recipients, RECOVERY) == "recovery identity 2 and custodians' identity 1"
    assert opened_by([KEY], RECOVERY) == "ssh-ed25519 ...Hv7q2d1k"


def test_a_stranger_is_named_by_an_end_that_can_be_compared() -> None:
    assert short_recipient("age1" + "x" * 50 + "8k2f0v3s") == "age1...8k2f0v3s"
    assert short_recipient("\x1b[2J") == "\\x1b[2J"


def _opens(*recipients: str) -> str:
    copy = a_copy()
    backup = copy.backup._replace(protection=Protection.RECIPIENTS, recipients=recipients, hint="")
    return who_opens(replace(copy, backup=backup), RECOVERY)


def test_a_backup_says_who_opens_it_and_that_an_older_one_opens_the_old_way() -> None:
    assert _opens(ONE.recipient) == "the password of recovery identity 2"
    assert _opens(BEFORE.recipient) == ("the password of recovery identity 1 (replaced since)")
    assert _opens(ONE.recipient, TWO.recipient) == (
        "the password of recovery identity 2 or custodians' identity 1 (3 of 5 shares)"
    )
    assert _opens(KEY) == "the identity of ssh-ed25519 ...Hv7q2d1k"
    assert "password" in who_opens(a_copy(), RECOVERY)


def _drilled(*recipients: str, by_a_person: bool = False) -> str:
    copy = a_copy()
    backup = copy.backup._replace(protection=Protection.RECIPIENTS, recipients=recipients, hint="")
    return then_drill(replace(copy, backup=backup, by_a_person=by_a_person), RECOVERY)


def test_a_drill_is_advised_by_what_really_opens_the_backup() -> None:
    waits = "that people can open it: until then it does not count."
    assert _drilled(TWO.recipient) == f"d proves, by the sheets of 3 custodians, {waits}"
    assert _drilled(ONE.recipient) == f"d proves, by the password of recovery identity 2, {waits}"
    assert _drilled(KEY) == f"d proves, by the identity of ssh-ed25519 ...Hv7q2d1k, {waits}"
    both = "the password of recovery identity 2 or the sheets of 3 custodians"
    assert _drilled(ONE.recipient, TWO.recipient, by_a_person=True) == (
        f"d proves now that the credentials open with it, by {both}."
    )
    assert "sheets" not in then_drill(a_copy(), RECOVERY)
