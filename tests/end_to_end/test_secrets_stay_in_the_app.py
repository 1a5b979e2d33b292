"""Marked secrets typed into every flow of the app on a real terminal, under strace: they are nowhere else.

Every program that is started, every byte that is written to a file or a socket, and what the terminal gets,
is searched. One secret is shown on the screen, because that was asked for; it is in the terminal alone.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.ports import Purpose
from tests.end_to_end import cheap_app
from tests.end_to_end.pty_session import PtySession
from tests.end_to_end.test_secrets_stay_inside import Seen, read_log, spellings
from tests.fakes.command_line import connect_cheaply
from tests.fakes.fixed import Answers
from tests.fakes.injection import find_strace
from tests.fakes.programs import need

PASSPHRASE, OTHER_PASSPHRASE = "MARK-nine-pears-on-a-shelf", "MARK-ten-plums-in-a-jar"
PASSWORD, WRONG = "MARK-seven-apples-in-a-vault", "MARK-no-plums-at-all"
SECRET, SHOWN = "MARK-secret-of-the-first", "MARK-secret-that-is-shown"
IMPORTED, HALF = "MARK-secret-that-is-imported", "MARK-only-half-a-password"
_TRACED = "trace=execve,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
_ROOT = Path(__file__).parents[2]


class Keys:
    """A person at the app's terminal."""

    def __init__(self, session: PtySession) -> None:
        self._session = session

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._session.text

    def see(self, *words: str) -> "Keys":
        """Wait until all of these are on the screen."""
        for word in words:
            self._session.wait_for(word, timeout=25)
        return self

    def still(self) -> "Keys":
        """Wait until the screen does not change any more: a page may come in two paintings."""
        self._session.settle(0.5)
        return self

    def press(self, *keys: str) -> "Keys":
        """Press keys, one after the other, once the screen has come to rest: people look first."""
        self._session.settle(0.15)
        self._session.press(*keys)
        return self

    def mark(self, entry: str) -> "Keys":
        """Go down a list to one entry."""
        for _ in range(40):
            if any("▸" in line and f" {entry} " in f"{line} " for line in self._session.screen):
                return self
            self.press("down")
            self._session.settle(0.1)
        raise AssertionError(f"no {entry!r} in the list:\n{self._session.text}")

    def type(self, *texts: str) -> "Keys":
        """Type a text into each field, from this one on, and take them all with Enter."""
        self._session.settle(0.15)
        self._session.write("\t".join(texts))
        self._session.press("enter")
        return self

    def gone(self, words: str) -> "Keys":
        """Wait until these are on the screen no more."""
        self._session.wait_gone(words, timeout=25)
        return self


class Watched:
    """The app in a folder, each run of it under strace."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is what the app's holds besides."""
        self._environment = dict(environment or {})
        self.home, self.folder = folder / "home", folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.runs: list[Seen] = []

    @contextmanager
    def app(self) -> Iterator[Keys]:
        """One run; it has to end by itself, and well."""
        log = self.folder / "strace.log"
        strace = [find_strace(), "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-v", "-s", "1048576"]
        program = [sys.executable, cheap_app.__file__, str(self.home)]
        settings = {
            "PYTHONPATH": str(_ROOT),
            "TMPDIR": str(self.temporary),
            "TEXTUAL_LOG": str(self.folder / "keys.log"),
            "TEXTUAL": "devtools,debug",
            **self._environment,
        }
        argv = [*strace, "-e", _TRACED, "-o", str(log), *program]
        with PtySession(argv, environment=settings, directory=str(self.folder)) as session:
            yield Keys(session)
            assert session.wait_end(timeout=60) == 0
            raw = session.raw
        started, written = read_log(log.read_text())
        log.unlink()
        self.runs.append(Seen(started, written, raw, b"", []))

    def keys(self, passphrase: str) -> dict[str, bytes]:
        """Every key that the home has now."""
        services, known = connect_cheaply(str(self.home), None), {Purpose.PASSPHRASE: [passphrase]}
        store = services.installation.key_store
        with store.unlock(Answers(known)) as opened:
            found = {str(info.kid): opened.key(info.kid).reveal() for info in store.keys()}
            found["server key"] = opened.server_key().reveal()
        services.close()
        return found

    def found(self, secret: bytes) -> set[str]:
        """Where a secret was seen outside."""
        shapes, places = spellings(secret), set[str]()
        for run in self.runs:
            places |= {"the terminal"} if any(shape in run.out for shape in shapes) else set()
            told = any(shape in text for text in run.started for shape in shapes)
            places |= {"arguments or environment"} if told else set()
            for place, data in run.written:
                if not place.startswith(("pipe:", "/dev/pts", "/dev/ptmx", "/dev/tty")):
                    places |= {place} if any(shape in data for shape in shapes) else set()
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "export.csv":
                data = path.read_bytes()
                places |= {str(path)} if any(shape in data for shape in shapes) else set()
        return places


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    row = f'"run-as","imported","u","{IMPORTED}","t",""\n'
    (tmp_path / "export.csv").write_text(f'"Group","Title","Username","Password","URL","Notes"\n{row}')
    return Watched(tmp_path)


def set_up(keys: Keys) -> None:
    """A new installation under a passphrase, with every mistake that can be made."""
    keys.see("New installation").press("enter").see("Server name", "Passphrase")
    keys.press("tab", "tab", "end").see("▸ Passphrase").press("enter").see("New passphrase")
    keys.type(PASSPHRASE, HALF).see("differ")
    keys.press("escape").gone("New passphrase").press("enter").see("New passphrase")
    keys.press("shift+home", "ctrl+c").type(PASSPHRASE, PASSPHRASE)
    keys.see("Back up now?").press("down", "enter").see("no credentials are here")


def add(keys: Keys, name: str, secret: str) -> None:
    """A credential."""
    keys.press("a").see("Add a credential").press("enter").see("Enter Save")
    keys.type(name, "https://ns02.emea", "CORP\\svc", secret).see("at risk").gone("Add a credential")


def back_up(keys: Keys) -> None:
    """A backup here, once it was refused a password that opens the key store."""
    keys.press("b").see("where to?").press("enter").see("New password")
    keys.type(PASSPHRASE, PASSPHRASE).see("also opens the key store")
    keys.type(PASSWORD, PASSWORD)
    keys.see("this will be written").press("enter").see("is complete").press("enter").gone("is complete")


def drill(keys: Keys) -> None:
    """With a wrong password, and with the right one."""
    keys.press("d").see("which backup?").press("enter").see("what is in it").press("enter")
    keys.see("Password of the backup").type(WRONG).see("does not open this backup")
    keys.type(PASSWORD).see("Every credential opened").press("escape")
    keys.gone("Every credential opened")


def restore(keys: Keys) -> None:
    """Onto the keys that are here."""
    keys.press("r").see("which backup?").press("enter").see("what is in it").press("enter")
    keys.see("Password of the backup").type(WRONG).see("does not open this backup")
    keys.type(PASSWORD).see("Enter restores").press("enter")
    keys.see("Every credential opened").press("escape").gone("Every credential opened")


def rotate(keys: Keys) -> None:
    """A new key is made first."""
    keys.press("o").see("A new key is made").press("enter").see("A backup is due").press("escape")
    keys.gone("A backup is due")


def change_passphrase(keys: Keys) -> None:
    """To one that opens a backup, which is refused, and to another one."""
    keys.press("m").see("▸ Backups").mark("Protector").press("enter").see("c binds them")
    keys.press("c").see("▸ Back up first").press("end").see("▸ Change it").press("enter")
    keys.see("▸ Another passphrase").press("enter").see("Nothing is changed yet").press("enter")
    keys.see("New passphrase")
    keys.type(PASSWORD, PASSWORD).see("cannot be used")
    keys.type(OTHER_PASSPHRASE, OTHER_PASSPHRASE).see("still open with the earlier")
    keys.press("enter").see("Menu").press("escape").see("Credentials")


def import_some(keys: Keys, path: Path) -> None:
    """From another program's export."""
    keys.press("m").see("▸ Backups").mark("Import").press("enter").see("which export?").press(
        "end", "enter"
    )
    keys.see("File").type(str(path)).see("imported").press("enter").see("done").press("enter")
    keys.press("escape").see("Credentials")


def test_no_secret_leaves_the_app(watched: Watched) -> None:
    need("strace")
    with watched.app() as keys:
        set_up(keys)
        add(keys, "first", SECRET)
        add(keys, "shown", SHOWN)
        import_some(keys, watched.folder / "export.csv")
        back_up(keys)
        drill(keys)
        restore(keys)
        rotate(keys)
        keys.see("Credentials").press("q")
    with watched.app() as keys:
        keys.see("Passphrase of the key store").type(WRONG).see("does not open the key store")
        keys.press("shift+home", "ctrl+c").type(PASSPHRASE).gone("Passphrase of the key store")
        change_passphrase(keys)
        keys.press("down", "enter").see("s Show secret").press("s").see(SHOWN).press("s").gone(SHOWN)
        keys.press("escape").gone("s Show secret")
        keys.see("Credentials").press("q")
    for secret in (PASSPHRASE, OTHER_PASSPHRASE, PASSWORD, WRONG, SECRET, IMPORTED, HALF):
        assert watched.found(secret.encode()) == set(), secret
    for name, key in watched.keys(OTHER_PASSPHRASE).items():
        assert watched.found(key) == set(), name
    assert watched.found(SHOWN.encode()) == {"the terminal"}, (
        "and that is why the others would be found there"
    )
    assert not any(b"\x1b]52" in run.out for run in watched.runs), "nothing goes to the clipboard"
    assert list(watched.temporary.iterdir()) == []
    assert {path.name for path in watched.folder.iterdir()} == {"home", "tmp", "export.csv"}
    assert watched.home.stat().st_mode & 0o777 == 0o700
