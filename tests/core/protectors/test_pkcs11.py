"""The protector that binds to a token, over a real one in software."""

import os
import sys
import time
from pathlib import Path

import pkcs11
import pytest

from nskeys.crypto.keys import new_material
from nskeys.errors import (
    KeyStoreDamaged,
    NskeysError,
    ProtectorUnavailable,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, from_base64url, to_base64url
from nskeys.ports import Purpose, Wrapped
from nskeys.protectors import pkcs11 as module
from nskeys.protectors.pkcs11 import Pkcs11Protector
from nskeys.protectors.pkcs11_uri import TokenUri, parsed
from nskeys.protectors.pkcs11_worker import Refused, answered, reason_of, token_of
from nskeys.reasons import Opens, ProtectorProblem
from nskeys.wording.errors import say
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.token import PIN, Tokens

STORE = "5a" * 16


@pytest.fixture
def kek() -> SecretBytes:
    return new_material()


@pytest.fixture
def token(tokens: Tokens) -> Pkcs11Protector:
    return Pkcs11Protector(tokens.uri())


@pytest.fixture
def wrapped(token: Pkcs11Protector, kek: SecretBytes) -> Wrapped:
    return token.wrap(kek, STORE, person())


def person(*pins: str) -> Answers:
    return Answers({Purpose.PIN: pins or (PIN,)})


def opens(token: Pkcs11Protector, wrapped: Wrapped, kek: SecretBytes) -> bool:
    with token.unwrap(wrapped, STORE, person()) as again:
        return again.same_as(kek)


def refused(token: Pkcs11Protector, wrapped: Wrapped, *pins: str) -> NskeysError:
    with pytest.raises(NskeysError) as error:
        token.unwrap(wrapped, STORE, person(*pins))
    return error.value


def reason(error: NskeysError) -> str:
    assert isinstance(error, ProtectorUnavailable), error
    return error.reason


# --- the token and its key ---------------------------------------------------------------------------


def test_the_key_is_made_on_the_token_and_cannot_leave_it(tokens: Tokens, wrapped: Wrapped) -> None:
    library = pkcs11.lib(tokens.module)
    library.reinitialize()
    with library.get_token(token_label="nskeys").open(user_pin=PIN) as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY)
        assert (key.label, key.key_length) == ("nskeys", 256)
        assert not key[pkcs11.Attribute.EXTRACTABLE]
        assert key[pkcs11.Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[pkcs11.Attribute.VALUE]
    library.finalize()


def test_what_is_kept_names_the_very_token_and_key(wrapped: Wrapped, tokens: Tokens) -> None:
    uri = parsed(str(wrapped.parameters["uri"]))
    assert (uri.token, uri.object, uri.module) == ("nskeys", "nskeys", tokens.module)
    assert uri.serial
    assert uri.id
    assert PIN not in str(wrapped.parameters)


def test_the_next_store_is_wrapped_by_the_same_key(
    token: Pkcs11Protector, wrapped: Wrapped, kek: SecretBytes
) -> None:
    again = token.wrap(kek, STORE, person())
    assert again.parameters["uri"] == wrapped.parameters["uri"]
    assert again.parameters["wrapped"] != wrapped.parameters["wrapped"]
    assert opens(token, again, kek)


def test_a_bare_protector_opens_what_was_wrapped(wrapped: Wrapped, kek: SecretBytes) -> None:
    """The key store knows no more than its name."""
    assert opens(Pkcs11Protector(), wrapped, kek)


def test_a_key_of_another_name_is_another_key(tokens: Tokens, kek: SecretBytes) -> None:
    one = Pkcs11Protector(tokens.uri("token=nskeys;object=one")).wrap(kek, STORE, person())
    other = Pkcs11Protector(tokens.uri("token=nskeys;object=other")).wrap(kek, STORE, person())
    swapped = Wrapped({"uri": one.parameters["uri"], "wrapped": other.parameters["wrapped"]})
    assert isinstance(refused(Pkcs11Protector(), swapped), KeyStoreDamaged)


def test_a_key_that_the_token_would_give_out_binds_nothing(tokens: Tokens, kek: SecretBytes) -> None:
    library = pkcs11.lib(tokens.module)
    library.reinitialize()
    with library.get_token(token_label="nskeys").open(rw=True, user_pin=PIN) as session:
        template = {pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False}
        session.generate_key(pkcs11.KeyType.AES, 256, store=True, label="nskeys", template=template)
    library.finalize()
    with pytest.raises(ProtectorUnavailable) as error:
        Pkcs11Protector(tokens.uri()).wrap(kek, STORE, person())
    assert error.value.reason == "key_leaves"


# --- four different errors -----------------------------------------------------------------------------


def test_a_wrong_pin_is_asked_for_again(token: Pkcs11Protector, wrapped: Wrapped, kek: SecretBytes) -> None:
    asked = person("wrong", "", "x" * 300, PIN)
    with token.unwrap(wrapped, STORE, asked) as again:
        assert again.same_as(kek)
    assert [retry for _, retry in asked.asked] == [0, 1, 2, 3]
    assert {request.subject for request, _ in asked.asked} == {"nskeys"}
    assert not any(asked.given)
    assert isinstance(refused(token, wrapped, "wrong"), SecretUnavailable)


def test_a_token_that_is_not_plugged_in_is_missed(
    token: Pkcs11Protector, wrapped: Wrapped, kek: SecretBytes, tokens: Tokens
) -> None:
    tokens.unplug()
    error = refused(token, wrapped)
    assert reason(error) == "no_token"
    tokens.plug()
    assert opens(token, wrapped, kek)


def test_another_token_of_the_same_name_is_the_wrong_one(
    token: Pkcs11Protector, wrapped: Wrapped, kek: SecretBytes, tokens: Tokens
) -> None:
    tokens.unplug()
    tokens.new()
    assert reason(refused(token, wrapped)) == "wrong_token"
    tokens.plug()
    assert opens(token, wrapped, kek)


THREE = ("pin_locked", "no_token", "wrong_token")


class LockedToken:
    """As a smart card answers whose PIN was tried too often. SoftHSM does not count."""

    label, serial, manufacturer_id, model = "nskeys", b"01", "nobody", "none"
    flags = pkcs11.TokenFlag.USER_PIN_LOCKED


def test_a_token_that_locked_itself_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plugged:
        def get_token(self) -> LockedToken:
            return LockedToken()

        def get_slots(self, token_present: bool) -> list["Plugged"]:
            return [self]

    monkeypatch.setattr(pkcs11, "lib", lambda path: Plugged())
    question = {"verb": "unwrap", "uri": "pkcs11:token=nskeys", "pin": PIN, "bound": "", "data": ""}
    assert answered(question) == {"refused": "pin_locked"}
    error = ProtectorUnavailable("pkcs11", ProtectorProblem.PIN_LOCKED)
    assert "locked itself" in say(error).what
    assert "unlock it" in say(error).advice


def test_the_four_are_told_apart() -> None:
    said = {
        say(WrongPassword(Opens.TOKEN)).what,
        *(
            say(ProtectorUnavailable("pkcs11", token)).what
            for token in (
                ProtectorProblem.PIN_LOCKED,
                ProtectorProblem.NO_TOKEN,
                ProtectorProblem.WRONG_TOKEN,
            )
        ),
    }
    assert len(said) == 4


@pytest.mark.parametrize(
    ("error", "token"),
    [
        (pkcs11.PinIncorrect(), "wrong_pin"),
        (pkcs11.PinLenRange(), "wrong_pin"),
        (pkcs11.PinLocked(), "pin_locked"),
        (pkcs11.PinExpired(), "pin_expired"),
        (pkcs11.TokenNotPresent(), "no_token"),
        (pkcs11.DeviceRemoved(), "no_token"),
        (pkcs11.MechanismInvalid(), "no_mechanism"),
        (pkcs11.DeviceMemory(), "does_not_work"),
        (pkcs11.PKCS11Error("anything"), "does_not_work"),
    ],
)
def test_what_a_library_says_is_translated(error: Exception, token: str) -> None:
    assert reason_of(error) == token


def test_tokens_that_fit_alike_are_not_guessed_among() -> None:
    token = LockedToken()
    assert token_of([token], TokenUri(token="nskeys")) is token
    assert token_of([token], TokenUri(serial="01")) is token
    for uri, others, expected in (
        (TokenUri(token="nskeys"), [token, token], "several_tokens"),
        (TokenUri(token="nskeys", serial="02"), [token], "wrong_token"),
        (TokenUri(serial="02"), [token], "no_token"),
        (TokenUri(token="else"), [token], "no_token"),
    ):
        with pytest.raises(Refused, match=expected):
            token_of(others, uri)


# --- what else can be wrong ------------------------------------------------------------------------------


def test_a_key_that_was_erased_is_missed(tokens: Tokens, token: Pkcs11Protector, wrapped: Wrapped) -> None:
    library = pkcs11.lib(tokens.module)
    library.reinitialize()
    with library.get_token(token_label="nskeys").open(rw=True, user_pin=PIN) as session:
        session.get_key(object_class=pkcs11.ObjectClass.SECRET_KEY).destroy()
    library.finalize()
    assert reason(refused(token, wrapped)) == "no_key"


def test_without_a_uri_no_token_is_guessed(kek: SecretBytes) -> None:
    with pytest.raises(ProtectorUnavailable) as error:
        Pkcs11Protector().wrap(kek, STORE, NobodyToAsk())
    assert error.value.reason == "no_uri"


def test_a_library_that_is_not_there_is_said_before_anything_is_asked(kek: SecretBytes) -> None:
    gone = Pkcs11Protector("pkcs11:token=nskeys?module-path=/usr/lib/gone.so")
    with pytest.raises(ProtectorUnavailable) as error:
        gone.wrap(kek, STORE, NobodyToAsk())
    assert error.value.reason == "module_missing"


@pytest.mark.parametrize("uri", ["pkcs11:token=a?pin-value=1234", "pkcs11:nonsense"])
def test_a_uri_that_is_none_is_not_taken(uri: str) -> None:
    with pytest.raises(ProtectorUnavailable) as error:
        Pkcs11Protector(uri)
    assert error.value.reason in ("pin_in_uri", "bad_uri")
    assert "1234" not in f"{error.value!r} {say(error.value).what} {say(error.value).advice}"


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "print('nonsense')",
        "print('[1]')",
        "print('{}')",
        "print('{\"data\": 7}')",
        "raise SystemExit(1)",
    ],
)
def test_a_library_that_crashes_takes_nobody_with_it(
    token: Pkcs11Protector, wrapped: Wrapped, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(module, "_PROGRAM", (sys.executable, "-c", program))
    assert reason(refused(token, wrapped)) == "does_not_work"


def test_a_token_that_hangs_holds_nobody_up(
    tokens: Tokens, wrapped: Wrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PROGRAM", ("/bin/sleep", "60"))
    started = time.monotonic()
    assert reason(refused(Pkcs11Protector(timeout_s=0.3), wrapped)) == "no_answer"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "parameters",
    [
        {"uri": 7},
        {"uri": "pkcs11:token=nskeys"},
        {"uri": "pkcs11:nonsense"},
        {"wrapped": to_base64url(bytes(61))},
        {"wrapped": to_base64url(bytes(60))},
        {"more": 1},
    ],
)
def test_parameters_that_it_did_not_write_are_damage(
    token: Pkcs11Protector, wrapped: Wrapped, parameters: dict[str, Json]
) -> None:
    with pytest.raises(KeyStoreDamaged):
        token.unwrap(Wrapped({**wrapped.parameters, **parameters}), STORE, NobodyToAsk())


def test_a_flipped_bit_or_another_store_keeps_it_shut(token: Pkcs11Protector, wrapped: Wrapped) -> None:
    whole = bytearray(from_base64url(str(wrapped.parameters["wrapped"])))
    whole[-1] ^= 1
    flipped = Wrapped({**wrapped.parameters, "wrapped": to_base64url(bytes(whole))})
    assert isinstance(refused(token, flipped), KeyStoreDamaged)
    with pytest.raises(KeyStoreDamaged):
        token.unwrap(wrapped, "a5" * 16, person())


def test_neither_arguments_nor_environment_hold_pin_or_key(
    token: Pkcs11Protector,
    wrapped: Wrapped,
    kek: SecretBytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "log"
    spy = tmp_path / "python"
    real = module._PROGRAM
    spy.write_text(f'#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ >> "{log}"\nexec "{real[0]}" "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setattr(module, "_PROGRAM", (os.fspath(spy), *real[1:]))
    assert opens(token, wrapped, kek)
    told = log.read_bytes()
    assert b"token_process" in told
    for secret in (PIN.encode(), kek.reveal(), to_base64url(kek.reveal()).encode()):
        assert secret not in told
