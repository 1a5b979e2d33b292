"""Bad days of backups: places that do not take them, wrong passwords, files that are not what they seem."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.archive.canonical_zip import build, split
from nskeys.cli.exit_codes import Exit, StatusExit
from nskeys.model.backup import KMS_NAME, MANIFEST_NAME, READER_NAME, RESTORE_NAME
from tests.end_to_end.bad_days import everything_is_whole, nothing_changes, parts_left, refused, told_well
from tests.end_to_end.processes import argv, ended, started
from tests.end_to_end.world import PASSPHRASE, SECRETS, World, quick_folder
from tests.fakes.command_line import Ran, tree
from tests.fakes.disks import fill, make_read_only, small_disk, unprivileged
from tests.fakes.json_documents import checked
from tests.fakes.server_keys import signed_by


def given(world: World, name: str, content: str | bytes) -> str:
    """A file that a command is given."""
    path = world.root / "given" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def back_up_to(world: World, place: Path) -> Ran:
    """A backup to that place."""
    return world.run("backup", "--to", str(place), "--password-file", world.password)


def restored(world: World, path: Path, *more: str) -> Ran:
    """A restore from that file."""
    return world.run("restore", str(path), "--password-file", world.password, *more)


@contextmanager
def new_hardware(world: World) -> Iterator[World]:
    """Another machine with a copy of the database, and nothing else."""
    with quick_folder() as folder:
        other = World(folder / "world")
        other.begin()
        other.home.mkdir(mode=0o700)
        shutil.copy(world.home / "cmdb.sqlite3", other.home)
        yield other


# --- places ------------------------------------------------------------------------------------------


def test_a_full_destination(server: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "full") as disk:
        filling = fill(disk)
        with nothing_changes(server):
            refused(back_up_to(server, disk), Exit.CANNOT_CREATE, "the disk is full")
        assert list(disk.iterdir()) == [filling]
        filling.unlink()
        assert back_up_to(server, disk).code == Exit.DONE
    everything_is_whole(server)


def test_a_destination_that_is_read_only(server: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "still") as disk:
        make_read_only(disk)
        with nothing_changes(server):
            refused(back_up_to(server, disk), Exit.CANNOT_CREATE, "read-only")


def test_a_destination_of_somebody_else(machine: World) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can have a folder that belongs to somebody else")
    for place in (machine.root.parent, machine.root, *machine.root.rglob("*")):
        os.chown(place, 65534, 65534)
    machine.vault.chmod(0o755)
    os.chown(machine.vault, 0, 0)
    with unprivileged():
        machine.does("init", "--protector", "file")
        with nothing_changes(machine):
            refused(back_up_to(machine, machine.vault), Exit.CANNOT_CREATE, "does not permit it")


def test_a_destination_that_is_a_file(server: World) -> None:
    with nothing_changes(server):
        place = Path(server.passphrase)
        refused(back_up_to(server, place), Exit.UNREACHABLE, "it is not a folder")
        refused(back_up_to(server, place / "below"), Exit.UNREACHABLE)


def test_a_destination_that_vanished_is_not_made_anew(server: World) -> None:
    shutil.rmtree(server.vault)
    with nothing_changes(server):
        refused(server.run("backup", "--password-file", server.password), Exit.UNREACHABLE)
        assert not server.vault.exists()
        answered = server.run("status")
        assert answered.code == StatusExit.AT_RISK
        told_well(answered)
    server.vault.mkdir()
    server.back_up()
    everything_is_whole(server)


def test_a_destination_that_vanishes_while_the_password_is_typed(server: World) -> None:
    pipe = server.root / "given" / "pipe"
    os.mkfifo(pipe)
    with started(argv(server, "backup", "--password-file", str(pipe))) as process:
        with pipe.open("w") as typed:  # returns once the command reads: the place was looked at before
            shutil.rmtree(server.vault)
            typed.write("correct horse battery staple\n")
        refused(ended(process), Exit.UNREACHABLE, "its folder does not exist")
    assert server.run("registry").out.splitlines()[0].split() == ["KMSBackupPath", str(server.vault)]
    assert len(server.services.register.copies()) == 1
    everything_is_whole(server)


# --- passwords ---------------------------------------------------------------------------------------


WRONG = ("wrong\n", "", "\n", " MARKED-password-of-the-vault")


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_password_for_a_restore(server: World, word: str) -> None:
    path = given(server, "wrong", word)
    with nothing_changes(server), new_hardware(server) as other:
        before = tree(other.home)
        for world in (server, other):
            ran = world.run("restore", str(server.key_backups[0]), "--password-file", path)
            refused(ran, Exit.NOT_PERMITTED, "That password does not open this backup")
        assert tree(other.home) == before


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_password_for_a_drill_is_a_line_of_the_diary(server: World, word: str) -> None:
    path = given(server, "wrong", word)
    register = server.run("register", "list").out
    with new_hardware(server) as other:
        for world in (server, other):
            before = files_but_what_was_signed(world), tree(server.vault)
            ran = world.run("drill", str(server.key_backups[0]), "--password-file", path)
            refused(ran, Exit.NOT_PERMITTED, "That password does not open this backup")
            assert (files_but_what_was_signed(world), tree(server.vault)) == before
            assert len(checked(world.does("register", "diary", "--json").out)) == 1
    assert server.run("register", "list").out == register
    everything_is_whole(server)


def files_but_what_was_signed(world: World) -> dict[str, bytes]:
    """Every file of the home but the database and its checkpoint, and the lock, which is empty again."""
    signed = ("cmdb.sqlite3", "checkpoint.json")
    return {name: data for name, data in tree(world.home).items() if data and name not in signed}


@pytest.mark.parametrize("word", ["", "\n", "\r\n"])
def test_an_empty_password_for_a_new_backup(server: World, word: str) -> None:
    with nothing_changes(server):
        ran = server.run("backup", "--password-file", given(server, "empty", word))
        refused(ran, Exit.BAD_DATA, "The password is empty.")


def test_a_password_that_opens_the_key_store(machine: World) -> None:
    machine.set_up("passphrase")
    with nothing_changes(machine):
        ran = machine.run("backup", "--password-file", machine.passphrase)
        refused(ran, Exit.BAD_DATA, "also opens the key store")


def test_a_hint_that_gives_the_password_away(server: World) -> None:
    with nothing_changes(server):
        hint = f"it is {PASSPHRASE.upper()}"
        ran = server.run("backup", "--password-file", server.passphrase, "--hint", hint)
        refused(ran, Exit.USAGE)


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 5_000, b"hello", b"PK\x03\x04" + bytes(200), b"age-encryption.org/v1\n-> scrypt", b"[]"],
    ids=["empty", "zeros", "text", "zip", "age", "json"],
)
@pytest.mark.parametrize("command", ["inspect", "drill", "restore", "register add"])
def test_what_is_no_backup(server: World, command: str, content: bytes) -> None:
    path = given(server, "x.zip", content)
    with nothing_changes(server):
        refused(server.run(*command.split(), path), Exit.BAD_DATA)


def test_a_damaged_backup_is_told_apart_from_a_wrong_password(server: World) -> None:
    (whole,) = server.key_backups
    data = bytearray(whole.read_bytes())
    data[data.index(b"age-encryption.org") + 150] ^= 1
    with nothing_changes(server), new_hardware(server) as other:
        before = tree(other.home)
        for damaged in (bytes(data), whole.read_bytes()[:-1], whole.read_bytes() + b"\0"):
            path = given(server, "damaged.zip", damaged)
            for word in ("right", "wrong"):
                password = server.password if word == "right" else given(server, "word", word)
                ran = other.run("restore", path, "--password-file", password)
                refused(ran, Exit.BAD_DATA, "damaged")
        assert tree(other.home) == before


@pytest.mark.parametrize("member", [RESTORE_NAME, READER_NAME, MANIFEST_NAME])
@pytest.mark.parametrize("command", ["drill", "restore"])
def test_a_forged_companion_is_refused_before_a_password_is_asked(
    server: World, command: str, member: str
) -> None:
    members = split(server.key_backups[0].read_bytes())
    forged = build([(name, data + b"\n" if name == member else data) for name, data in members])
    path, pipe = given(server, "forged.zip", forged), server.root / "given" / "pipe"
    os.mkfifo(pipe)  # nobody ever writes into it: who reads it waits for good
    with (
        nothing_changes(server),
        started(argv(server, command, path, "--password-file", str(pipe))) as process,
    ):
        refused(ended(process), Exit.BAD_DATA, member)


def test_another_backups_manifest(server: World) -> None:
    server.back_up()
    first, second = (dict(split(path.read_bytes())) for path in server.key_backups)
    mixed = [(name, second[name] if name != KMS_NAME else first[name]) for name in first]
    with nothing_changes(server):
        ran = server.run("inspect", given(server, "mixed.zip", build(mixed)))
        refused(ran, Exit.BAD_DATA, "its hash is not the recorded one")


def test_an_older_backup_says_that_there_is_a_newer_one_and_what_it_lacks(server: World) -> None:
    server.does("key", "rotate", "--without-backup", codes=frozenset({Exit.INCOMPLETE}))
    server.back_up()
    older, newer = server.key_backups
    with new_hardware(server) as other:
        planned = restored(other, older, "--plan")
        assert planned.code == Exit.DONE
        assert "0 of 5 credentials will open" in planned.err
        assert "The register knows a newer one: backup 2" in planned.err
        ran = restored(other, older, *signed_by(older))
        assert ran.code == Exit.INCOMPLETE
        assert ran.out.count("its key is missing") == 2 * len(SECRETS)
        told_well(ran)
        assert restored(other, newer, *signed_by(newer)).code == Exit.DONE
        everything_is_whole(other)


def test_a_backup_of_another_server_is_taken_only_if_that_is_meant(server: World) -> None:
    with quick_folder() as folder:
        stranger = World(folder / "world")
        stranger.begin()
        stranger.set_up("file")
        stranger.back_up()
        (path,) = stranger.key_backups
        with nothing_changes(server):
            refused(restored(server, path), Exit.NOT_PERMITTED, "another CMDB", "another server's key")
            refused(server.run("register", "add", str(path)), Exit.NOT_PERMITTED)
        taken = restored(server, path, *signed_by(path))
        assert taken.code == Exit.DONE
        told_well(taken)
    everything_is_whole(server)
    assert server.run("status").code == StatusExit.RECOVERABLE


def test_no_part_is_left_by_any_of_this(server: World) -> None:
    for place in (server.vault / "missing", Path(server.password)):
        assert back_up_to(server, place).code != Exit.DONE
    assert parts_left(server) == []
