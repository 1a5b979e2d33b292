"""What must hold after a death, and after the same command was run once more."""

import base64
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.bootstrap import Services
from nskeys.cli.exit_codes import Exit, StatusExit
from nskeys.crypto.sealing import Sealer
from nskeys.model.keys import Kid
from nskeys.model.register import PROOFS, CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.settling import settle
from tests.end_to_end.killed_commands import Command
from tests.end_to_end.world import PASSPHRASE, PASSWORD, SECRETS, World, person

MARK = "MARKED"
_FILES = {
    "config.toml",
    "cmdb.sqlite3",
    "server.pub",
    "checkpoint.json",
    "events.jsonl",
    "registry.json",
    "lock",
    "store/current",
}
_FOLDERS = {"store", "backups"}


@dataclass
class Judge:
    """Judges what the victims of a command left; `before` is what was there before the command."""

    command: Command
    world: World
    before: tuple[object, ...]
    """Rows of credentials."""
    keys: set[bytes] = field(default_factory=set)
    """Raw keys that were seen in stores and in backups, not to be found anywhere as they are."""
    archives: dict[bytes, dict[Kid, bytes]] = field(default_factory=dict)
    """The keys in backups that were opened already."""
    copy_keys: dict[bytes, dict[str, bytes]] = field(default_factory=dict)
    """The private halves of copy keys in them."""

    def after_death(self) -> bool:
        """Nothing is lost, nothing is claimed, nothing is readable; whether the command was done."""
        self.keys.clear()
        answered = self.world.run("status", "--json")
        assert answered.code in set(StatusExit), answered
        services = self.world.services
        self._finished(services)
        there = services.installation.key_store.exists()
        if there:
            self._what_opened_opens(services)
        else:
            assert self.command.brings_keys
            rows = credential_rows(self.world)
            # A CMDB that is made from a copy is there whole, or not at all.
            assert rows == self.before or (self.command.brings_rows and len(rows) == len(SECRETS))
        self._claims_are_true(services)
        done = there and self.command.is_done(services)
        self._nothing_is_readable()
        return done

    def after_running_again(self, done: bool) -> None:
        """The job is done, and no trace of the death is left."""
        ended = self.world.run(*self.command.argv(self.world))
        codes = self.command.again if done else frozenset[int]()
        assert ended.code in {self.command.code, *codes}, ended
        if ended.code == Exit.CANNOT_CREATE:
            self.world.add("run-as/one-more")  # what was refused changes nothing; the next change sweeps
        services = self.world.services
        assert self.command.is_done(services) or ended.code in codes
        self._what_opened_opens(services)
        self._claims_are_true(services)
        assert services.verify.execute(person()).failures == ()
        assert services.audit.verify().whole
        self._nothing_is_readable()
        left = left_behind(self.world, self.command.leaves)
        assert left == [], left

    def _finished(self, services: Services) -> None:
        """What was committed and not finished in the home, the next change finishes first."""
        installation = services.installation
        if installation.checkpoint.read_next() is not None:
            with installation.lock.hold("looking"):
                settle(installation)

    def _what_opened_opens(self, services: Services) -> None:
        installation = services.installation
        installation.require()
        with installation.key_store.unlock(person()) as keys:
            material = {info.kid: keys.key(info.kid) for info in installation.keys()}
            self.keys |= {keys.server_key().reveal(), *(key.reveal() for key in material.values())}
            copy_keys = installation.key_store.copy_keys()
            self.keys |= {keys.copy_key(key.kid).secret.reveal() for key in copy_keys}
            found = _secrets(services, material)
        if not self.command.brings_secrets or self.command.is_done(services):
            expected = SECRETS if self.before or self.command.brings_rows else {}
            assert found.items() >= expected.items()

    def _claims_are_true(self, services: Services) -> None:
        """Whatever lies where backups lie is one; the register says what they are and no more; the
        registry values name one of them."""
        archives = {
            str(path): (self._keys_in(services, path), self.copy_keys[path.read_bytes()])
            for folder in (self.world.vault, self.world.home / "backups")
            for path in folder.glob("*.zip")
            if "-cmdb-" not in path.name
        }
        copies = services.register.register().copies
        claimed_there = [copy for copy in copies if copy.retired is None and copy.status is CopyStatus.GOOD]
        assert self.command.removes or list(copies) == claimed_there
        for copy in claimed_there:
            keys, copy_keys = archives[copy.address]
            assert set(copy.backup.kids) == keys.keys()
            assert set(copy.backup.copy_kids) == copy_keys.keys()
            claimed = max((item.proof for item in copy.proofs), key=PROOFS.index)
            assert claimed is Proof.OPENED or self._proves(claimed)
        self._copies_are_there(services)
        registry = services.installation.registry.read()
        if registry.backup_path is not None:
            found = [copy for copy in copies if copy.backup.created == registry.backup_date]
            assert registry.backup_path in {copy.destination for copy in found}

    def _copies_are_there(self, services: Services) -> None:
        """Every part of a database copy is whole, and those of the register are all there."""
        paths = self.world.vault.glob("*-cmdb-*.zip")
        lying = {path.name: inspect_part(str(path), path.read_bytes()).facts.number for path in paths}
        for copy in services.database.copies() if services.installation.cmdb.exists() else ():
            if copy.retired is None:
                assert {lying[part.name] for part in copy.parts} == {copy.copy.number}

    def _proves(self, claimed: Proof) -> bool:
        """Only a restore tries the credentials, and here they all open with it."""
        restores = "restore" in self.command.argv(self.world)
        return restores and claimed is Proof.CREDENTIALS_OPEN

    def _keys_in(self, services: Services, path: Path) -> dict[Kid, bytes]:
        data = path.read_bytes()
        if data not in self.archives:
            source = find_source(services.installation, str(path))
            with opened(services.installation, source, person(), SilentProgress()) as contents:
                self.archives[data] = {
                    key.info.kid: key.material.reveal() for key in contents.contents.keys
                }
                self.copy_keys[data] = {
                    held.key.kid: held.secret.reveal() for held in contents.contents.copy_keys
                }
        self.keys |= {*self.archives[data].values(), *self.copy_keys[data].values()}
        return self.archives[data]

    def _nothing_is_readable(self) -> None:
        """No file holds a secret or a key as it is, nor in any spelling of its bytes."""
        wanted = {spelling for key in self.keys for spelling in spellings(key)}
        wanted |= {text.encode() for text in (MARK, PASSWORD, PASSPHRASE, *SECRETS.values())}
        for path in files_of(self.world):
            data = path.read_bytes()
            assert [needle for needle in wanted if needle in data] == [], path


def _secrets(services: Services, keys: Mapping[Kid, SecretBytes]) -> dict[str, str]:
    """Every secret whose key is here, by kind and name; SealDoesNotOpen."""
    installation, found = services.installation, {}
    cmdb_id = installation.cmdb.cmdb_id()
    with installation.cmdb.reading() as view:
        for row in view.sealed():
            credential = row.credential
            if credential.kid in keys:
                sealer = Sealer(cmdb_id, credential.kid, keys[credential.kid])
                secret = sealer.open(row)
                found[credential.reference] = secret.text()
    return found


def spellings(key: bytes) -> Iterator[bytes]:
    """Bytes as they may stand in a file."""
    yield key
    yield key.hex().encode()
    yield base64.b64encode(key).rstrip(b"=")
    yield base64.urlsafe_b64encode(key).rstrip(b"=")


def files_of(world: World) -> Iterator[Path]:
    """Every file that nskeys may have written: home, vault, and what the command said."""
    for place in (world.home, world.vault):
        yield from (path for path in place.rglob("*") if path.is_file())
    yield from (path for path in world.root.iterdir() if path.is_file())


def credential_rows(world: World) -> tuple[tuple[object, ...], ...]:
    """The credentials as they lie in the database; none where there is none."""
    database = world.home / "cmdb.sqlite3"
    if not database.exists():
        return ()
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'credentials'").fetchall():
            return ()
        query = "SELECT c.*, k.kid FROM credentials c JOIN keys k USING (key_no) ORDER BY c.id"
        return tuple(connection.execute(query))


def left_behind(world: World, also: Sequence[str] = ()) -> list[str]:
    """Files and folders that belong to no installation, are no backup, and are not what the command
    leaves."""
    key_store = world.services.installation.key_store
    number, kids = key_store.info().generation, [info.kid for info in key_store.keys()]
    store = f"store/{number}"
    known = _FILES | _FOLDERS | {store, f"{store}/keys", f"{store}/protector.json", f"{store}/server.json"}
    known |= {f"{store}/keys/{kid}.json" for kid in kids}
    # A copy key is never destroyed either: the next key backup takes along what a killed one made.
    known |= {f"{store}/copy-keys/{key.kid}.json" for key in key_store.copy_keys()} | {f"{store}/copy-keys"}
    found = [str(path.relative_to(world.home)) for path in world.home.rglob("*")]
    strange = [name for name in found if name not in known and not any(fnmatch(name, one) for one in also)]
    return strange + [path.name for path in world.vault.iterdir() if path.suffix != ".zip"]
