"""Writing: what leaves here is what a reader accepts, and what cannot be carried is refused."""

import hashlib
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.age import scrypt as age_password
from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup
from nskeys.archive.writing import write
from nskeys.crypto.kdf import scrypt
from nskeys.crypto.keys import new_server_seed
from nskeys.errors import FieldInvalid, HintRefused, PasswordRefused
from nskeys.model.backup import BackedUpKey, KeyFact
from nskeys.model.keys import KeyState
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from tests.core.archive.samples import KEYS, LOG_N, SEED, archive, backed_up, facts, members_of, password
from tests.fakes.examples import examples

WRITTEN = archive()

seen = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=40)
composed = seen.map(lambda text: unicodedata.normalize("NFC", text)[:40])


@settings(max_examples=examples(30), deadline=None)
@given(
    server=composed.filter(bool),
    hint=composed,
    materials=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True),
    counts=st.integers(0, 2**40),
    given_password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
)
def test_what_is_written_is_read(
    server: str, hint: str, materials: list[bytes], counts: int, given_password: str
) -> None:
    keys = [backed_up(material, KeyState.DEACTIVATED) for material in materials]
    told = replace(facts(), server=server, hint=hint, keys=tuple(KeyFact(key.info, counts) for key in keys))
    with password(given_password) as secret:
        if secret.contained_in(hint):
            return
        written = write(told, keys, SEED, secret, LOG_N)
        contents = open_backup(inspect("", written.data), secret)
    assert contents.facts == written.facts == replace(told, members=written.facts.members)
    assert [key.material.reveal() for key in contents.keys] == materials


def test_hashes_are_of_what_they_say() -> None:
    members = members_of(WRITTEN.data)
    assert list(members) == ["RESTORE.txt", "open_kms.py", "manifest.json", "keys.kms"]
    assert members["keys.kms"] == WRITTEN.kms
    assert hashlib.sha256(WRITTEN.data).hexdigest() == WRITTEN.archive_sha256
    assert hashlib.sha256(WRITTEN.kms).hexdigest() == WRITTEN.kms_sha256
    payload = decrypt(WRITTEN.kms, password())
    assert hashlib.sha256(payload).hexdigest() == WRITTEN.payload_sha256
    for name, told in WRITTEN.manifest.members:
        assert (told.sha256, told.size) == (hashlib.sha256(members[name]).hexdigest(), len(members[name]))


def test_no_key_lies_in_the_clear() -> None:
    for key in (*KEYS, BackedUpKey(KEYS[0].info, SEED)):
        assert key.material.reveal() not in WRITTEN.data
        assert key.material.reveal().hex().encode() not in WRITTEN.data
    assert password().reveal() not in WRITTEN.data


def test_times_lose_what_is_below_a_second() -> None:
    odd = replace(facts(), created=facts().created + timedelta(microseconds=1))
    assert archive(odd).facts.created == facts().created


def test_two_backups_of_the_same_keys_differ() -> None:
    assert archive().kms != WRITTEN.kms


def test_the_cost_is_that_of_age_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[int] = []

    def cheap(secret: SecretBytes, salt: bytes, log_n: int) -> SecretBytes:
        costs.append(log_n)
        return scrypt(secret, salt, 1)

    monkeypatch.setattr(age_password, "scrypt", cheap)
    write(facts(), KEYS, SEED, password())
    assert costs == [18]


@pytest.mark.parametrize("hint", ["it is Blaue Tür, 3. Stock", "BLAUE TÜR, 3. STOCK"])
def test_a_hint_that_gives_the_password_away_is_refused(hint: str) -> None:
    with pytest.raises(HintRefused) as raised:
        archive(replace(facts(), hint=hint))
    assert raised.value.reason == "contains_password"


def test_text_that_a_backup_cannot_carry_is_refused() -> None:
    with pytest.raises(HintRefused):
        archive(replace(facts(), hint="a\nb"))
    with pytest.raises(FieldInvalid):
        archive(replace(facts(), server="ns\x1b[2J01"))


def test_an_empty_password_is_refused() -> None:
    with pytest.raises(PasswordRefused):
        write(facts(), KEYS, SEED, SecretBytes(b""), LOG_N)


@pytest.mark.parametrize(
    ("keys", "told", "seed", "reason"),
    [
        (KEYS[:1], facts(), SEED, "other keys"),
        (KEYS[::-1], facts(), SEED, "other keys"),
        ((KEYS[0], BackedUpKey(KEYS[1].info, KEYS[0].material)), facts(), SEED, "kid"),
        (KEYS, facts(), new_server_seed(), "server key"),
        (KEYS, replace(facts(), protection=Protection.RECIPIENTS), SEED, "recipients"),
        (KEYS, replace(facts(), recipients=("age1q",)), SEED, "recipients"),
    ],
)
def test_facts_that_contradict_the_keys_are_a_mistake_of_the_caller(
    keys: Any, told: Any, seed: SecretBytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        write(told, keys, seed, password(), LOG_N)
