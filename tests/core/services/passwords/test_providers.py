"""A passphrase is typed once, and forgotten when it was wrong or is not needed any more."""

import pytest

from nskeys.errors import SecretUnavailable
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest
from nskeys.services.passwords.providers import prefetch_secret
from nskeys.services.passwords.remembered import RememberedPassphrase
from tests.fakes.fixed import Answers
from tests.fakes.memory_protector import MachineProtector
from tests.fakes.servers import NOBODY, protector_named

PASSPHRASE = SecretRequest(Purpose.PASSPHRASE)
NEW = SecretRequest(Purpose.NEW_PASSPHRASE)


def test_it_is_asked_for_once_and_given_as_often_as_needed() -> None:
    answers = Answers({Purpose.PASSPHRASE: ["typed once"]})
    with RememberedPassphrase(answers) as remembered:
        for _ in range(3):
            with remembered(PASSPHRASE, 0) as given:
                assert given.text() == "typed once"
    assert len(answers.asked) == 1
    assert not any(answers.given)


def test_a_wrong_one_is_forgotten_and_asked_for_again() -> None:
    answers = Answers({Purpose.PASSPHRASE: ["wrong", "right"]})
    with RememberedPassphrase(answers) as remembered:
        remembered(PASSPHRASE, 0).wipe()
        with remembered(PASSPHRASE, 1) as given:
            assert given.text() == "right"
        assert not answers.given[0]
        with remembered(PASSPHRASE, 0) as again:
            assert again.text() == "right"
    assert not any(answers.given)


def test_one_that_was_just_set_need_not_be_typed_again() -> None:
    answers = Answers({Purpose.NEW_PASSPHRASE: ["new"]})
    with RememberedPassphrase(answers) as remembered:
        remembered(NEW, 0).wipe()
        with remembered(PASSPHRASE, 0) as given:
            assert given.text() == "new"


def test_one_that_was_asked_for_already_is_given_until_it_is_wrong() -> None:
    answers = Answers({Purpose.PASSPHRASE: ["right"]})
    typed = SecretBytes(b"typed at the start")
    with RememberedPassphrase(answers) as remembered:
        remembered.remember(Purpose.PASSPHRASE, typed)
        with remembered(PASSPHRASE, 0) as given:
            assert given.text() == "typed at the start"
        assert answers.asked == []
        with remembered(PASSPHRASE, 1) as given:
            assert given.text() == "right"
    assert not typed


def test_what_one_provider_knows_another_one_takes_over() -> None:
    old, new = SecretBytes(b"old"), SecretBytes(b"new")
    with RememberedPassphrase(NOBODY) as run, RememberedPassphrase(NOBODY) as change:
        run.remember(Purpose.PASSPHRASE, old)
        change.remember(Purpose.NEW_PASSPHRASE, new)
        run.take_over(change)
        assert not old
        with run(PASSPHRASE, 0) as given:
            assert given.text() == "new"
        change.wipe()
        assert new.text() == "new"
    assert not new


def test_a_new_one_is_always_asked_for() -> None:
    answers = Answers({Purpose.PASSPHRASE: ["old"], Purpose.NEW_PASSPHRASE: ["new"]})
    with RememberedPassphrase(answers) as remembered:
        remembered(PASSPHRASE, 0).wipe()
        with remembered(NEW, 0) as given:
            assert given.text() == "new"


def test_other_secrets_are_never_remembered() -> None:
    request = SecretRequest(Purpose.BACKUP_PASSWORD)
    answers = Answers({Purpose.BACKUP_PASSWORD: ["one"]})
    with RememberedPassphrase(answers) as remembered:
        remembered(request, 0).wipe()
        with pytest.raises(SecretUnavailable):
            remembered(request, 0)


def test_what_a_protector_asks_is_asked_before_and_wiped_after() -> None:
    answers = Answers({Purpose.NEW_PASSPHRASE: ["asked before"]})
    with prefetch_secret(protector_named("passphrase"), answers) as known:
        assert len(answers.asked) == 1
        for _ in range(2):
            with known(NEW, 0) as given:
                assert given.text() == "asked before"
        with known(PASSPHRASE, 0) as given:
            assert given.text() == "asked before"
    assert len(answers.asked) == 1
    assert not any(answers.given)


def test_what_was_not_asked_before_and_what_was_refused_goes_to_the_person() -> None:
    answers = Answers(
        {
            Purpose.NEW_PASSPHRASE: ["asked before", "another"],
            Purpose.BACKUP_PASSWORD: ["a backup's"],
        }
    )
    with prefetch_secret(protector_named("passphrase"), answers) as known:
        with known(SecretRequest(Purpose.BACKUP_PASSWORD), 0) as given:
            assert given.text() == "a backup's"
        with known(NEW, 1) as given:
            assert given.text() == "another"


def test_a_protector_that_asks_nobody_is_asked_nothing() -> None:
    with prefetch_secret(MachineProtector(), NOBODY) as known:
        assert known is NOBODY


def test_nothing_of_it_is_seen_in_a_traceback() -> None:
    with RememberedPassphrase(Answers({Purpose.PASSPHRASE: ["hunter2"]})) as remembered:
        given: SecretBytes = remembered(PASSPHRASE, 0)
        assert "hunter2" not in repr(vars(remembered)) + repr(given)
