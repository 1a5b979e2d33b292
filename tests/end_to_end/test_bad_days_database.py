"""Bad days of the home and its database: held by others, newer than the program, hostile, a wrong clock."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from nskeys.cli.exit_codes import Exit, StatusExit
from nskeys.model.times import to_rfc3339
from nskeys.ports import Stage
from tests.end_to_end.bad_days import everything_is_whole, nothing_changes, refused, told_well
from tests.end_to_end.processes import argv, ended, started, wait_for_line
from tests.end_to_end.world import World
from tests.fakes.command_line import tree

STEERS = "\x1b]52;c;QUJD\x07\x1b[2Jevil\u202egnp\x9b31m\u2066[/bold][@click=app.quit]x[/]"
"""Clears a terminal, fills its clipboard, turns the text around, and is markup that does not close."""
LOOKS = (
    "status",
    "status --json",
    "credential list",
    "credential list --json",
    "key list",
    "register list",
    "register list --json",
    "audit",
    "audit --verify",
    "verify",
    "verify --json",
    "re-entry",
)
CHANGES = ("key rotate", "register check", "credential remove run-as/deploy-1 --yes")

Statement = tuple[str, Sequence[object]]


def change_the_database(world: World, sql: str, values: Sequence[object] = ()) -> None:
    """As somebody does who has no nskeys."""
    with closing(sqlite3.connect(world.home / "cmdb.sqlite3")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(sql, values)


# --- held by others ----------------------------------------------------------------------------------

_HOLDS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_program(world: World) -> Iterator[None]:
    """Meanwhile a program that is not nskeys keeps everybody out of the database."""
    command = [sys.executable, "-c", _HOLDS, str(world.home / "cmdb.sqlite3")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield


def test_a_database_that_another_program_holds(server: World) -> None:
    commands = ("status", "credential list", "verify", "key rotate")
    with nothing_changes(server), held_by_another_program(server), ExitStack() as stack:
        # All at the same time, for each of them waits for some seconds before it gives up.
        processes = [stack.enter_context(started(argv(server, *words.split()))) for words in commands]
        for words, process in zip(commands, processes, strict=True):
            code = StatusExit.CANNOT_TELL if words == "status" else Exit.LOCKED
            refused(ended(process), code, "Another program holds the lock of the CMDB")
    everything_is_whole(server)


def test_another_nskeys_at_work(server: World) -> None:
    [archive] = map(str, server.key_backups)
    restore = argv(server, "restore", archive, "--password-file", server.password, at=Stage.STORING_KEYS)
    with started(restore) as other:
        wait_for_line(other, "paused at storing_keys")
        holder = f"(process {other.pid}) is restoring"
        for words in (
            "key rotate",
            f"backup --password-file {server.password}",
            f"credential edit run-as/deploy-1 --secret-file {server.password}",
            f"restore latest --password-file {server.password}",
            f"protector change passphrase --new-passphrase-file {server.passphrase}",
            f"drill latest --password-file {server.password}",  # nobody would write its result down
        ):
            refused(server.run(*words.split()), Exit.LOCKED, holder)
        for words in ("status", "credential list", "verify"):
            ran = server.run(*words.split())
            assert ran.code == Exit.DONE
            told_well(ran)
        other.send_signal(signal.SIGINT)
        assert ended(other).code == Exit.INTERRUPTED
    everything_is_whole(server)


# --- newer than the program --------------------------------------------------------------------------


def _newer_config(world: World) -> None:
    path = world.home / "config.toml"
    path.write_text(path.read_text().replace("version = 1", "version = 2"))


def _newer_store(world: World) -> None:
    path = world.home / "store" / "1" / "protector.json"
    path.write_text(path.read_text().replace('"version":1', '"version":2'))


def _newer_database(world: World) -> None:
    change_the_database(world, "UPDATE meta SET value = '2000' WHERE name = 'schema'")


@pytest.mark.parametrize("make_newer", [_newer_config, _newer_store, _newer_database])
def test_a_home_of_a_newer_version(server: World, make_newer: Callable[[World], None]) -> None:
    make_newer(server)
    with nothing_changes(server):
        for words in ("verify", "key rotate", f"backup --password-file {server.password}"):
            refused(server.run(*words.split()), Exit.BAD_DATA, "newer nskeys", "nothing was changed")
        refused(server.run("status"), StatusExit.CANNOT_TELL, "newer nskeys")
        assert server.run("init").code in (Exit.BAD_DATA, Exit.CANNOT_CREATE)


# --- hostile -----------------------------------------------------------------------------------------


def test_names_that_steer_a_terminal_are_imported_and_shown_as_escapes(server: World) -> None:
    shared = {"kind": "run-as", "target": "x", "account": "svc", "note": "", "secret": "MARKED-imported"}
    rows = [{**shared, "name": "0", field: STEERS} for field in ("name", "target", "account", "note")]
    for number, row in enumerate(rows):
        row["name"] = f"{number} {row['name']}"
    path = server.root / "given" / "export.json"
    path.write_text(json.dumps(rows))
    for more in ((), ("--json",)):
        told_well(server.run("credential", "import", str(path), "--plan", *more))
    imported = server.run("credential", "import", str(path))
    assert imported.code == Exit.DONE
    told_well(imported)
    server.does("database", "copy", "--to", str(server.vault))
    for words in LOOKS:
        ran = server.run(*words.split())
        told_well(ran)
        assert ran.code == Exit.DONE
    for row in rows:
        for command in ("show", "remove --yes"):
            ran = server.run("credential", *command.split(), f"run-as/{row['name']}")
            assert ran.code == Exit.DONE
            told_well(ran)
    everything_is_whole(server)


def test_rows_of_an_import_that_cannot_be_taken_are_named_as_escapes(server: World) -> None:
    shared = {"kind": "run-as", "target": "x", "account": "svc", "note": "", "secret": "MARKED-imported"}
    rows = [{**shared, "name": f"{STEERS}\n{number}"} for number in range(3)]
    path = server.root / "given" / "export.json"
    path.write_text(json.dumps([{**shared, "name": "fine"}, *rows]))
    with nothing_changes(server):
        ran = server.run("credential", "import", str(path))
        told_well(ran)
        assert (ran.code, ran.out) == (Exit.BAD_DATA, "")
        assert ran.err.count("\n") == len(rows) + 2


HOSTILE: dict[str, Statement] = {
    "a name that steers": ("UPDATE credentials SET name = ?, note = ?", (STEERS, STEERS)),
    "a list that steers": ("UPDATE listing SET by_name = ?, haystack = ?", (STEERS, STEERS)),
    "a name that is no text": ("UPDATE credentials SET name = ?", (b"\xff\xfe",)),
    "a huge note": ("UPDATE credentials SET note = ?", ("x" * 5_000_000,)),
    "a secret that is a number": ("UPDATE credentials SET sealed = 5", ()),
    "an unknown kind": ("UPDATE credentials SET kind = ?", (STEERS,)),
    "a key that is not listed": ("UPDATE credentials SET key_no = 99", ()),
    "a moment beyond time": ("UPDATE credentials SET updated = 9999999999999999", ()),
    "keys that are none": ("UPDATE keys SET kid = ?", (STEERS,)),
    "a row of the register": ("INSERT INTO register VALUES (77, 'x', 'y', ?, NULL)", (STEERS,)),
    "a register of JSON": ("UPDATE register SET body = '[{}]', signature = x'00'", ()),
    "a line of the trail": ("UPDATE audit SET line = ? WHERE rowid = 2", (STEERS,)),
    "a rotation": ("INSERT INTO rotations VALUES (1, ?, 'waiting', 0, 0, 0)", (STEERS,)),
    "an id": ("UPDATE meta SET value = ? WHERE name = 'cmdb_id'", (STEERS,)),
    "a table that is gone": ("DROP TABLE credentials", ()),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_database_that_somebody_else_wrote_into(server: World, attack: str) -> None:
    sql, values = HOSTILE[attack]
    change_the_database(
        server, sql if "UPDATE credentials" not in sql else f"{sql} WHERE name = 'deploy-1'", values
    )
    for words in LOOKS:
        before = tree(server.home)
        ran = server.run(*words.split())
        told_well(ran)
        assert tree(server.home) == before
    for words in (*CHANGES, f"backup --password-file {server.password}"):
        told_well(server.run(*words.split()))
    # The keys are not affected: with a copy of the database as it was, everything opens.
    assert server.services.installation.key_store.exists()


def test_with_the_database_back_from_its_own_backup_everything_opens(server: World) -> None:
    copy = (server.home / "cmdb.sqlite3").read_bytes()
    change_the_database(server, *HOSTILE["a table that is gone"])
    refused(server.run("verify"), Exit.BAD_DATA, "Bring the CMDB back from its own backup")
    (server.home / "cmdb.sqlite3").write_bytes(copy)
    everything_is_whole(server)


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\0" + bytes(4080)])
def test_a_file_in_the_databases_place(server: World, content: bytes) -> None:
    path = server.home / "cmdb.sqlite3"
    before = path.read_bytes()
    path.write_bytes(content)
    with nothing_changes(server):
        for words in (
            "verify",
            "key rotate",
            f"backup --password-file {server.password}",
            "credential list",
        ):
            ran = server.run(*words.split())
            refused(ran, ran.code)
            assert ran.code in (Exit.UNREACHABLE, Exit.BAD_DATA)
        assert server.run("status").code == StatusExit.CANNOT_TELL
    path.write_bytes(before)
    everything_is_whole(server)


# --- a wrong clock -----------------------------------------------------------------------------------


def test_a_backup_date_in_the_future_is_said_to_be_wrong_and_decides_nothing(server: World) -> None:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    registry = server.home / "registry.json"
    registry.write_text(
        json.dumps({**json.loads(registry.read_text()), "KMSBackupDate": to_rfc3339(tomorrow)})
    )
    for words in ("registry", "status"):
        ran = server.run(*words.split())
        assert ran.code == Exit.DONE
        assert "lies in the future" in ran.out + ran.err
    # By its date it would cover the new key.
    ran = server.run("key", "rotate", "--without-backup")
    assert (ran.code, "A backup is due" in ran.err) == (Exit.INCOMPLETE, True)
    server.back_up()
    assert "future" not in server.run("registry").err
    everything_is_whole(server)
