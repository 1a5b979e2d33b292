"""Databases in memory that a person names as restored from a backup."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nskeys.errors import FileUnreadable, NotSetUp, ProvesNothing
from nskeys.ports import CmdbView
from nskeys.reasons import NoProof, Problem
from tests.fakes.memory_cmdb import MemoryCmdb


@dataclass
class MemoryOtherDatabase:
    """Implements `ports.OtherDatabase`."""

    name: str
    cmdb: MemoryCmdb
    replica: NoProof | None = None

    def address(self) -> str:
        return self.name

    def describe(self) -> str:
        return self.cmdb.describe()

    def follows(self) -> NoProof | None:
        return self.replica

    @contextmanager
    def reading(self) -> Iterator[CmdbView]:
        try:
            with self.cmdb.reading() as view:
                yield view
        except NotSetUp:
            raise ProvesNothing(self.name, NoProof.EMPTY) from None


@dataclass
class MemoryOtherDatabases:
    """Implements `ports.OtherDatabases`."""

    known: dict[str, MemoryOtherDatabase] = field(default_factory=dict)

    @contextmanager
    def __call__(self, named: str) -> Iterator[MemoryOtherDatabase]:
        if named not in self.known:
            raise FileUnreadable(named, Problem.MISSING)
        yield self.known[named]

    def restored_from(self, cmdb: MemoryCmdb) -> str:
        """A database as that one is now; its address."""
        name = f"/restored/{len(self.known)}.sqlite3"
        copy = MemoryCmdb(name)
        copy.create(cmdb.cmdb_id())
        copy.state = cmdb.state.copy()
        self.known[name] = MemoryOtherDatabase(name, copy)
        return name
