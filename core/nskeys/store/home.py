"""The home: the folder that holds everything of this installation.

config.toml cmdb.sqlite3 store/ server.pub checkpoint.json checkpoint.next events.jsonl trail-copies.json
registry.json recovery/ known_hosts lock backups/
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from nskeys.errors import FileUnreadable, HomeUnreachable, HomeUnreadable
from nskeys.files import make_folder, named_path, nameless, names_in, problem_of
from nskeys.reasons import Problem
from nskeys.store.cmdb.address import url_of
from nskeys.store.ownership import make_safe

SYSTEM_HOME = Path("/var/lib/nskeys")


def find_home(option: str | None, environ: Mapping[str, str], system: Path = SYSTEM_HOME) -> Path:
    """Return the home's absolute path: `--home`, else `NSKEYS_HOME`, else the system's where it exists or
    the user is root, else the user's own. Raises HomeUnreadable where it exists and this user may not list
    it, so that an administrator who forgot sudo is not offered a new installation. Raises HomeUnreachable
    where it cannot be listed for another reason, or this user has no home of their own (`no_home`)."""
    chosen = option or environ.get("NSKEYS_HOME")
    if chosen:
        try:
            path = named_path(chosen)
        except FileUnreadable as error:
            raise HomeUnreachable(chosen, error.problem) from None
    elif os.path.lexists(system) or os.geteuid() == 0:
        path = system
    else:
        import platformdirs  # only here: most servers have one of the others

        try:
            path = platformdirs.user_data_path("nskeys")
        except RuntimeError:  # neither HOME nor a line in passwd
            raise HomeUnreachable("nskeys", Problem.NO_HOME) from None
    _check_readable(path)
    return path


class HomeFolder:
    """ports.Home, and the paths of the files in it."""

    def __init__(self, path: Path) -> None:
        self._folder = path.absolute()

    @property
    def path(self) -> str:
        return str(self._folder)

    def prepare(self) -> None:
        """Make the folder and `backups/` (0700) if they are missing. Raises HomeUnreadable,
        HomeUnreachable, CannotCreate."""
        _check_readable(self._folder)
        make_folder(self._folder)
        make_folder(self.backups)

    def make_safe(self) -> tuple[str, ...]:
        """Check the owners and modes before anything in the home is trusted. Raises HomeNotSafe where
        another user may write; files that others may read are closed to them, and returned. Raises
        HomeUnreachable."""
        inside = (
            self.config,
            self.server_pub,
            self.checkpoint,
            self.next_checkpoint,
            self.events,
            self.trail_copies,
            self.registry,
            self.known_hosts,
            self.lock,
            self.cmdb,
        )
        try:
            return make_safe(self._folder, (self.store, self.recovery), inside)
        except OSError as error:
            raise HomeUnreachable(str(self._folder), problem_of(error)) from None

    def default_destination(self) -> str:
        return str(self.backups)

    def default_cmdb(self) -> str:
        return url_of(self.cmdb)

    def scratch(self) -> AbstractContextManager[BinaryIO]:
        return nameless(self._folder)

    @property
    def config(self) -> Path:
        return self._folder / "config.toml"

    @property
    def cmdb(self) -> Path:
        return self._folder / "cmdb.sqlite3"

    @property
    def store(self) -> Path:
        return self._folder / "store"

    @property
    def server_pub(self) -> Path:
        return self._folder / "server.pub"

    @property
    def registry(self) -> Path:
        return self._folder / "registry.json"

    @property
    def checkpoint(self) -> Path:
        return self._folder / "checkpoint.json"

    @property
    def next_checkpoint(self) -> Path:
        """What is laid down before a change commits."""
        return self._folder / "checkpoint.next"

    @property
    def events(self) -> Path:
        """What waits for the next signed change."""
        return self._folder / "events.jsonl"

    @property
    def recovery(self) -> Path:
        return self._folder / "recovery"

    @property
    def known_hosts(self) -> Path:
        return self._folder / "known_hosts"

    @property
    def lock(self) -> Path:
        """The lock file of every change."""
        return self._folder / "lock"

    @property
    def trail_copies(self) -> Path:
        """How far each log of this machine has the audit trail."""
        return self._folder / "trail-copies.json"

    @property
    def backups(self) -> Path:
        return self._folder / "backups"


def _check_readable(path: Path) -> None:
    try:
        names_in(path)
    except FileUnreadable as error:
        match error.problem:
            case Problem.MISSING:
                return  # nothing there to be read; `prepare` says what is in the way
            case Problem.NOT_PERMITTED:
                raise HomeUnreadable(str(path)) from None
            case problem:
                raise HomeUnreachable(str(path), problem) from None
