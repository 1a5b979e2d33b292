"""Password files: what is written is read, a header is judged before a key is derived, and every damage
has its name."""

import unicodedata

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.age import scrypt
from nskeys.archive.age.scrypt import decrypt, encrypt, protection_of
from nskeys.errors import BackupDamaged, NotABackup, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from tests.fakes.examples import examples

PASSWORD = SecretBytes.from_text("hunter2")
FILE = encrypt(b"plaintext", PASSWORD, 1)
CHUNK = 65_536


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_what_is_written_is_read(plain: bytes, text: str) -> None:
    password = SecretBytes.from_text(text)
    assert decrypt(encrypt(plain, password, 1), password) == plain


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_payloads_around_the_edges_of_chunks_are_read(size: int) -> None:
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert decrypt(encrypt(plain, PASSWORD, 1), PASSWORD) == plain


def test_the_cost_is_that_of_age_itself() -> None:
    assert scrypt.LOG_N == 18


def test_two_files_share_nothing() -> None:
    other = encrypt(b"plaintext", PASSWORD, 1)
    assert len(other) == len(FILE)
    assert FILE.split(b"\n")[1:] != other.split(b"\n")[1:]
    assert not set(FILE.split(b"\n")[1:4]) & set(other.split(b"\n")[1:4])


def test_one_password_typed_on_two_keyboards_is_one() -> None:
    composed = SecretBytes(unicodedata.normalize("NFC", "Tür").encode())
    decomposed = SecretBytes(unicodedata.normalize("NFD", "Tür").encode())
    assert decrypt(encrypt(b"x", decomposed, 1), composed) == b"x"
    assert decrypt(encrypt(b"x", composed, 1), decomposed) == b"x"


@pytest.mark.parametrize(
    ("password", "reason"), [(b"", "empty"), (b"x" * 1_025, "too_long"), (b"\xff", "not_text")]
)
def test_a_password_that_cannot_be_used_is_refused(password: bytes, reason: str) -> None:
    with pytest.raises(PasswordRefused) as raised:
        encrypt(b"x", SecretBytes(password), 1)
    assert raised.value.reason == reason
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("password", [b"", b"hunter3", b"Hunter2", b"hunter2 ", b"\xff", b"x" * 2_000])
def test_a_wrong_password_is_said_to_be_one(password: bytes) -> None:
    with pytest.raises(WrongPassword) as raised:
        decrypt(FILE, SecretBytes(password), "/mnt/a.kms")
    assert (raised.value.what, raised.value.name) == ("backup", "/mnt/a.kms")


def test_every_flipped_bit_of_a_file_is_refused() -> None:
    for bit in range(8 * len(FILE)):
        damaged = bytearray(FILE)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises((BackupDamaged, NotABackup, WrongPassword, SecretUnavailable)):
            decrypt(bytes(damaged), PASSWORD)


def test_every_shorter_file_is_refused() -> None:
    for size in range(len(FILE)):
        with pytest.raises((BackupDamaged, NotABackup)):
            decrypt(FILE[:size], PASSWORD)


def test_a_file_that_ends_before_its_payload_is_damaged_before_a_password_is_asked() -> None:
    payload = len(FILE) - len(b"plaintext") - 16
    assert protection_of(FILE[:payload]) is Protection.PASSWORD
    for size in range(payload - 1, payload - 17, -1):
        with pytest.raises(BackupDamaged) as raised:
            protection_of(FILE[:size])
        assert raised.value.problem == "truncated"


def test_a_header_that_is_for_nobody_is_damaged() -> None:
    lines = FILE.split(b"\n", 4)
    with pytest.raises(BackupDamaged) as raised:
        protection_of(b"\n".join([lines[0], *lines[3:]]))
    assert raised.value.problem == "header"


def test_a_damaged_payload_is_told_apart_from_a_wrong_password() -> None:
    for damaged in (FILE[:-1], FILE + b"x", FILE[:-1] + bytes([FILE[-1] ^ 1])):
        with pytest.raises(BackupDamaged) as raised:
            decrypt(damaged, PASSWORD)
        assert raised.value.problem == "payload"


def _with_factor(factor: str) -> bytes:
    return FILE.replace(b" 1\n", f" {factor}\n".encode(), 1)


@pytest.mark.parametrize(
    ("factor", "problem"),
    [
        ("21", "work_factor"),
        ("63", "work_factor"),
        ("9" * 400, "work_factor"),
        ("9" * 5_000, "work_factor"),
        ("0", "scrypt_stanza"),
        ("01", "scrypt_stanza"),
        ("+1", "scrypt_stanza"),
        ("-1", "scrypt_stanza"),
        ("0x1", "scrypt_stanza"),
        ("1 1", "scrypt_stanza"),
        ("", "header"),
    ],
)
def test_a_work_factor_is_judged_before_it_is_paid(
    factor: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrypt, "scrypt", _no_derivation)
    with pytest.raises(BackupDamaged) as raised:
        decrypt(_with_factor(factor), PASSWORD)
    assert raised.value.problem == problem
    with pytest.raises(BackupDamaged):
        protection_of(_with_factor(factor))


def _no_derivation(*_: object) -> SecretBytes:
    raise AssertionError("a key was derived for a header that had to be refused")


@pytest.mark.parametrize("log_n", [0, -1, 21])
def test_a_file_that_would_not_be_read_back_is_not_written(log_n: int) -> None:
    with pytest.raises(ValueError, match="read back"):
        encrypt(b"x", PASSWORD, log_n)


def test_the_protection_is_seen_without_opening() -> None:
    assert protection_of(FILE) is Protection.PASSWORD


def test_a_file_for_recipients_asks_for_an_identity() -> None:
    lines = FILE.split(b"\n")
    lines[1] = b"-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
    file = b"\n".join(lines)
    assert protection_of(file) is Protection.RECIPIENTS
    with pytest.raises(SecretUnavailable) as raised:
        decrypt(file, PASSWORD)
    assert raised.value.wanted == "identity"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not_age"),
        (b"PK\x03\x04", "not_age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "not_age"),
        (b"age-encryption.org/v2\n-> x\n\n--- x\n", "age_version"),
    ],
)
def test_what_is_no_age_file_is_no_backup(data: bytes, problem: str) -> None:
    for read in (lambda: decrypt(data, PASSWORD, "/mnt/x"), lambda: protection_of(data, "/mnt/x")):
        with pytest.raises(NotABackup) as raised:
            read()
        assert (raised.value.path, raised.value.problem) == ("/mnt/x", problem)
