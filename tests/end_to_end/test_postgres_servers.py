"""The commands on PostgreSQL as people run it: behind PgBouncer, and with a primary that dies."""

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.postgres_servers import pgbouncer, postgres_server, servers_folder, standby_of, wait_until

_PASSWORD = "four plain wooden words 4711"
_ROWS = 25_000


@dataclass
class Commands:
    """`nskeys` with a home whose CMDB is at a URL."""

    folder: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that runs."""
        command = [sys.executable, "-m", "nskeys_tui", "--home", str(self.folder / "home"), *words]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, most: int = 0) -> str:
        """What a command says; it ends with 0, or with no more than `most`."""
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=120)
        assert 0 <= process.returncode <= most, said
        return said

    def password(self) -> tuple[str, str]:
        """The option for the backups' password."""
        return "--password-file", str(self.folder / "password")


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    pytest.importorskip("psycopg")
    (tmp_path / "password").write_text(_PASSWORD, encoding="utf-8")
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "vault").mkdir()
    (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
    (tmp_path / "secret").chmod(0o600)
    return Commands(tmp_path)


def set_up(commands: Commands, url: str, rows: int) -> None:
    """A server with so many imported credentials and a declared destination."""
    commands.run("init", "--server-name", "ns01", "--protector", "file", "--cmdb", url)
    export = commands.folder / "export.csv"
    with export.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Group", "Title", "Username", "Password", "URL", "Notes"])
        table.writerows(
            ["Root", f"row {number}", "CORP\\svc", f"secret {number}", f"pkg-{number}", ""]
            for number in range(rows)
        )
    commands.run("credential", "import", str(export), "--kind", "run-as")
    commands.run("destination", "add", str(commands.folder / "vault"), "--elsewhere", "tape")


def test_every_command_works_behind_a_pooler_that_gives_each_transaction_another_session(
    commands: Commands,
) -> None:
    with servers_folder() as folder, postgres_server(folder) as server, pgbouncer(server) as url:
        set_up(commands, url, 30)
        vault = str(commands.folder / "vault")
        commands.run("backup", "--to", vault, *commands.password())
        commands.run("drill", "latest", *commands.password())
        commands.run("key", "rotate", most=1)
        commands.run("backup", "--to", vault, *commands.password())
        commands.run("drill", "latest", *commands.password())
        assert "resealed  30" in commands.run("key", "rotate", most=1)
        # Two at once: each is done, or says that the other one is at it; nothing else.
        field = ("--kind", "run-as", "--target", "t", "--account", "a")
        secret = ("--secret-file", str(commands.folder / "secret"))
        both = [
            commands.start("credential", "add", "--name", f"at-once-{side}", *field, *secret)
            for side in range(2)
        ]
        ended = [(process.communicate(timeout=120)[0], process.returncode) for process in both]
        assert {code for _, code in ended} <= {0, 75}, ended
        done = sum(code == 0 for _, code in ended)
        assert done >= 1
        assert f"Every credential opened ({30 + done})." in commands.run("verify")
        status = commands.run("status", most=1)
        assert "on this machine; a password never in the clear or as MD5" in status


def test_a_rotation_whose_primary_dies_loses_nothing_and_goes_on_with_the_standby(
    commands: Commands,
) -> None:
    with (
        servers_folder() as folder,
        postgres_server(folder) as primary,
        standby_of(primary, synchronous=True) as standby,
    ):
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        set_up(commands, f"postgresql://postgres@{hosts}/postgres", _ROWS)
        asked = "SELECT count(*) FROM audit WHERE line LIKE '%rotation-resealed%'"
        with commands.start("key", "rotate", "--without-backup") as rotation:
            wait_until(lambda: primary.run(asked) != [(0,)])
            primary.kill()
            said, _ = rotation.communicate(timeout=120)
        assert rotation.returncode == 69, said
        assert "nskeys" in said
        assert "Run " in said or "again" in said
        standby.promote()
        resealed = standby.run("SELECT count(DISTINCT key_no) FROM credentials")
        assert resealed == [(2,)], "it died in the middle"
        commands.run("key", "rotate", "--without-backup", most=1)
        assert standby.run("SELECT count(DISTINCT key_no) FROM credentials") == [(1,)]
        assert f"Every credential opened ({_ROWS:,})." in commands.run("verify")
        assert "whole" in commands.run("audit", "--verify")
