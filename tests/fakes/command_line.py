"""The command line in this process: its exit code, its data and its words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nskeys.bootstrap import PATIENCE, Costs, Services, Surroundings, connect
from nskeys.cli.main import main
from nskeys.crypto.kdf import Argon2Cost
from nskeys.crypto.keys import server_thumbprint
from nskeys.store.keystore.files import read_server_pub
from nskeys.store.systemd import SystemdUnits
from tests.fakes.json_documents import checked

CHEAP = Costs(scrypt_log_n=4, argon2=Argon2Cost(memory_kib=64, iterations=1, lanes=1))


def connect_cheaply(home: str | None, cmdb: str | None, wait: float = PATIENCE) -> Services:
    """The real services, with passwords that cost nothing."""
    return connect(home, cmdb, CHEAP, Surroundings(manager=_no_systemd(home)), wait)


def _no_systemd(home: str | None) -> SystemdUnits:
    """A folder for units beside the home, on a machine that systemd does not run."""
    folder = Path(home or "").absolute().parent / "units"
    return SystemdUnits(folder, folder / "no-systemd")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the document that it is, which keeps to its schema."""
        return checked(self.out)


class Machine:
    """A machine with a home, on which commands are run; `folder` holds its other files."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], name: str = "a") -> None:
        self.folder = folder
        self.home = folder / name
        self._capture = capture

    def run(self, *argv: str) -> Ran:
        """One command; it ends as it ends."""
        self._capture.readouterr()
        code = main(["--home", str(self.home), *argv], connect_cheaply)
        out, err = self._capture.readouterr()
        return Ran(code, out, err)

    def does(self, *argv: str) -> Any:
        """One command with --json that has to succeed: its document."""
        ran = self.run(*argv, "--json")
        assert ran.code == 0, ran.err
        return ran.json

    def file(self, name: str, text: str) -> str:
        """A file with this text: its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    @property
    def password(self) -> str:
        """The file with the backups' password."""
        return self.file("password", "seven apples\n")

    @property
    def confirmed(self) -> tuple[str, str]:
        """The option with which a script confirms this machine's server key, as its runbook prints it."""
        public = read_server_pub("", (self.home / "server.pub").read_bytes())
        return "--server-key", server_thumbprint(public)

    def beside(self, name: str) -> "Machine":
        """Another machine; it reaches the same other files."""
        return Machine(self.folder, self._capture, name)

    def set_up(self) -> "Machine":
        """An installation with two credentials, in no backup yet."""
        self.does("init", "--server-name", "ns01.example.net", "--protector", "file")
        self.add("run-as", "deploy-finance", "finance-*", "CORP\\svc-deploy", "p\u00e4ssword")
        self.add("hierarchy", "emea-ns02", "https://ns02.emea", "CORP\\svc-repl", "")
        return self

    def add(self, kind: str, name: str, target: str, account: str, secret: str) -> Any:
        """A credential."""
        fields = ("--kind", kind, "--name", name, "--target", target, "--account", account)
        return self.does("credential", "add", *fields, "--secret-file", self.file("secret", secret))

    def back_up(self, *more: str) -> Any:
        """A backup."""
        return self.does("backup", "--password-file", self.password, *more)

    def vault(self) -> str:
        """A destination that is declared to be elsewhere."""
        folder = self.folder / "vault"
        folder.mkdir(exist_ok=True)
        self.does("destination", "add", str(folder), "--elsewhere", "tape to the safe")
        return str(folder)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, to see that nothing changed."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
