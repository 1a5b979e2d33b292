"""New passwords: made up, checked, and asked for until one can be used."""

import re

import pytest
import zxcvbn

from nskeys.errors import HintRefused, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider, SecretRequest, StoreInfo
from nskeys.reasons import Opens
from nskeys.services.passwords.new_password import (
    PASSWORD_LIMIT,
    AcceptedPassword,
    accept_new_password,
    ask_new_passphrase,
    ask_new_password,
    ask_until_it_opens,
    check_hint,
    check_hint_for,
    check_new_password,
    generate_password,
    weakness,
)
from tests.fakes.fixed import Answers
from tests.fakes.memory_keystore import MemoryKeyStore

NO_STORE = MemoryKeyStore()
REQUEST = SecretRequest(Purpose.BACKUP_PASSWORD, "/vault/a.zip")


def test_a_generated_password_can_be_written_down_and_is_never_the_same() -> None:
    made = [generate_password().text() for _ in range(50)]
    assert len(set(made)) == 50
    assert all(re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){4}", text) for text in made)
    assert not set("".join(made)) & set("lo01")
    check_new_password(SecretBytes.from_text(made[0]), "", NO_STORE)


@pytest.mark.parametrize(
    ("password", "reason"),
    [(b"", "empty"), (b"x" * (PASSWORD_LIMIT + 1), "too_long"), (b"\xff", "not_text")],
)
def test_a_password_that_nobody_could_type_is_refused(password: bytes, reason: str) -> None:
    with pytest.raises(PasswordRefused) as caught:
        check_new_password(SecretBytes(password), "", NO_STORE)
    assert caught.value.reason == reason


def test_the_longest_password_is_taken() -> None:
    check_new_password(SecretBytes(b"x" * PASSWORD_LIMIT), "", NO_STORE, least=0)


@pytest.mark.parametrize("hint", ["secret", "the SECRET word", "topsecret!"])
def test_a_hint_must_not_hold_the_password(hint: str) -> None:
    with pytest.raises(HintRefused) as caught:
        check_new_password(SecretBytes(b"secret"), hint, NO_STORE)
    assert caught.value.reason == "contains_password"


@pytest.mark.parametrize("hint", ["", "the usual drawer", "Straße 5", "x" * 200])
def test_a_plain_hint_is_taken(hint: str) -> None:
    check_hint(hint)


@pytest.mark.parametrize("hint", ["a\tb", "a\x1b[31m", "a\u202eb", "\x00"])
def test_a_hint_with_characters_that_cannot_be_seen_is_refused(hint: str) -> None:
    with pytest.raises(HintRefused):
        check_hint(hint)


def test_an_existing_password_is_asked_for_until_it_opens_and_each_try_is_wiped() -> None:
    answers = Answers({Purpose.BACKUP_PASSWORD: ["one", "two", "three"]})

    def open_with(password: SecretBytes) -> str:
        if password.text() != "three":
            raise WrongPassword(Opens.BACKUP)
        return "open"

    assert ask_until_it_opens(REQUEST, answers, open_with) == "open"
    assert [retry for _, retry in answers.asked] == [0, 1, 2]
    assert not any(answers.given)


def test_a_provider_without_another_answer_makes_the_first_refusal_final() -> None:
    def wrong(password: SecretBytes) -> str:
        raise WrongPassword(Opens.BACKUP, "/vault/a.zip")

    with pytest.raises(WrongPassword):
        ask_until_it_opens(REQUEST, Answers({Purpose.BACKUP_PASSWORD: ["one"]}), wrong)
    with pytest.raises(SecretUnavailable):
        ask_until_it_opens(REQUEST, Answers(), wrong)


def test_a_new_passphrase_has_the_rules_of_a_password() -> None:
    answers = Answers({Purpose.NEW_PASSPHRASE: ["", "x" * 2_000, "good and long"]})
    with ask_new_passphrase(answers) as passphrase:
        assert passphrase.text() == "good and long"
    assert not any(answers.given)


class Counted(MemoryKeyStore):
    """A key store that counts how often a password is tried on it."""

    tried = 0

    def exists(self) -> bool:
        return True

    def info(self) -> StoreInfo:
        return self.now

    now = StoreInfo(1, "a" * 32, "b" * 32, "passphrase")

    def opens_with(self, candidate: SecretBytes) -> bool:
        self.tried += 1
        return candidate.reveal() == b"the passphrase"


def given(password: AcceptedPassword) -> SecretProvider:
    return lambda _request, _retry: password.copy()


def test_a_password_that_was_accepted_is_not_tried_a_second_time() -> None:
    store = Counted()
    typed = SecretBytes(b"four wooden words", typed=True)
    accepted = accept_new_password(typed, "", store)
    assert (len(typed), accepted.typed, store.tried) == (0, True, 1)
    with ask_new_password("", "the drawer", store, given(accepted)) as password:
        assert (password.reveal(), password.typed, store.tried) == (b"four wooden words", True, 1)


def test_one_that_was_accepted_for_another_key_store_is() -> None:
    store = Counted()
    accepted = accept_new_password(SecretBytes(b"four wooden words"), "", store)
    store.now = StoreInfo(2, "c" * 32, "b" * 32, "passphrase")
    ask_new_password("", "", store, given(accepted)).wipe()
    assert store.tried == 2


def test_a_later_hint_gives_away_no_password_that_was_accepted_before() -> None:
    store = Counted()
    accepted = accept_new_password(SecretBytes(b"tall oak by the lake"), "", store)
    with pytest.raises(HintRefused):
        ask_new_password("", "the TALL OAK by the lake", store, given(accepted))


def test_a_password_that_is_not_accepted_is_wiped() -> None:
    typed = SecretBytes(b"the passphrase")
    with pytest.raises(PasswordRefused) as refused:
        accept_new_password(typed, "", Counted())
    assert (refused.value.reason, len(typed)) == ("opens_key_store", 0)


@pytest.mark.parametrize(
    ("password", "hint"),
    [
        ("Tr0ub4dor&3", "Tr0ub4dor and 3, reversed &"),
        ("correct horse battery", "Correct-Horse-Battery"),
        ("correct horse battery", "the CORRECT HORSE"),
        ("Grüße aus Köln", "grusse-aus-koln"),
        ("hunter2hunter", "backwards: retnuh2retnuh"),
        ("a.b.c.d.e.f", "abcdef"),
        ("!?!?", "it is !?!?"),
    ],
)
def test_a_hint_that_is_most_of_the_password_is_refused(password: str, hint: str) -> None:
    with pytest.raises(HintRefused) as caught:
        check_new_password(SecretBytes.from_text(password), hint, NO_STORE, least=0)
    assert caught.value.reason == "contains_password"


@pytest.mark.parametrize("hint", ["four things in the yard", "as on the card in the safe", "", "horse"])
def test_a_hint_that_helps_only_who_knows_is_taken(hint: str) -> None:
    check_hint_for(hint, SecretBytes.from_text("correct horse battery staple"))


def test_a_weak_password_is_judged_once_and_used_only_if_somebody_insists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[int] = []
    real = zxcvbn.zxcvbn

    def heard(text: str) -> object:
        judged.append(len(text))
        return real(text)

    monkeypatch.setattr(zxcvbn, "zxcvbn", heard)
    weak = SecretBytes.from_text("password")
    with pytest.raises(PasswordRefused) as caught:
        check_new_password(weak, "", NO_STORE)
    assert (caught.value.reason, caught.value.score) == ("weak", 0)
    assert weakness(weak) is None
    weak.insisted = True
    check_new_password(weak, "", NO_STORE)
    assert weakness(weak) == weakness(weak.copy()) == 0
    strong = SecretBytes(b"".join(b"%d lamps, " % number for number in range(71, 900, 13)), insisted=True)
    assert len(strong) > 300
    assert weakness(strong) is None
    check_new_password(strong, "", NO_STORE)
    assert judged == [8, 72]


def test_the_reason_goes_with_the_next_question() -> None:
    answers = Answers({Purpose.NEW_PASSPHRASE: ["password", "seven wooden ducks"]})
    with ask_new_passphrase(answers) as passphrase:
        assert passphrase.text() == "seven wooden ducks"
    first, second = (request for request, _ in answers.asked)
    assert first.refused is None
    assert isinstance(second.refused, PasswordRefused)
    assert second.refused.reason == "weak"
