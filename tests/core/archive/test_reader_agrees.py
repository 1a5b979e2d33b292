"""open_kms.py takes what nskeys takes and refuses what nskeys refuses: every vector, and files that were
changed in any way."""

import importlib.util
import json
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.age.identity_files import read_identities
from nskeys.archive.age.recipients import decrypt_by, encrypt_to, parse_recipient
from nskeys.archive.age.scrypt import decrypt, encrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.errors import NskeysError
from nskeys.model.secret import SecretBytes
from tests.core.archive.age.test_age_vectors import IDENTITY_FILES, PASSWORD_FILES, Vector
from tests.fakes.examples import examples


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("open_kms", str(files("nskeys.archive.reader") / READER))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


READER = "open_kms.py"
VECTORS = Path(__file__).parents[2] / "vectors"
OPEN_KMS = _loaded()
PASSWORD = b"vier W\xc3\xa4nde"
IDENTITY = X25519Identity(SecretBytes(bytes(range(160, 192))))
LINE = IDENTITY.spelled().text()
PLAIN = b"a JWK Set" * 9
UNDER_PASSWORD = encrypt(PLAIN, SecretBytes(PASSWORD), 1)
OTHER = X25519Identity(SecretBytes(bytes(range(32)))).recipient
TO_RECIPIENTS = encrypt_to([parse_recipient(text) for text in (OTHER, IDENTITY.recipient, OTHER)], PLAIN)


def _program(data: bytes, password: bytes | None = None, lines: str = "") -> bytes | None:
    """What nskeys reads; None where it refuses."""
    try:
        if password is not None:
            return decrypt(data, SecretBytes(password))
        return decrypt_by(data, read_identities(lines.encode(), "identity"))
    except NskeysError:
        return None


def _reader(data: bytes, password: bytes | None = None, lines: str = "") -> bytes | None:
    """What open_kms.py reads; None where it refuses, in one sentence."""
    said: object = ""
    try:
        secrets = [OPEN_KMS.secret_of(line) for line in lines.splitlines()]
        opened: bytes = OPEN_KMS.open_age(data, password or b"", secrets)
    except SystemExit as refused:
        said = refused.code
    else:
        return opened
    assert isinstance(said, str)
    assert said.count("\n") == 0
    return None


def _agree(data: bytes, password: bytes | None = None, lines: str = "") -> bytes | None:
    read = _program(data, password, lines)
    assert _reader(data, password, lines) == read
    return read


def _readable(vector: Vector) -> bool:
    """Whether it is no larger than a backup can be: in Python the others take minutes."""
    return len(vector.data) <= ARCHIVE_LIMIT


@pytest.mark.parametrize("vector", [*filter(_readable, PASSWORD_FILES)], ids=lambda vector: vector.name)
def test_vectors_under_a_password(vector: Vector) -> None:
    read = _agree(vector.data, vector.notes["passphrase"].encode())
    assert (read is not None) == (vector.expect == "success")


@pytest.mark.parametrize("vector", [*filter(_readable, IDENTITY_FILES)], ids=lambda vector: vector.name)
def test_vectors_to_an_identity(vector: Vector) -> None:
    read = _agree(vector.data, lines=vector.notes["identity"])
    assert (read is not None) == (vector.expect == "success")


def test_only_what_is_larger_than_a_backup_is_left_out() -> None:
    left = {vector.name for vector in (*PASSWORD_FILES, *IDENTITY_FILES) if not _readable(vector)}
    assert left == {"stream_257_chunks", "stream_257_chunks_full", "stream_258_chunks"}


def test_the_files_that_are_changed_here_open() -> None:
    assert _agree(UNDER_PASSWORD, PASSWORD) == _agree(TO_RECIPIENTS, lines=LINE) == PLAIN
    assert _agree(TO_RECIPIENTS, PASSWORD) is None
    assert _agree(UNDER_PASSWORD, lines=LINE) is None


_OF_AGE = {f"R-4.{number}" for number in range(1, 10)} | {"R-10.6"}
"""The rules of core/FORMAT.md that are about the age file alone."""
_REFUSED = [
    line
    for line in json.loads((VECTORS / "index.json").read_text("utf-8"))["vectors"]
    if line["kind"] == "key backup" and line.get("rule") in _OF_AGE
]


@pytest.mark.parametrize("line", _REFUSED, ids=lambda line: line["files"][0])
def test_what_must_be_refused_of_a_kms(line: dict[str, Any]) -> None:
    (name,) = line["files"]
    given = line["opened_with"]
    password = given["password"].encode() if "password" in given else None
    assert _agree((VECTORS / name).read_bytes(), password, given.get("identity", "")) is None


def _changed(data: bytes, at: int, cut: int, put: bytes) -> bytes:
    return data[:at] + put + data[at + cut :]


changes = st.tuples(
    st.integers(0, 600),
    st.integers(0, 70),
    st.binary(max_size=3)
    | st.sampled_from([b"\n", b" ", b"-> ", b"A", b"=", b"\r\n", b"-> grease x\n\n", b"-> scrypt AA 1\n"]),
)


@settings(max_examples=examples(400), deadline=None)
@given(changes, st.booleans())
def test_a_file_with_something_put_in_or_cut_out(change: tuple[int, int, bytes], to: bool) -> None:
    if to:
        _agree(_changed(TO_RECIPIENTS, *change), lines=LINE)
    else:
        _agree(_changed(UNDER_PASSWORD, *change), PASSWORD)


@pytest.mark.slow
@pytest.mark.parametrize("bit", [0, 5])
def test_every_byte_with_another_bit(bit: int) -> None:
    for at in range(len(UNDER_PASSWORD)):
        flipped = _changed(UNDER_PASSWORD, at, 1, bytes([UNDER_PASSWORD[at] ^ 1 << bit]))
        assert _agree(flipped, PASSWORD) is None
    for at in range(0, len(TO_RECIPIENTS), 3):
        flipped = _changed(TO_RECIPIENTS, at, 1, bytes([TO_RECIPIENTS[at] ^ 1 << bit]))
        assert _agree(flipped, lines=LINE) is None


@pytest.mark.parametrize("at", range(len(LINE)))
def test_an_identity_with_another_sign_is_none(at: int) -> None:
    """Bech32's checksum tells it; else another identity's file would be called another's."""
    other = "Q" if LINE[at] != "Q" else "P"
    assert _agree(TO_RECIPIENTS, lines=_changed(LINE.encode(), at, 1, other.encode()).decode()) is None


_HIGH = b"\xff" * 30 + b"\x7f"


@pytest.mark.parametrize(
    "share", [bytes(32), b"\x01" + bytes(31), b"\xec" + _HIGH, b"\xed" + _HIGH, b"\xee" + _HIGH]
)
def test_a_share_of_low_order_is_refused_wherever_it_stands(share: bytes) -> None:
    line = b"-> X25519 " + OPEN_KMS.base64.b64encode(share)[:-1] + b"\n" + b"A" * 43 + b"\n"
    assert _agree(TO_RECIPIENTS.replace(b"v1\n", b"v1\n" + line, 1), lines=LINE) is None
    assert _agree(TO_RECIPIENTS.replace(b"\n---", b"\n" + line + b"---", 1), lines=LINE) is None
