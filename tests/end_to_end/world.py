"""All there is in a walk: a machine's home, a vault elsewhere, and the files that commands are given.

Commands run in this process, through the program's own `main`, with passwords that cost nothing to try.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from nskeys.bootstrap import Services
from nskeys.cli.main import main
from nskeys.ports import Purpose
from tests.fakes.command_line import Ran, connect_cheaply
from tests.fakes.fixed import Answers

PASSWORD = "MARKED-password-of-the-vault"
PASSPHRASE = "MARKED-passphrase-of-the-keys"
SECRETS = {
    "run-as/deploy-1": "MARKED-secret-1",
    "run-as/deploy-2": "MARKED-secret-2",
    "run-as/deploy-3": "MARKED-secret-3",
    "pcanywhere/db-4": "MARKED-secret-4",
    "hierarchy/ns-5": "MARKED-secret-5",
}
"""Every credential by kind and name. Everything marked must never stand in any file as it is."""
_FIELDS = {
    "run-as": ("finance-*", "CORP\\svc-deploy"),
    "pcanywhere": ("db.example.net:5631", "caller"),
    "hierarchy": ("https://ns02.example.net", "CORP\\svc-repl"),
}


def person() -> Answers:
    """Somebody who knows the passphrase and the password."""
    return Answers({Purpose.PASSPHRASE: [PASSPHRASE] * 9, Purpose.BACKUP_PASSWORD: [PASSWORD] * 9})


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder whose disk is memory, where there is such a place: thousands of syncs cost nothing there."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="nskeys-test-", dir=memory if usable else None) as name:
        yield Path(name)


class _Kept(Services):
    """Services that outlive a command: they hold no connection between two of them, and SQL that was
    compiled once need not be compiled for every victim."""

    def close(self) -> None:
        """Not yet."""


class World:
    """Everything lies below `root`; what is there may be exchanged between two commands."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._services: Services | None = None

    @property
    def services(self) -> Services:
        """The services of this home, connected once for each database that was its CMDB."""
        if self._services is None or self._services.installation.elsewhere() is not None:
            connected = connect_cheaply(str(self.home), None, wait=0.0)
            self._services = _Kept(connected.installation, closed=connected.closed)
        return self._services

    @property
    def home(self) -> Path:
        """The machine."""
        return self.root / "home"

    @property
    def vault(self) -> Path:
        """A folder that is declared to be elsewhere."""
        return self.root / "vault"

    @property
    def other_database(self) -> Path:
        """Where the CMDB moves to."""
        return self.home / "other.sqlite3"

    @property
    def key_backups(self) -> list[Path]:
        """Those in the vault, oldest first, without the database copies beside them."""
        return sorted(path for path in self.vault.glob("*.zip") if "-cmdb-" not in path.name)

    @property
    def password(self) -> str:
        """The file with the backups' password."""
        return str(self.root / "given" / "password")

    @property
    def passphrase(self) -> str:
        """The file with the key store's passphrase."""
        return str(self.root / "given" / "passphrase")

    def begin(self) -> None:
        """An empty machine, an empty vault, and somebody with the right files."""
        (self.root / "given").mkdir(parents=True)
        self.vault.mkdir()
        Path(self.password).write_text(PASSWORD + "\n")
        Path(self.passphrase).write_text(PASSPHRASE + "\n")

    def set_up(self, protector: str) -> None:
        """An installation with SECRETS and the vault as its destination; no backup yet."""
        self.does("init", "--server-name", "ns01.example.net", "--protector", protector)
        self.does("destination", "add", str(self.vault), "--elsewhere", "tape to the safe")
        for reference in SECRETS:
            self.add(reference)

    def add(self, reference: str) -> None:
        """One of SECRETS, or one more."""
        kind, _, name = reference.partition("/")
        target, account = _FIELDS[kind]
        given = self.root / "given" / "secret"
        given.write_text(SECRETS.get(reference, "MARKED-secret-more"))
        fields = ("--kind", kind, "--name", name, "--target", target, "--account", account)
        self.does("credential", "add", *fields, "--secret-file", str(given))

    def back_up(self) -> None:
        """A backup in the vault."""
        self.does("backup", "--to", str(self.vault), "--password-file", self.password)

    def lose_all_but_the_database(self) -> None:
        """The machine dies; a copy of its database is put on a new one."""
        database = (self.home / "cmdb.sqlite3").read_bytes()
        shutil.rmtree(self.home)
        self.home.mkdir(mode=0o700)
        (self.home / "cmdb.sqlite3").write_bytes(database)

    def lose_everything(self) -> None:
        """The machine dies, and nothing of it is kept."""
        shutil.rmtree(self.home)
        self.home.mkdir(mode=0o700)

    def arguments(self, *argv: str) -> list[str]:
        """A command with this home and passphrase."""
        return ["--home", str(self.home), "--passphrase-file", self.passphrase, *argv]

    def main(self, *argv: str) -> int:
        """One command, its streams those of this process; its exit code."""
        return main(self.arguments(*argv), lambda home, cmdb, wait: self.services)

    def run(self, *argv: str) -> Ran:
        """One command; it ends as it ends."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = self.main(*argv)
        return Ran(code, out.getvalue(), err.getvalue())

    def does(self, *argv: str, codes: frozenset[int] = frozenset({0})) -> Ran:
        """One command that has to end with one of these codes."""
        ran = self.run(*argv)
        assert ran.code in codes, f"{argv} ended with {ran.code}:\n{ran.out}{ran.err}"
        return ran
