"""Sealing: what is sealed opens, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.crypto.keys import new_material, thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.errors import FieldInvalid, KeyStoreDamaged, SealDoesNotOpen
from nskeys.model.credentials import (
    CHANGE_LIMIT,
    SECRET_LIMIT,
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
    SealedRow,
)
from nskeys.model.secret import SecretBytes
from tests.fakes.examples import examples

CMDB = "c0" * 16
ROW = "0123456789abcdef" * 2
KEY = SecretBytes(bytes(range(32)))
SEALER = Sealer(CMDB, thumbprint(KEY), KEY)
FIELDS = CredentialFields(
    CredentialKind.HIERARCHY, "emea", "https://ns02.example", "CORP\\svc", "call before use"
)
SECRET = SecretBytes.from_text("correct horse")
NUMBER = 812
MOMENT = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)


def _row(
    fields: CredentialFields, blob: bytes, credential_id: str = ROW, number: int = NUMBER
) -> SealedCredential:
    return SealedCredential(Credential(credential_id, fields, SEALER.kid, MOMENT, MOMENT, number), blob)


def _blob(fields: CredentialFields, secret: SecretBytes, credential_id: str = ROW) -> bytes:
    return SEALER.seal(_row(fields, b"", credential_id).credential, secret).blob


BLOB = _blob(FIELDS, SECRET)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
fields = st.builds(CredentialFields, st.sampled_from(CredentialKind), texts, texts, texts, texts)
secrets = st.text(st.characters(exclude_categories=["Cs"]), max_size=300).map(SecretBytes.from_text)


@settings(max_examples=examples(200), deadline=None)
@given(fields, secrets)
def test_what_is_sealed_opens(fields: CredentialFields, secret: SecretBytes) -> None:
    blob = _blob(fields, secret)
    assert SEALER.open(_row(fields, blob)).same_as(secret)
    assert SEALER.opens(_row(fields, blob))
    assert SEALER.failing([_row(fields, blob).row()]) == []


@settings(max_examples=examples(100), deadline=None)
@given(fields, fields)
def test_a_row_with_other_fields_does_not_open(one: CredentialFields, other: CredentialFields) -> None:
    blob = _blob(one, SECRET)
    assert SEALER.opens(_row(other, blob)) is (one == other)


@pytest.mark.parametrize(
    "changed",
    [
        FIELDS._replace(kind=CredentialKind.RUN_AS),
        FIELDS._replace(name="apac"),
        FIELDS._replace(target="https://evil.example"),
        FIELDS._replace(account="CORP\\other"),
        FIELDS._replace(note=""),
        FIELDS._replace(name="emeah", target="ttps://ns02.example"),
    ],
    ids=["kind", "name", "target", "account", "note", "a letter moved to the next field"],
)
def test_a_retargeted_row_does_not_open(changed: CredentialFields) -> None:
    assert not SEALER.opens(_row(changed, BLOB))
    with pytest.raises(SealDoesNotOpen) as raised:
        SEALER.open(_row(changed, BLOB))
    assert (raised.value.credential, raised.value.reason) == (ROW, "tampered")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_row_moved_to_another_credential_does_not_open() -> None:
    assert not SEALER.opens(_row(FIELDS, BLOB, "f" * 32))


def test_a_row_of_another_cmdb_does_not_open() -> None:
    assert not Sealer("c1" * 16, SEALER.kid, KEY).opens(_row(FIELDS, BLOB))


def test_a_row_under_another_key_does_not_open() -> None:
    with new_material() as other:
        assert not Sealer(CMDB, thumbprint(other), other).opens(_row(FIELDS, BLOB))


def test_every_flipped_bit_of_a_sealed_row_is_refused() -> None:
    for bit in range(8 * len(BLOB)):
        damaged = bytearray(BLOB)
        damaged[bit // 8] ^= 1 << bit % 8
        assert not SEALER.opens(_row(FIELDS, bytes(damaged))), bit


def test_every_flipped_bit_of_the_bound_fields_is_refused() -> None:
    texts = (ROW, FIELDS.kind.value, FIELDS.name, FIELDS.target, FIELDS.account, FIELDS.note)
    for index, text in enumerate(texts):
        for bit in range(7 * len(text)):
            letters = list(text)
            letters[bit // 7] = chr(ord(letters[bit // 7]) ^ 1 << bit % 7)
            changed = list(texts)
            changed[index] = "".join(letters)
            row: SealedRow = (*changed, *_row(FIELDS, BLOB).row()[6:])  # type: ignore[assignment]
            # Hex digits have two spellings; every other change of a bit is another row.
            same = index == 0 and changed[0].lower() == ROW
            assert SEALER.failing([row]) == ([] if same else [changed[0]]), row


@pytest.mark.parametrize("size", [0, 1, 12, 28, 29, 92, 94, len(BLOB) - 1, len(BLOB) + 1, len(BLOB) - 64])
def test_a_blob_of_another_length_is_refused(size: int) -> None:
    assert not SEALER.opens(_row(FIELDS, BLOB[:size].ljust(size, b"\x00")))


@pytest.mark.parametrize("credential_id", ["", "zz", "ab", ROW + "00", "\ud800"])
def test_a_row_whose_id_is_none_does_not_open(credential_id: str) -> None:
    assert not SEALER.opens(_row(FIELDS, BLOB, credential_id))


def test_a_row_with_text_that_is_none_does_not_open() -> None:
    assert not SEALER.opens(_row(FIELDS._replace(note="\ud800"), BLOB))


def test_a_row_of_a_kind_that_does_not_exist_does_not_open() -> None:
    whole = _row(FIELDS, BLOB).row()
    assert SEALER.failing([(ROW, "mainframe", *whole[2:]), whole]) == [ROW]


@pytest.mark.parametrize("number", [NUMBER - 1, NUMBER + 1, 0, 1, -1, CHANGE_LIMIT, 2**64, -(2**70)])
def test_a_row_with_the_number_of_another_change_does_not_open(number: int) -> None:
    assert not SEALER.opens(_row(FIELDS, BLOB, number=number))
    with pytest.raises(SealDoesNotOpen):
        SEALER.open(_row(FIELDS, BLOB, number=number))


def test_the_moments_of_a_row_are_not_bound() -> None:
    """The inventory covers them: a rotation seals anew and keeps them."""
    moved = replace(_row(FIELDS, BLOB).credential, created=MOMENT - timedelta(days=9))
    assert SEALER.opens(SealedCredential(moved, BLOB))


@pytest.mark.parametrize("size", [0, 1, 62, 63, 64, 65, 127, SECRET_LIMIT])
def test_the_length_of_a_secret_shows_in_steps_of_64_only(size: int) -> None:
    secret = SecretBytes(b"x" * size)
    blob = _blob(FIELDS, secret)
    assert len(blob) == 1 + 12 + (size // 64 + 1) * 64 + 16
    assert SEALER.open(_row(FIELDS, blob)).same_as(secret)


def test_a_secret_may_end_in_what_padding_is_made_of() -> None:
    secret = SecretBytes("\x00\x80\x00".encode())
    assert SEALER.open(_row(FIELDS, _blob(FIELDS, secret))).same_as(secret)


@pytest.mark.parametrize(
    ("secret", "problem"), [(b"x" * (SECRET_LIMIT + 1), "too_long"), (b"\xff", "not_text")]
)
def test_a_secret_that_cannot_be_sealed_is_refused(secret: bytes, problem: str) -> None:
    with pytest.raises(FieldInvalid) as raised:
        _blob(FIELDS, SecretBytes(secret))
    assert raised.value.problem == problem


def test_one_secret_sealed_twice_gives_two_blobs() -> None:
    assert _blob(FIELDS, SECRET) != _blob(FIELDS, SECRET)


def test_a_key_that_is_not_the_one_its_kid_names_seals_nothing() -> None:
    with new_material() as other, pytest.raises(KeyStoreDamaged) as raised:
        Sealer(CMDB, SEALER.kid, other)
    assert raised.value.problem == "wrong_key"


def test_a_sealer_works_on_when_its_material_was_wiped() -> None:
    material = SecretBytes(KEY.reveal())
    sealer = Sealer(CMDB, thumbprint(material), material)
    material.wipe()
    assert sealer.opens(_row(FIELDS, BLOB))
    assert "redacted" in repr(material)
    assert SEALER.kid[:8] in repr(sealer)
    assert SEALER.kid not in repr(sealer)


# --- sealing anew ------------------------------------------------------------------------------------

NEW_KEY = SecretBytes(bytes(range(32, 64)))
NEW_SEALER = Sealer(CMDB, thumbprint(NEW_KEY), NEW_KEY)


@settings(max_examples=examples(50), deadline=None)
@given(fields, secrets)
def test_what_is_sealed_anew_opens_under_the_new_key_only(
    fields: CredentialFields, secret: SecretBytes
) -> None:
    old = _row(fields, _blob(fields, secret)).row()
    done, failed = NEW_SEALER.resealed(SEALER, [old])
    assert failed == []
    [(row, blob)] = done
    assert row == old
    assert NEW_SEALER.open(_row(fields, blob)).same_as(secret)
    assert not SEALER.opens(_row(fields, blob))


def test_rows_that_do_not_open_are_named_and_the_others_sealed_anew() -> None:
    ids = [f"{number:032x}" for number in range(3)]
    good = [_row(FIELDS, _blob(FIELDS, SECRET, row), row).row() for row in ids]
    rows = [good[0], _row(FIELDS, BLOB, "f" * 32).row(), *good[1:]]
    done, failed = NEW_SEALER.resealed(SEALER, rows)
    assert failed == ["f" * 32]
    assert [row for row, _ in done] == good
    assert NEW_SEALER.failing([(*row[:9], blob) for row, blob in done]) == []
    assert len({blob[1:13] for _, blob in done}) == len(done)
    assert NEW_SEALER.resealed(SEALER, []) == ([], [])
