"""A secret shows itself to nobody who does not ask."""

import copy
import logging
import pickle
import traceback
from dataclasses import dataclass

import pytest

from nskeys.model.secret import SecretBytes

TEXT = "correct horse"


@dataclass(frozen=True)
class _Holder:
    secret: SecretBytes


def test_it_shows_in_no_text_that_names_it(caplog: pytest.LogCaptureFixture) -> None:
    secret = SecretBytes.from_text(TEXT)
    with caplog.at_level(logging.INFO):
        logging.getLogger("nskeys").info("%s %r %s", secret, secret, _Holder(secret))
    texts = [repr(secret), str(secret), f"{secret}", repr(_Holder(secret)), repr([secret]), caplog.text]
    assert not any("horse" in text for text in texts)
    assert "redacted" in repr(secret)


def test_it_shows_in_no_traceback_with_its_locals() -> None:
    secret = SecretBytes.from_text(TEXT)
    try:
        raise RuntimeError(f"could not use {secret}")
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "secret = SecretBytes(redacted)" in shown
    assert "horse" not in shown.replace(repr(TEXT), "")


def test_it_is_not_compared_by_equality_nor_hashed() -> None:
    secret, other = SecretBytes.from_text(TEXT), SecretBytes.from_text(TEXT)
    assert secret.same_as(other)
    assert not secret.same_as(SecretBytes(b"x"))
    with pytest.raises(TypeError):
        _ = secret == other
    with pytest.raises(TypeError):
        _ = secret != other
    with pytest.raises(TypeError):
        hash(secret)


def test_it_is_neither_pickled_nor_copied() -> None:
    secret = SecretBytes.from_text(TEXT)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(secret)


def test_it_is_wiped_when_it_was_used() -> None:
    with SecretBytes.from_text(TEXT) as secret:
        buffer = secret._buffer
        assert secret.text() == TEXT
    assert not secret
    assert len(secret) == 0
    assert secret.reveal() == b""
    assert bytes(buffer) == b""


def test_wiping_overwrites_before_it_lets_go() -> None:
    secret = SecretBytes(b"\xff" * 8)
    view = memoryview(secret._buffer)
    # A view keeps the buffer from being emptied, so what is left in it can be looked at.
    with pytest.raises(BufferError):
        secret.wipe()
    assert bytes(view) == bytes(8)
    view.release()


def test_it_is_wiped_when_its_use_failed() -> None:
    secret = SecretBytes.from_text(TEXT)
    with pytest.raises(ZeroDivisionError), secret:
        _ = 1 // 0
    assert not secret


def test_what_it_was_made_of_is_not_what_it_holds() -> None:
    given = bytearray(b"abc")
    secret = SecretBytes(given)
    given[0] = 0
    assert secret.reveal() == b"abc"


def test_text_is_in_normal_form_c() -> None:
    assert SecretBytes.from_text("Tu\u0308r").same_as(SecretBytes.from_text("T\u00fcr"))
    assert len(SecretBytes.from_text("Tu\u0308r")) == 4


def test_text_that_cannot_be_encoded_is_no_secret() -> None:
    with pytest.raises(UnicodeEncodeError):
        SecretBytes.from_text("\ud800")


@pytest.mark.parametrize(
    ("text", "gives_away"),
    [
        ("my password is Correct Horse!", True),
        ("correct horse", True),
        ("correct", False),
        ("", False),
    ],
)
def test_a_text_that_holds_it_gives_it_away(text: str, *, gives_away: bool) -> None:
    assert SecretBytes.from_text(TEXT).contained_in(text) is gives_away


def test_nothing_gives_an_empty_secret_away() -> None:
    assert not SecretBytes(b"").contained_in("anything")
