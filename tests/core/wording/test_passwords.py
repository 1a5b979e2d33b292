"""Questions for secrets: clear the first time, patient the second, and never showing what is hostile."""

import pytest

from nskeys.ports import Purpose, SecretRequest
from nskeys.reasons import HintProblem, PasswordProblem
from nskeys.wording.passwords import (
    hint_refused,
    password_refused,
    question,
    retry_text,
    strength_words,
)
from nskeys.wording.text.terminal import safe, width

EXISTING = (
    Purpose.BACKUP_PASSWORD,
    Purpose.IDENTITY_PASSWORD,
    Purpose.PASSPHRASE,
    Purpose.PIN,
    Purpose.SHARE,
    Purpose.SSH_PASSPHRASE,
    Purpose.SSH_PASSWORD,
    Purpose.EXPORT_PASSWORD,
    Purpose.EXPORT_KEY_FILE,
    Purpose.GPG_PASSPHRASE,
)


def test_a_wrong_password_is_one_sentence_and_another_try() -> None:
    assert (
        retry_text(Purpose.BACKUP_PASSWORD, stop="Esc")
        == "That password does not open this backup. Try again, or press Esc to stop."
    )
    asked = question(SecretRequest(Purpose.BACKUP_PASSWORD, "ns01.zip", "the cat"), 1)
    assert asked.prompt == "Password of the backup ns01.zip"
    assert asked.help == "Hint: the cat"
    assert asked.refused.endswith("Try again, or press Ctrl-C to stop.")


def test_a_backup_is_named_by_its_file_however_long_its_path_is() -> None:
    path = f"/mnt/{'of-the-second-building/' * 5}ns01-5ac19e2b-20261122T140200Z.zip"
    asked = question(SecretRequest(Purpose.BACKUP_PASSWORD, path))
    assert asked.prompt == "Password of the backup ns01-5ac19e2b-20261122T140200Z.zip"


def test_the_first_time_nothing_was_refused() -> None:
    assert question(SecretRequest(Purpose.BACKUP_PASSWORD)).refused == ""


@pytest.mark.parametrize("purpose", list(Purpose))
def test_only_new_secrets_are_asked_for_twice(purpose: Purpose) -> None:
    asked = question(SecretRequest(purpose))
    new = purpose not in EXISTING
    assert bool(asked.again) is new
    assert not asked.prompt.endswith(":")


def test_subject_and_hint_come_from_outside() -> None:
    asked = question(SecretRequest(Purpose.BACKUP_PASSWORD, "a\x1b[2J" + "x" * 900, "h\u202e\n"))
    assert asked.prompt == safe(asked.prompt)
    assert width(asked.prompt) <= 90
    assert asked.help == "Hint: h\\u202e\\n"


def test_strength_grows_with_the_score() -> None:
    names = [strength_words(score).partition(": ")[0] for score in range(5)]
    assert names == ["very weak", "weak", "fair", "good", "strong"]
    assert all(width(strength_words(score)) <= 49 for score in range(5))  # a dialog 60 cells wide


@pytest.mark.parametrize("reason", PasswordProblem)
def test_a_refused_password_has_its_reason(reason: PasswordProblem) -> None:
    assert password_refused(reason).what.endswith(".")


@pytest.mark.parametrize("reason", HintProblem)
def test_a_refused_hint_has_its_reason(reason: HintProblem) -> None:
    assert hint_refused(reason).what.startswith("The hint ")


def test_a_recovery_identity_is_asked_for_by_its_number() -> None:
    request = SecretRequest(Purpose.IDENTITY_PASSWORD, "/vault/a.zip", number=2)
    assert question(request).prompt == "Password of recovery identity 2"
    assert question(SecretRequest(Purpose.IDENTITY_PASSWORD, "key.txt")).prompt == (
        "Password of the identity key.txt"
    )
    new = SecretRequest(Purpose.NEW_IDENTITY_PASSWORD, number=1)
    assert question(new).prompt == "New password for recovery identity 1"
