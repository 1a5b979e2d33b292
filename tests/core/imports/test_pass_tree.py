"""Trees of `pass`: a folder that gpg opens."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.errors import ImportUnreadable, SecretUnavailable
from nskeys.imports.detect import read_export
from nskeys.model.imports import ExportFolder, ImportFormat, ParsedExport
from nskeys.ports import Purpose
from tests.fakes.opening import Opening

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed"),
]
PASSPHRASE = "Quokka 71! of the till"


def gpg(*words: str, given: bytes = b"", home: Path | None = None) -> bytes:
    options = ("--homedir", str(home)) if home is not None else ()
    done = subprocess.run(
        ["gpg", "--batch", *options, *words], input=given, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of gpg with one key under a passphrase, and one without."""
    folder = Path(tmp_path_factory.mktemp("gnupg"))
    folder.chmod(0o700)
    for name, passphrase in (("till@example.net", PASSPHRASE), ("open@example.net", "")):
        words = ("--pinentry-mode", "loopback", "--passphrase", passphrase)
        gpg(*words, "--quick-generate-key", name, "default", "default", "0", home=folder)
    yield folder
    subprocess.run(["gpgconf", "--homedir", str(folder), "--kill", "all"], check=False)


@pytest.fixture
def store(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GNUPGHOME", str(home))
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / ".gpg-id").write_text("till@example.net\n")
    return folder


def put(store: Path, name: str, content: bytes, key: str = "till@example.net") -> None:
    file = store / f"{name}.gpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    gpg("--trust-model", "always", "--encrypt", "--recipient", key, "--output", str(file), given=content)


def read(store: Path, unlock: Opening) -> ParsedExport:
    return read_export(str(store), ExportFolder(str(store)), unlock=unlock)


def test_a_tree_is_read_with_its_folders_fields_and_what_has_no_place(store: Path) -> None:
    put(
        store,
        "Run-as/EMEA/till",
        " s 7\u5bc6 \nlogin: LAB\\svc\nurl: pkg\nPIN: 1234\nsaid by phone\n".encode(),
    )
    put(store, "Run-as/svc-deploy", b"two\r\notpauth://totp/x?secret=ABC\n")
    put(store, "top", b"one")
    unlock = Opening(("wrong", PASSPHRASE))
    found = read(store, unlock)
    assert found.format is ImportFormat.PASS
    assert [
        (row.group, row.title, row.username, row.secret.text(), row.url, row.notes) for row in found.rows
    ] == [
        ("Run-as/EMEA", "till", "LAB\\svc", " s 7\u5bc6 ", "pkg", "said by phone"),
        ("Run-as", "svc-deploy", "svc-deploy", "two", "", ""),
        ("", "top", "top", "one", "", ""),
    ]
    assert {field.field: field.titles for field in found.dropped} == {
        "pin": ("till",),
        "otpauth": ("svc-deploy",),
    }
    assert unlock.asked == [Purpose.GPG_PASSPHRASE] * 2


def test_nobody_is_asked_where_the_key_has_no_passphrase(store: Path) -> None:
    put(store, "Run-as/till", b"s", "open@example.net")
    unlock = Opening()
    assert [row.secret.text() for row in read(store, unlock).rows] == ["s"]
    assert unlock.asked == []
    put(store, "Run-as/other", b"s")
    with pytest.raises(SecretUnavailable):
        read(store, Opening())


def test_the_passphrase_is_in_no_argument_and_no_variable(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "till", b"s")
    calls: list[str] = []
    popen = subprocess.Popen

    def watched(words: list[str], **more: object) -> object:
        calls.append(f"{words} {more}")
        return popen(words, **more)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(subprocess, "Popen", watched)
    assert len(read(store, Opening((PASSPHRASE,))).rows) == 1
    assert len(calls) > 2
    assert not [call for call in calls if PASSPHRASE in call]


def test_a_secret_that_is_no_text_is_named(store: Path) -> None:
    put(store, "bytes", b"\xff\xfe", "open@example.net")
    assert [(bad.title, bad.problem) for bad in read(store, Opening()).bad] == [("bytes", "not_text")]


def test_what_is_no_tree_or_cannot_be_opened_is_told(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: Path) -> tuple[str, str]:
        with pytest.raises(ImportUnreadable) as error:
            read(folder, Opening((PASSPHRASE,)))
        return error.value.source, error.value.problem

    other = tmp_path / "other"
    other.mkdir()
    assert refused(other) == (str(other), "not_a_tree")
    (other / ".age-recipients").touch()
    assert refused(other) == (str(other), "gopass_age")
    put(store, "till", b"s")
    broken = store / "broken.gpg"
    broken.write_bytes(b"no OpenPGP")
    assert refused(store) == (str(broken), "gpg_failed")
    broken.unlink()
    empty = tmp_path / "gnupg"
    empty.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(empty))
    assert refused(store) == (str(store / "till.gpg"), "no_gpg_key")
    monkeypatch.setenv("PATH", str(empty))
    assert refused(store) == (str(store), "no_gpg")
