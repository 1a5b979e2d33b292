"""A database that a person named: opened to look, and left as it is.

An SQLite file whose journal lies beside it is copied to the home first, because SQLite writes to both where
it finds one. A file whose last writer used a write-ahead log is otherwise opened as immutable: SQLite would
make that log and its index anew beside it.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from nskeys import files
from nskeys.errors import (
    CannotCreate,
    CmdbAltered,
    CmdbDamaged,
    CmdbUnreachable,
    FileUnreadable,
    NewerVersion,
    NotPermitted,
    NotSetUp,
    NskeysError,
    OtherDatabaseUnreachable,
    ProvesNothing,
)
from nskeys.ports import Clock, CmdbView, OtherDatabase
from nskeys.reasons import NoProof, Problem
from nskeys.store.cmdb.address import CmdbAddress, SqliteAddress, understand
from nskeys.store.cmdb.database import SqlCmdb
from nskeys.store.cmdb.engine import CmdbEngine
from nskeys.store.cmdb.sqlite import SqliteEngine

_JOURNALS = ("-wal", "-journal")
_PATIENCE = 5.0
_VERSION_AT = 18
"""Where a file says by which of two ways it was written: 2 is the write-ahead log (SQLite's "Database File
Format", section 1.3.3)."""
_LOGGED = 2
_NEW = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 1 << 20


class OtherCmdbs:
    """ports.OtherDatabases beside the CMDB of the address `own`; `scratch` is the home's folder."""

    def __init__(self, own: CmdbAddress, scratch: Path, clock: Clock) -> None:
        self._own, self._scratch, self._clock = own, scratch, clock

    @contextmanager
    def __call__(self, named: str) -> Iterator[OtherDatabase]:
        address = understand(named) if "://" in named else SqliteAddress(files.named_path(named))
        with ExitStack() as copied:
            if isinstance(address, SqliteAddress):
                path, opened = self._file(address.path, copied)
                cmdb: SqlCmdb = _FileCmdb(path, opened, self._clock)
            else:
                cmdb = SqlCmdb(named, self._clock, busy_timeout=_PATIENCE)
            try:
                yield SqlOtherDatabase(address.shown, cmdb)
            finally:
                cmdb.close()

    def _file(self, named: Path, copied: ExitStack) -> tuple[Path, str]:
        """Return the file to open and how: the one that was named, or a copy of it with its journal. Raises
        FileUnreadable, ProvesNothing, CannotCreate."""
        path = self._regular(named)
        beside = [journal for end in _JOURNALS if _has_bytes(journal := _with_end(path, end))]
        if beside:
            return self._copied(path, beside, copied), "mode=ro"
        with _reading(path), path.open("rb") as file:
            head = file.read(_VERSION_AT + 2)
        return path, "immutable=1" if head[_VERSION_AT:] == bytes([_LOGGED] * 2) else "mode=ro"

    def _regular(self, named: Path) -> Path:
        with _reading(named):
            path = named.resolve(strict=True)
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise FileUnreadable(str(named), Problem.NOT_A_FILE)
            own = self._own.path if isinstance(self._own, SqliteAddress) else None
            # Before anything is opened: closing the CMDB's own file would release its locks.
            if own is not None and own.exists() and os.path.samestat(own.stat(), found):
                raise ProvesNothing(str(named), NoProof.SAME_FILE)
        return path

    def _copied(self, path: Path, beside: list[Path], copied: ExitStack) -> Path:
        """Return one file in the home that has what the file and its journal have."""
        with _reading(path):
            copy = copied.enter_context(files.named(self._scratch))
            ends = {one.name.removeprefix(path.name): one for one in beside}
            for end in (*_JOURNALS, "-shm"):
                copied.callback(_with_end(copy, end).unlink, missing_ok=True)
            for end, source in {"": path, **ends}.items():
                self._copy(source, _with_end(copy, end))
        engine = SqliteEngine(SqliteAddress(copy), _PATIENCE)
        with _told(str(path)), engine.transaction(changing=True):
            pass  # which takes in what the journal has, and removes it
        return copy

    def _copy(self, source: Path, target: Path) -> None:
        with source.open("rb") as reading, os.fdopen(os.open(target, _NEW, 0o600), "wb", 0) as writing:
            while block := reading.read(_BLOCK):
                try:
                    writing.write(block)
                except OSError as error:
                    raise CannotCreate(str(self._scratch), files.problem_of(error)) from None


class SqlOtherDatabase:
    """ports.OtherDatabase on a `SqlCmdb`, whose errors are told as this database's."""

    def __init__(self, address: str, cmdb: SqlCmdb) -> None:
        self._address, self._cmdb = address, cmdb

    def address(self) -> str:
        return self._address

    def describe(self) -> str:
        return self._cmdb.describe()

    def follows(self) -> NoProof | None:
        with _told(self._address):
            return self._cmdb.follows()

    @contextmanager
    def reading(self) -> Iterator[CmdbView]:
        passing = None
        try:
            with self._cmdb.reading() as view:
                try:
                    yield cast("CmdbView", _ToldView(self._address, view))
                except NskeysError as error:
                    passing = error  # told by the view, or about something else
                    raise
        except NskeysError as error:
            if error is passing:
                raise
            with _told(self._address):
                raise


class _ToldView:
    """A view whose own errors are told as those of the database that was named."""

    def __init__(self, address: str, view: CmdbView) -> None:
        self._address, self._view = address, view

    def __getattr__(self, name: str) -> object:
        with _told(self._address):
            found = getattr(self._view, name)
        return self._asking(found) if callable(found) else found

    def _asking(self, work: Callable[..., object]) -> Callable[..., object]:
        def ask(*given: object, **named: object) -> object:
            with _told(self._address):
                found = work(*given, **named)
            return self._each(found) if isinstance(found, Iterator) else found

        return ask

    def _each(self, rows: Iterator[object]) -> Iterator[object]:
        with _told(self._address):
            yield from rows


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Tell what is wrong with a CMDB as what is wrong with the database that was named."""
    try:
        yield
    except NotSetUp:
        raise ProvesNothing(address, NoProof.EMPTY) from None
    except NewerVersion as error:
        raise ProvesNothing(address, NoProof.NEWER, f"{error.found}, {error.known}") from None
    except CmdbAltered as error:
        raise ProvesNothing(address, NoProof.ALTERED, ", ".join(error.objects)) from None
    except CmdbDamaged as error:
        raise ProvesNothing(address, NoProof.DAMAGED, error.table) from None
    except NotPermitted:
        raise OtherDatabaseUnreachable(address, Problem.NOT_PERMITTED) from None
    except CmdbUnreachable as error:
        raise OtherDatabaseUnreachable(address, error.problem, error.detail) from None


class _FileCmdb(SqlCmdb):
    """A file that is opened in one of SQLite's ways."""

    def __init__(self, path: Path, opened: str, clock: Clock) -> None:
        super().__init__(f"sqlite:///{path}", clock, busy_timeout=_PATIENCE)
        self._place, self._way = SqliteAddress(path), opened

    def _open(self) -> CmdbEngine:
        return SqliteEngine(self._place, _PATIENCE, self._way)


def _with_end(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _has_bytes(path: Path) -> bool:
    with _reading(path):
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size > 0


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, up to Python 3.12
        problem = files.problem_of(error) if isinstance(error, OSError) else Problem.LINK_LOOP
        raise FileUnreadable(str(path), problem) from None
