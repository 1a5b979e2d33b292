"""Whatever error the operating system gives, at whichever call: each adapter makes a sentence of it.

One call of one operation fails with one errno. Then the operation either goes on all the same, or it
raises an error of nskeys whose sentence says what it was. Nothing else ever comes through, so nothing ends
with 70.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nskeys import files
from nskeys.cli.exit_codes import Exit, exit_for
from nskeys.cli.files import read_input, read_secret
from nskeys.crypto.keys import new_server_seed
from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.errors import HostKeyUnknown, NskeysError
from nskeys.model.destinations import DestinationInfo
from nskeys.model.registry import RegistryValues
from nskeys.ports import Settings
from nskeys.protectors.catalogue import protector
from nskeys.services.recovery.sheet_files import check_folder, in_memory, write_sheets
from nskeys.services.user_files import read_export, read_identity_file, save_text
from nskeys.store.home import HomeFolder, find_home
from nskeys.store.home_files import RecoveryFolder, RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.lock import FileLock
from nskeys.store.settings import ConfigToml
from nskeys.store.systemd import SystemdUnits
from nskeys.wording.errors import UNFORESEEN, say
from tests.fakes.fixed import OPERATOR, Answers, FixedClock
from tests.fakes.keys import establish, new_key, wrap_anew
from tests.fakes.servers import NOBODY

pytestmark = pytest.mark.slow

EVERY = sorted(errno.errorcode)
WORST = [errno.EIO, errno.ENOSPC, errno.ESTALE, errno.ELOOP, errno.EACCES, errno.ENOENT, errno.EEXIST]
"""What disks are known to do; the others are tried at the first call of each kind alone."""
CALLS = (
    "open", "stat", "lstat", "fstat", "listdir", "scandir", "mkdir", "rmdir", "unlink", "rename", "replace",
    "link", "fsync", "write", "close", "ftruncate", "pwrite", "pread", "readlink", "chmod", "fchmod",
    "posix_fadvise",
)  # fmt: skip
PLAIN = protector("file")
CMDB = "c0" * 16
SERVER = HostKeyUnknown("vault02", 22, "ssh-ed25519", "SHA256:x", "AAAA")


@dataclass
class System:
    """The calls of the operating system below a folder: counted, and one of them made to fail."""

    folder: str
    victim: str = ""
    number: int = 0
    error: int = 0
    made: dict[str, int] = field(default_factory=dict)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if not self._is_below(arguments[0] if arguments else "."):
                return call(*arguments, **options)
            self.made[name] = self.made.get(name, 0) + 1
            if (name, self.made[name]) != (self.victim, self.number):
                # Nothing here is to outlive the power: waiting for the medium would take most of the time.
                return None if name == "fsync" else call(*arguments, **options)
            if name == "close":
                call(*arguments)  # as Linux does it: the number is free, whatever the call says
            raise OSError(self.error, os.strerror(self.error))

        return wrapped

    def _is_below(self, at: Any) -> bool:
        try:
            path = REAL["readlink"](f"/proc/self/fd/{at}") if isinstance(at, int) else os.fsdecode(at)
        except OSError:
            return False
        return path == self.folder or path.startswith(f"{self.folder}/")


REAL = {name: getattr(os, name) for name in CALLS}
FLOCK = fcntl.flock


@contextmanager
def watched(system: System) -> Iterator[System]:
    """Meanwhile every call passes through it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, call in REAL.items():
            patch.setattr(os, name, system.around(name, call))
        patch.setattr(fcntl, "flock", system.around("flock", FLOCK))
        yield system


class Site:
    """A home, a destination and files, all below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = HomeFolder(folder / "home")
        self.home.prepare()
        self.keys = self.key_store("home")
        establish(self.keys, PLAIN, NOBODY, [new_key()], new_server_seed())
        self.settings = ConfigToml(self.home.config, "ns01")
        self.settings.write(Settings("ns02", "", ()))
        self.registry = RegistryFile(self.home.registry)
        self.registry.write(RegistryValues("/vault"))
        self.recovery = RecoveryFolder(self.home.recovery)
        self.identity = self.recovery.write(b"one")
        self.known = KnownHosts(self.home.known_hosts)
        self.lock = FileLock(self.home.lock, OPERATOR, FixedClock())
        for name in ("vault", "sheets", "units"):
            (folder / name).mkdir(mode=0o700)
        self.vault = FolderDestination(DestinationInfo(str(folder / "vault")))
        self.units = SystemdUnits(folder / "units", folder / "no systemd")
        self.file = folder / "file"
        self.file.write_bytes(b"secret\n")
        (folder / "vault" / "there.zip").write_bytes(b"a backup")
        self._made = 0

    def key_store(self, name: str) -> DiskKeyStore:
        home = self.folder / name
        return DiskKeyStore(home / "store", home / "server.pub", protector)

    def fresh(self) -> str:
        """A name that nothing has."""
        self._made += 1
        return f"new-{self._made}"

    def hold(self) -> None:
        with self.lock.hold("backup"):
            pass

    def unlock(self) -> None:
        with self.keys.unlock(Answers({})) as opened:
            opened.server_key().wipe()

    def create(self) -> None:
        establish(self.key_store(f"new-{self._made}"), PLAIN, NOBODY, [new_key()], new_server_seed())

    def write_settings(self) -> None:
        self._made += 1
        self.settings.write(Settings(f"ns{self._made}", "", ()))

    def get_ready(self) -> None:
        """Before each operation: what it changes is there to be changed."""
        Path(self.home.path).chmod(0o755)
        self.known.own.unlink(missing_ok=True)
        (self.folder / "vault" / "gone.zip").touch()
        (self.folder / "vault" / ".nskeys-0000000000000000.part").touch()
        (self.folder / "some" / "below").mkdir(parents=True, exist_ok=True)
        (self.folder / "some" / "file").touch()
        (self.folder / self.fresh()).mkdir(mode=0o700)


OPERATIONS: dict[str, Callable[[Site], object]] = {
    "find the home": lambda site: find_home(site.home.path, {}),
    "prepare the home": lambda site: site.home.prepare(),
    "make the home safe": lambda site: site.home.make_safe(),
    "hold the lock": Site.hold,
    "store exists": lambda site: site.keys.exists(),
    "store's facts": lambda site: site.keys.info(),
    "store's keys": lambda site: site.keys.keys(),
    "server.pub": lambda site: site.keys.server_public(),
    "unlock the store": Site.unlock,
    "sweep the store": lambda site: site.keys.sweep(),
    "make a store": Site.create,
    "change the protector": lambda site: wrap_anew(site.keys, PLAIN, NOBODY, NOBODY),
    "read settings": lambda site: site.settings.read(),
    "write settings": Site.write_settings,
    "read registry values": lambda site: site.registry.read(),
    "write registry values": lambda site: site.registry.write(RegistryValues("/vault")),
    "read the file of an identity": lambda site: site.recovery.read(site.identity),
    "write an identity": lambda site: site.recovery.write(site.fresh().encode()),
    "sweep identities": lambda site: site.recovery.sweep([site.identity]),
    "look a host key up": lambda site: site.known.about("vault02", 22),
    "trust a host key": lambda site: site.known.trust(SERVER),
    "check a destination": lambda site: site.vault.check(),
    "publish": lambda site: site.vault.publish(f"{site.fresh()}.zip", b"a backup"),
    "read back": lambda site: site.vault.read("there.zip", 100),
    "list backups": lambda site: site.vault.listing(),
    "remove a backup": lambda site: site.vault.remove("gone.zip"),
    "sweep a destination": lambda site: site.vault.sweep(),
    "remove a folder": lambda site: files.remove_folder(site.folder / "some"),
    "save a list": lambda site: save_text(str(site.folder / site.fresh()), "text"),
    "read an export": lambda site: read_export(str(site.file)),
    "read an identity": lambda site: read_identity_file(str(site.file)),
    "look at a folder for sheets": lambda site: in_memory(
        check_folder(str(site.folder / "sheets"), site.home.path)
    ),
    "write sheets": lambda site: write_sheets(
        site.folder / "sheets", [(site.fresh(), "a"), (site.fresh(), "b")]
    ),
    "read an input": lambda site: read_input(str(site.file), 100),
    "read a secret": lambda site: read_secret(str(site.file)).wipe(),
    "read a unit": lambda site: site.units.read("x.timer"),
    "write a unit": lambda site: site.units.write("x.timer", "text"),
    "remove a unit": lambda site: site.units.remove("x.timer"),
    "whose a folder is": lambda site: site.units.owner(str(site.folder)),
    "whether systemd runs": lambda site: site.units.runs(),
}


NEVER = ("read a unit",)
"""What cannot be read there is none of ours, whatever it is."""


def told(operation: Callable[[Site], object], site: Site, system: System) -> NskeysError | None:
    """What came of it; an error that is not ours comes through, and fails the test."""
    site.get_ready()
    with watched(system):
        try:
            operation(site)
        except NskeysError as error:
            return error
    return None


def is_worded(error: NskeysError) -> bool:
    """Whether its sentence says in words of its own what it was, and it does not end as a bug."""
    return say(error) != UNFORESEEN and exit_for(error) is not Exit.BUG


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_error_at_every_call_is_a_sentence(name: str, tmp_path: Path) -> None:
    site, operation = Site(tmp_path), OPERATIONS[name]
    calm = System(str(tmp_path))
    assert told(operation, site, calm) is None
    assert calm.made, "it never asked the operating system anything"
    refused = 0
    for call, times in calm.made.items():
        for number in range(1, times + 1):
            for error in EVERY if number == 1 else WORST:
                struck = System(str(tmp_path), call, number, error)
                ended = told(operation, site, struck)
                assert ended is None or is_worded(ended), (call, number, errno.errorcode[error], ended)
                refused += ended is not None
    assert refused or name in NEVER, "no error was ever told"
    assert told(operation, site, System(str(tmp_path))) is None, "it does not go on afterwards"


def test_a_rare_error_is_told_in_the_system_s_own_words(tmp_path: Path) -> None:
    site = Site(tmp_path)
    ended = told(OPERATIONS["read settings"], site, System(str(tmp_path), "open", 1, errno.ENOTBLK))
    assert ended is not None
    assert say(ended).what == (
        f"{site.home.config} cannot be read: the operating system says 'block device required' (ENOTBLK)."
    )


def test_the_judge_sees_an_error_that_is_not_translated(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with pytest.raises(OSError, match="Input/output"):
        told(lambda site: site.file.stat(), site, System(str(tmp_path), "stat", 1, errno.EIO))
