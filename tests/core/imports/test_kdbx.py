"""KeePass databases, made by keepassxc-cli and by pykeepass, and hostile ones."""

import base64
import gzip
import hashlib
import shutil
import struct
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pykeepass
import pytest
from Cryptodome.Cipher import AES, Salsa20
from Cryptodome.Util.Padding import pad

from nskeys.crypto import kdf
from nskeys.errors import ImportUnreadable, SecretUnavailable
from nskeys.imports import kdbx
from nskeys.imports.detect import read_export
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.ports import Purpose
from tests.fakes.opening import Opening

PASSWORD = "Quokka-71! \u5bc6"
SECRETS = (
    "plain",
    "  with spaces ",
    "quotes \" ' & < >",
    "\u5bc6\u7801 \U0001f511",
    "a\ttab",
    "{REF",
    "\u00e9 e\u0301",
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database that is cheap to open."""
    path = tmp_path_factory.mktemp("kdbx") / "empty.kdbx"
    database = pykeepass.create_database(str(path), password=PASSWORD)
    parameters = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    parameters.M.value, parameters.I.value = 1 << 16, 1
    database.save()
    return path


@pytest.fixture
def database(tmp_path: Path, empty: Path) -> pykeepass.PyKeePass:
    return opened(tmp_path, empty, PASSWORD)


def opened(
    folder: Path, empty: Path, password: str | None, key_file: Path | None = None
) -> pykeepass.PyKeePass:
    """An empty database of these, which nothing but a test changes."""
    copy = folder / "till.kdbx"
    shutil.copy(empty, copy)
    database = pykeepass.PyKeePass(str(copy), password=PASSWORD)
    database.password, database.keyfile = password, None if key_file is None else str(key_file)
    return database


def saved(database: pykeepass.PyKeePass) -> bytes:
    database.save()
    return Path(database.filename).read_bytes()


def read(data: bytes, *passwords: str, key_file: bytes = b"") -> ParsedExport:
    return read_export("till.kdbx", data, unlock=Opening(passwords or (PASSWORD,), key_file))


def costing(database: pykeepass.PyKeePass, **values: int) -> bytes:
    """A database whose header asks for another cost."""
    parameters = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    for name, value in values.items():
        parameters[name].value = value
    built = pykeepass.kdbx_parsing.KDBX.build(
        database.kdbx, password=PASSWORD, keyfile=None, transformed_key=bytes(32), decrypt=True
    )
    return bytes(built)


def refused(data: bytes, *passwords: str, key_file: bytes = b"") -> str:
    with pytest.raises(ImportUnreadable) as error:
        read(data, *passwords, key_file=key_file)
    return error.value.problem


def test_every_secret_comes_byte_for_byte(database: pykeepass.PyKeePass) -> None:
    group = database.add_group(database.root_group, "Run-as")
    for number, secret in enumerate(SECRETS):
        database.add_entry(group, f"till-{number}", f"LAB\\svc-{number}", secret, "pkg", "a note")
    found = read(saved(database))
    assert found.format is ImportFormat.KDBX
    assert tuple(row.secret.text() for row in found.rows) == SECRETS
    assert {(row.group, row.url, row.notes) for row in found.rows} == {("Root/Run-as", "pkg", "a note")}
    assert (found.bad, found.dropped) == ((), ())


def test_the_bin_is_known_by_its_uuid_whatever_it_is_called(database: pykeepass.PyKeePass) -> None:
    entry = database.add_entry(database.root_group, "gone", "a", "s")
    database.trash_entry(entry)
    database.recyclebin_group.name = "Old things"
    database.add_entry(database.add_group(database.root_group, "Trash"), "kept", "a", "s")
    assert {row.title: row.deleted for row in read(saved(database)).rows} == {
        "gone": Deleted.YES,
        "kept": Deleted.NO,
    }


def test_references_stand_for_what_they_point_to(database: pykeepass.PyKeePass) -> None:
    first = database.add_entry(database.root_group, "first", "LAB\\svc", "s 7")
    second = database.add_entry(database.root_group, "second", "", "")
    second.username = first.ref("username")
    second.password = f"x{first.ref('password')}y"
    third = database.add_entry(database.root_group, "third", "a", "{REF:P@T:second}")
    circle = database.add_entry(database.root_group, "circle", "a", "")
    circle.password = circle.ref("password")
    database.add_entry(database.root_group, "nowhere", "a", "{REF:P@I:" + "0" * 32 + "}")
    found = read(saved(database))
    assert {row.title: (row.username, row.secret.text()) for row in found.rows} == {
        "first": ("LAB\\svc", "s 7"),
        "second": ("LAB\\svc", "xs 7y"),
        "third": ("a", "xs 7y"),
    }
    assert third.title == "third"
    assert [(bad.title, bad.problem) for bad in found.bad] == [
        ("circle", "reference"),
        ("nowhere", "reference"),
    ]


def test_what_has_no_place_is_counted_by_the_entry(database: pykeepass.PyKeePass) -> None:
    entry = database.add_entry(database.root_group, "till", "a", "old", otp="otpauth://totp/x?secret=ABC")
    entry.save_history()
    entry.password = "new"
    entry.set_custom_property("PIN", "1234", protect=True)
    entry.add_attachment(database.add_binary(b"data"), "key.pem")
    (row, *_), dropped = (found := read(saved(database))).rows, found.dropped
    assert row.secret.text() == "new"
    assert {field.field: field.titles for field in dropped} == dict.fromkeys(
        ("otp", "PIN", "attachments", "history"), ("till",)
    )


def test_a_key_file_is_wanted_where_the_database_has_one(tmp_path: Path, empty: Path) -> None:
    for content in (b"any file at all\n", bytes(range(32)), b"ab" * 32):
        key = tmp_path / "till.key"
        key.write_bytes(content)
        database = opened(tmp_path, empty, PASSWORD, key)
        database.add_entry(database.root_group, "till", "a", "s")
        data = saved(database)
        assert [row.title for row in read(data, key_file=content).rows] == ["till"]
        with pytest.raises(SecretUnavailable):
            read(data)
    broken = (
        b"<KeyFile><Meta><Version>2.0</Version></Meta><Key><Data Hash='00000000'>00</Data></Key></KeyFile>"
    )
    assert refused(data, key_file=broken) == "key_file"


def test_a_database_may_have_a_key_file_alone(tmp_path: Path, empty: Path) -> None:
    key = tmp_path / "till.key"
    key.write_bytes(b"k")
    database = opened(tmp_path, empty, None, key)
    database.add_entry(database.root_group, "till", "a", "s")
    assert [row.title for row in read(saved(database), "", key_file=b"k").rows] == ["till"]


def test_a_wrong_password_is_asked_for_again(database: pykeepass.PyKeePass) -> None:
    unlock = Opening(("wrong", PASSWORD))
    read_export("x", saved(database), unlock=unlock)
    assert unlock.asked == [Purpose.EXPORT_KEY_FILE, Purpose.EXPORT_PASSWORD, Purpose.EXPORT_PASSWORD]


@pytest.mark.parametrize(
    "values", [{"M": 2 << 30}, {"I": 1 << 40}, {"M": 1 << 30, "I": 33}, {"P": 1000}, {"M": 1 << 60}]
)
def test_what_would_cost_hours_is_refused_before_anything_is_derived(
    database: pykeepass.PyKeePass, values: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kdbx, "ask", lambda *_: pytest.fail("it was derived"))
    assert refused(costing(database, **values)) == "export_kdf_cost"


@pytest.mark.parametrize("rounds", [1, 6_000, (1 << 18) + 7])
def test_a_database_of_version_3_is_read(rounds: int) -> None:
    data = version_3([("till", "LAB\\svc", SECRETS[2])], rounds)
    (row,) = read(data).rows
    assert (row.title, row.username, row.secret.text()) == ("till", "LAB\\svc", SECRETS[2])


def test_rounds_of_hours_are_refused_before_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdbx, "ask", lambda *_: pytest.fail("it was derived"))
    data = version_3([("till", "a", "s")], 1)
    costly = data.replace(struct.pack("<BHQ", 6, 8, 1), struct.pack("<BHQ", 6, 8, 1 << 40))
    assert refused(costly) == "export_kdf_cost"


def version_3(entries: list[tuple[str, str, str]], rounds: int) -> bytes:
    """A KDBX 3.1 database, written by its description: AES-256, gzip, hashed blocks, Salsa20."""
    seed, salt, iv, stream, start = (
        hashlib.sha256(name).digest() for name in (b"1", b"2", b"3", b"4", b"5")
    )
    fields = (
        (2, bytes.fromhex("31c1f2e6bf714350be5805216afc5aff")),
        (3, struct.pack("<I", 1)),
        (4, seed),
        (5, salt),
        (6, struct.pack("<Q", rounds)),
        (7, iv[:16]),
        (8, stream),
        (9, start),
        (10, struct.pack("<I", 2)),
        (0, b"\r\n\r\n"),
    )
    header = bytes.fromhex("03d9a29a67fb4bb5") + struct.pack("<HH", 1, 3)
    header += b"".join(struct.pack("<BH", kind, len(value)) + value for kind, value in fields)
    salsa = Salsa20.new(hashlib.sha256(stream).digest(), bytes.fromhex("e830094b97205d2a"))
    xml = "".join(
        f"<Entry><UUID>{base64.b64encode(title.ljust(16).encode()).decode()}</UUID>"
        f"<String><Key>Title</Key><Value>{escape(title)}</Value></String>"
        f"<String><Key>UserName</Key><Value>{escape(account)}</Value></String>"
        "<String><Key>Password</Key><Value Protected='True'>"
        f"{base64.b64encode(salsa.encrypt(secret.encode())).decode()}</Value></String></Entry>"
        for title, account, secret in entries
    )
    group = f"<Group><UUID>AAAAAAAAAAAAAAAAAAAAAQ==</UUID><Name>Root</Name>{xml}</Group>"
    inside = gzip.compress(f"<KeePassFile><Meta/><Root>{group}</Root></KeePassFile>".encode())
    blocks = (
        struct.pack("<I", 0) + hashlib.sha256(inside).digest() + struct.pack("<I", len(inside)) + inside
    )
    blocks += struct.pack("<I", 1) + bytes(32) + struct.pack("<I", 0)
    key = hashlib.sha256(hashlib.sha256(PASSWORD.encode()).digest()).digest()
    once = AES.new(salt, AES.MODE_ECB)
    for _ in range(rounds):
        key = once.encrypt(key)
    master = hashlib.sha256(seed + hashlib.sha256(key).digest()).digest()
    return header + AES.new(master, AES.MODE_CBC, iv[:16]).encrypt(pad(start + blocks, 16))


def test_what_is_cut_or_changed_is_a_damaged_database(database: pykeepass.PyKeePass) -> None:
    data = saved(database)
    for size in (12, 20, 100, 200):
        assert refused(data[:size]) == "kdbx_damaged"
    assert refused(data[: len(data) - 40]) == "kdbx_damaged"
    changed = bytearray(data)
    changed[-60] ^= 1
    assert refused(bytes(changed)) == "kdbx_damaged"
    assert refused(data[:10] + b"\x07\x00" + data[12:]) == "kdbx_version"


def test_a_bomb_ends_at_the_limits(database: pykeepass.PyKeePass, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        database.add_entry(database.root_group, f"till-{number}", "a", "s", notes="0" * 9_000_000)
    data = saved(database)
    assert len(data) < 200_000
    monkeypatch.setattr(kdbx, "_BESIDES", 200 << 20)
    assert refused(data) == "kdbx_failed"
    monkeypatch.undo()
    monkeypatch.setattr(kdbx, "ANSWER_LIMIT", 1 << 20)
    assert refused(data) == "too_large"


def test_what_takes_too_long_is_ended(
    database: pykeepass.PyKeePass, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = kdbx.ask
    monkeypatch.setattr(kdbx, "ask", lambda question: ask(question, 0.01))
    assert refused(saved(database)) == "kdbx_failed"


def test_one_derivation_runs_at_a_time(
    database: pykeepass.PyKeePass, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = kdbx.ask

    def watched(question: bytes) -> bytes:
        assert kdf._GATE.locked()
        return ask(question)

    monkeypatch.setattr(kdbx, "ask", watched)
    assert read(saved(database)).bad == ()


def test_without_the_library_it_is_named_with_what_installs_it(
    database: pykeepass.PyKeePass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kdbx, "installed", lambda: False)
    assert refused(saved(database)) == "kdbx"


def test_a_value_that_is_no_text_is_never_stored_changed(database: pykeepass.PyKeePass) -> None:
    database.add_entry(database.root_group, "fine", "a", "s")
    entry = database.add_entry(database.root_group, "till", "a", "MARK")
    saved(database)
    # As another program may write it: a control character that XML cannot carry, inside the stream.
    stream = pykeepass.kdbx_parsing.common.UnprotectedStream
    encode = stream._encode

    def with_control(self: Any, tree: Any, con: Any, path: Any) -> Any:
        cipher = self.get_cipher(self.protected_stream_key(con))
        copied = deepcopy(tree)
        for value in copied.xpath("//Value[@Protected='True']"):
            if value.text is not None:
                text = value.text.replace("MARK", "a\x01b")
                value.text = base64.b64encode(cipher.encrypt(text.encode()))
        return copied

    stream._encode = with_control
    try:
        data = saved(database)
    finally:
        stream._encode = encode
    found = read(data)
    assert entry.title == "till"
    assert [row.title for row in found.rows] == ["fine"]
    assert [(bad.title, bad.field, bad.problem) for bad in found.bad] == [("till", "secret", "not_text")]
