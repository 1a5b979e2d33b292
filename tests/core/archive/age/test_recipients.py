"""Files to recipients: what this program writes, Debian's age and pyrage open, and the other way round."""

import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, strategies as st

from nskeys.archive.age import bech32
from nskeys.archive.age.header import Stanza, format_header, parse_header
from nskeys.archive.age.identity_files import read_identities, read_identity, under_password, write_identity
from nskeys.archive.age.limits import STANZAS_LIMIT
from nskeys.archive.age.recipients import (
    addressed_to,
    decrypt_by,
    encrypt_to,
    listed,
    parse_recipient,
    parse_recipients,
)
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.cross_check import OpenedWith, second_opinion
from nskeys.errors import (
    BackupDamaged,
    IdentityNotRecipient,
    IdentityUnusable,
    RecipientRefused,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.secret import SecretBytes
from tests.core.archive.samples import BACKED_UP, LOG_N, password
from tests.end_to_end.pty_session import PtySession
from tests.fakes.programs import need, needs

needs_age = needs("age", "age-keygen")
needs_ssh = needs("ssh-keygen")
PLAIN = b"the keys of a server"


def new_identity() -> X25519Identity:
    """A fresh age identity."""
    return X25519Identity.new()


def ssh_key(folder: Path, kind: str, passphrase: str = "") -> tuple[str, bytes, Path]:
    """A key pair by ssh-keygen: the public line, the private file's bytes, its path."""
    need("ssh-keygen")
    path = folder / f"id_{kind}"
    bits = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", passphrase, "-C", "ops@host", "-f", str(path)]
    subprocess.run(command, check=True)
    return path.with_suffix(".pub").read_text("utf-8").strip(), path.read_bytes(), path


def run_age(*arguments: str, data: bytes) -> bytes:
    """What Debian's age prints; it must succeed."""
    need("age")
    return subprocess.run(["age", *arguments], input=data, capture_output=True, check=True).stdout


# --- spelling ----------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_bech32_is_one_spelling(data: bytes) -> None:
    for prefix in ("age", "AGE-SECRET-KEY-"):
        text = bech32.encode(prefix.lower(), data)
        text = text.upper() if prefix.isupper() else text
        assert bech32.decode(prefix, text) == data


@pytest.mark.parametrize("turn", [str.upper, str.title, lambda text: text[:-1], lambda text: text + "q"])
def test_another_spelling_is_refused(turn: "type[str]") -> None:
    text = new_identity().recipient
    with pytest.raises(RecipientRefused):
        parse_recipient(turn(text))


def test_a_recipient_is_what_pyrage_says_it_is() -> None:
    identity = new_identity()
    with identity.spelled() as line:
        theirs = pyrage.x25519.Identity.from_str(line.reveal().decode())
    assert str(theirs.to_public()) == identity.recipient == parse_recipient(identity.recipient).text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not_recipient"),
        ("hello", "not_recipient"),
        ("age1", "damaged"),
        ("age1qqqq", "damaged"),
        ("age1pq1" + "q" * 60, "unsupported"),
        ("age1yubikey1" + "q" * 60, "unsupported"),
        ("ssh-ed25519", "damaged"),
        ("ssh-ed25519 AAAA", "damaged"),
        ("ecdsa-sha2-nistp256 AAAA", "unsupported"),
        ("AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0", "secret"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "secret"),
        ("x" * 5_000, "too_long"),
        ("ä", "not_recipient"),
        (bech32.encode("age", bytes(32)), "low_order"),
        (bech32.encode("age", bytes([1]) + bytes(31)), "low_order"),
    ],
)
def test_what_nobody_could_be_is_no_recipient(text: str, problem: str) -> None:
    with pytest.raises(RecipientRefused) as raised:
        parse_recipient(text)
    assert raised.value.problem == problem
    assert "SECRET" not in raised.value.recipient
    assert len(raised.value.recipient) <= 100


@needs_ssh
def test_a_file_of_recipients(tmp_path: Path) -> None:
    line, _, _ = ssh_key(tmp_path, "ed25519")
    identity = new_identity()
    text = f"# who may open\n\n{identity.recipient}\n  {line}\n{identity.recipient}\n"
    found = listed(parse_recipients(text, "list"))
    assert [recipient.text for recipient in found] == [identity.recipient, line.rsplit(" ", 1)[0]]
    for empty in ("", "# nobody\n\n"):
        with pytest.raises(RecipientRefused) as raised:
            parse_recipients(empty, "list")
        assert (raised.value.recipient, raised.value.problem) == ("list", "none")
    with pytest.raises(RecipientRefused):
        parse_recipients("\x00\x01 garbage\n" + identity.recipient, "list")


def test_a_list_has_a_limit() -> None:
    with pytest.raises(RecipientRefused) as raised:
        listed([parse_recipient(new_identity().recipient) for _ in range(STANZAS_LIMIT)])
    assert raised.value.problem == "too_many"


# --- files -------------------------------------------------------------------------------------------


def test_each_recipient_opens_it_and_nobody_else() -> None:
    identities = [new_identity() for _ in range(3)]
    data = encrypt_to([parse_recipient(identity.recipient) for identity in identities], PLAIN)
    for identity in identities:
        assert decrypt_by(data, [identity]) == PLAIN
        with identity.spelled() as line:
            assert second_opinion(data, line, OpenedWith.IDENTITY).startswith("sha256 ")
            assert pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(line.text())]) == PLAIN
    stranger = new_identity()
    with pytest.raises(IdentityNotRecipient):
        decrypt_by(data, [stranger])
    with stranger.spelled() as line:
        assert second_opinion(data, line, OpenedWith.IDENTITY) == "failed no_stanza"
    assert second_opinion(data, SecretBytes(b"garbage"), OpenedWith.IDENTITY) == "failed identity"


def test_the_list_is_exact() -> None:
    people = [parse_recipient(new_identity().recipient) for _ in range(2)]
    once = parse_recipient(new_identity().recipient)
    data = encrypt_to([*people, once], PLAIN)
    assert [stanza.kind for stanza in parse_header(data).stanzas] == ["X25519"] * 3
    assert addressed_to(data, people)
    assert not addressed_to(data, people[:1])
    assert not addressed_to(data, [*people, once])


@needs_age
def test_debians_age_opens_what_we_write(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    (theirs,) = read_identities(key.read_bytes(), "key.txt")
    data = encrypt_to([parse_recipient(theirs.recipient)], PLAIN)
    assert run_age("-d", "-i", str(key), data=data) == PLAIN


@needs_age
def test_we_open_what_debians_age_writes(tmp_path: Path) -> None:
    ours = new_identity()
    data = run_age("-r", ours.recipient, "-r", new_identity().recipient, data=PLAIN)
    assert decrypt_by(data, [ours]) == PLAIN


def test_we_open_what_pyrage_writes_with_its_random_stanzas() -> None:
    ours = new_identity()
    for _ in range(8):
        data = pyrage.encrypt(PLAIN, [pyrage.x25519.Recipient.from_str(ours.recipient)])
        assert decrypt_by(data, [ours]) == PLAIN


@needs_age
@needs_ssh
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys_open_both_ways(tmp_path: Path, kind: str) -> None:
    line, private, path = ssh_key(tmp_path, kind)
    stranger, _, other_path = ssh_key(_folder(tmp_path / "other"), kind)
    (identity,) = read_identities(private, path.name)
    recipient = parse_recipient(line)
    assert identity.recipient == recipient.text
    data = encrypt_to([recipient, parse_recipient(new_identity().recipient)], PLAIN)
    assert addressed_to(data, [recipient])
    assert not addressed_to(data, [parse_recipient(stranger)])
    assert decrypt_by(data, [identity]) == PLAIN
    assert run_age("-d", "-i", str(path), data=data) == PLAIN
    assert decrypt_by(run_age("-r", line, data=PLAIN), [identity]) == PLAIN
    with pytest.raises(IdentityNotRecipient):
        decrypt_by(data, read_identities(other_path.read_bytes(), "other"))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@needs_ssh
def test_a_small_rsa_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", str(path)], check=True)
    with pytest.raises(RecipientRefused) as raised:
        parse_recipient(path.with_suffix(".pub").read_text("utf-8"))
    assert raised.value.problem == "rsa_size"
    with pytest.raises(IdentityUnusable) as unusable:
        read_identities(path.read_bytes(), "small")
    assert unusable.value.problem == "rsa_size"


@needs_ssh
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_under_a_passphrase_is_asked_for(tmp_path: Path, kind: str) -> None:
    line, private, _ = ssh_key(tmp_path, kind, "open sesame")
    assert under_password(private)
    with pytest.raises(SecretUnavailable) as asked:
        read_identities(private, "key")
    assert asked.value.wanted == "identity_password"
    with pytest.raises(WrongPassword):
        read_identities(private, "key", SecretBytes(b"wrong"))
    (identity,) = read_identities(private, "key", SecretBytes(b"open sesame"))
    assert decrypt_by(encrypt_to([parse_recipient(line)], PLAIN), [identity]) == PLAIN


# --- hostile headers ---------------------------------------------------------------------------------


def test_thousands_of_stanzas_are_refused_before_one_is_tried() -> None:
    stanza = Stanza("X25519", ("A" * 43,), bytes(32))
    ours = new_identity()
    for count, problem in ((STANZAS_LIMIT + 1, "stanzas"), (100_000, "stanzas")):
        data = format_header([stanza] * count, bytes(16)) + bytes(64)
        with pytest.raises(BackupDamaged) as raised:
            decrypt_by(data, [ours])
        assert raised.value.problem == problem


def test_a_full_list_is_read() -> None:
    ours = new_identity()
    others = [parse_recipient(new_identity().recipient) for _ in range(STANZAS_LIMIT - 1)]
    assert decrypt_by(encrypt_to([*others, parse_recipient(ours.recipient)], PLAIN), [ours]) == PLAIN


@given(st.binary(max_size=200))
def test_any_bytes_as_an_identity_file_end_in_a_word(data: bytes) -> None:
    with pytest.raises((IdentityUnusable, SecretUnavailable)):
        read_identities(data, "file")


# --- the identity's own file -------------------------------------------------------------------------


def test_an_identity_file_opens_with_its_password() -> None:
    ours = new_identity()
    data = write_identity(ours, BACKED_UP, password(), LOG_N)
    assert under_password(data)
    assert read_identity(data, password(), "identity.age").recipient == ours.recipient
    with pytest.raises(WrongPassword) as raised:
        read_identity(data, password("wrong"), "identity.age")
    assert (raised.value.what, raised.value.name) == ("identity", "identity.age")
    with pytest.raises(IdentityUnusable):
        read_identity(data[:-1], password(), "identity.age")
    with pytest.raises(IdentityUnusable):
        read_identity(encrypt_to([parse_recipient(ours.recipient)], PLAIN), password(), "identity.age")


def test_the_second_reader_goes_through_the_identity_file() -> None:
    ours = new_identity()
    file = write_identity(ours, BACKED_UP, password(), LOG_N)
    data = encrypt_to([parse_recipient(ours.recipient)], PLAIN)
    assert second_opinion(data, password(), OpenedWith.IDENTITY_FILE, file).startswith("sha256 ")
    assert (
        second_opinion(data, password("wrong"), OpenedWith.IDENTITY_FILE, file) == "failed wrong_password"
    )


@needs_age
def test_debians_age_opens_with_the_identity_file_and_its_password(tmp_path: Path) -> None:
    ours = new_identity()
    (tmp_path / "identity.age").write_bytes(write_identity(ours, BACKED_UP, password(), LOG_N))
    (tmp_path / "keys.kms").write_bytes(encrypt_to([parse_recipient(ours.recipient)], PLAIN))
    command = ["age", "-d", "-i", "identity.age", "keys.kms"]
    with PtySession(command, directory=str(tmp_path)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw)
        session.write(password().text() + "\n")
        assert session.wait_end() == 0
        assert PLAIN in session.raw
