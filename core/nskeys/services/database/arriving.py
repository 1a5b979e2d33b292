"""The CMDB in the database that it moves to, while it gets there.

Its rows, the audit line *moved* and the next checkpoint are one transaction there: it has all of them or
nothing. The address in `config.toml` decides which of both databases is the CMDB; it is replaced after that
transaction and before anything in the home names the new checkpoint. So a process that is killed before
leaves the old database as it was, and one that is killed after leaves a change that is finished as any
other.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from nskeys.archive.database_copy.lines import NoSpelling, lines_of, problem_of
from nskeys.errors import CmdbDamaged, CmdbUnreachable, MoveRefused, MoveWaits
from nskeys.model.audit import AuditEvent, AuditHead
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.database_copy import Rows
from nskeys.model.database_tables import META, MOVED_TABLES, ColumnKind, Table
from nskeys.ports import Cmdb, CmdbChange, CmdbView, Progress, Stage
from nskeys.reasons import MoveProblem, Problem
from nskeys.services.installation import Installation, shorts
from nskeys.services.inventory import InventoryCheck

_SHOWN = 64


class ArrivingCmdb:
    """Implements `ports.ChangedCmdb` for the change that moves the CMDB to `target`. `setting` is what
    `config.toml` will say; `ours` whether what is in the target was left by a move that was broken off."""

    def __init__(
        self,
        installation: Installation,
        target: Cmdb,
        setting: str,
        ours: Callable[[CmdbView], bool],
        progress: Progress,
    ) -> None:
        self._installation = installation
        self._source, self._target = installation.cmdb, target
        self._setting = setting
        self._ours = ours
        self._progress = progress

    def address(self) -> str:
        return self._target.address()

    def alone(self) -> AbstractContextManager[CmdbView]:
        """Look into the database that is the CMDB: whether the change was made is told by the address."""
        arrived = self._installation.settings.read().cmdb == self._setting
        return (self._target if arrived else self._source).alone()

    @contextmanager
    def changing(
        self,
        event: AuditEvent,
        earlier: Sequence[AuditEvent] = (),
        number: int | None = None,
        check: Callable[[CmdbView], AuditHead | None] = lambda _: None,
    ) -> Iterator[CmdbChange]:
        """Copy every row, compare all of them there, and begin the change in the same transaction."""
        try:
            with self._target.filling(self._ours) as fill:
                copied = Copied(self._progress)
                with self._source.reading() as rows:
                    checkpoint = rows.checkpoint()
                    for table, some in copied.rows_of(rows):
                        fill.add(table, some)
                copied.require_same(fill.finish(checkpoint), self._target.address())
                change = fill.change(event, earlier, number, check)
                yield change
                signed = change.checkpoint()
        except CmdbUnreachable as error:
            if error.problem is not Problem.OUTCOME_UNKNOWN:
                raise
            # Whether it has the rows or not, the address leads to the old database: nothing was changed.
            raise CmdbUnreachable(error.cmdb, Problem.CONNECTION_LOST) from None
        self._require_arrived(signed)
        self._switch()

    def _require_arrived(self, signed: SignedCheckpoint | None) -> None:
        """Read once more what was committed, as whoever comes next will."""
        with self._target.reading() as view:
            if view.checkpoint() != signed:
                raise MoveRefused(self._target.address(), MoveProblem.DIFFERS)

    def _switch(self) -> None:
        settings = self._installation.settings
        settings.write(replace(settings.read(), cmdb=self._setting))
        self._source.use(self._target.url())


class Copied:
    """What was copied: a digest of each table, to compare with what arrives."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._digests: dict[Table, bytes] = {}
        self._count = 0
        self._marks: tuple[str, int, SignedCheckpoint | None] = ("", 0, None)

    def rows_of(self, view: CmdbView) -> Iterator[tuple[Table, Rows]]:
        """Yield every row, table by table, in batches. Raises CmdbDamaged for one that has a value which
        not every database can hold."""
        self._marks = (view.cmdb_id, view.number, view.checkpoint())
        rows_there = sum(count for _, count in view.table_counts()) + len(view.notes())
        self._progress.stage(Stage.COPYING_ROWS, rows_there)
        for table in MOVED_TABLES:
            digest = hashlib.sha256()
            for rows in view.table_rows(table):
                self._progress.checkpoint()
                digest.update(_spelled(table, rows))
                yield table, rows
                self._count += len(rows)
                self._progress.advance(len(rows))
            self._digests[table] = digest.digest()

    def require_same(self, arrived: CmdbView, address: str) -> None:
        """Raise MoveRefused unless every row arrived as it was, and MoveWaits unless the credentials are
        those of the inventory."""
        self._progress.stage(Stage.COMPARING_ROWS, self._count)
        if self._marks != (arrived.cmdb_id, arrived.number, arrived.checkpoint()):
            raise MoveRefused(address, MoveProblem.DIFFERS, META.name)
        for table, expected in self._digests.items():
            # A table's digest is over the very rows that the inventory is compared with below.
            if table is not META and self._digest(arrived, table) != expected:
                raise MoveRefused(address, MoveProblem.DIFFERS, table.name)
        inventory = InventoryCheck(arrived)
        for kid, rows in arrived.stream_rows(lambda _: None):
            self._progress.checkpoint()
            inventory.add(kid, rows)
        if differences := inventory.differences():
            kids = [difference.kid for difference in differences]
            raise MoveWaits(address, MoveProblem.ROWS_CHANGED, shorts(kids))

    def _digest(self, view: CmdbView, table: Table) -> bytes:
        digest = hashlib.sha256()
        for rows in view.table_rows(table):
            self._progress.checkpoint()
            digest.update(_spelled(table, rows))
            self._progress.advance(len(rows))
        return digest.digest()


def _spelled(table: Table, rows: Rows) -> bytes:
    """Return rows in the one spelling that they have in a database copy, whatever database they are of.
    Raises CmdbDamaged."""
    try:
        lines = lines_of(table, rows)
    except NoSpelling:
        for row in rows:
            if problem := problem_of(table, row):
                raise CmdbDamaged(table.name, problem, (_shown(row[0]),)) from None
        raise CmdbDamaged(table.name, Problem.SCHEMA) from None
    if b"\\u0000" in lines:
        _require_no_zero(table, rows)
    return lines


def _require_no_zero(table: Table, rows: Rows) -> None:
    """Raise CmdbDamaged for a zero character, which PostgreSQL has none of."""
    texts = [at for at, column in enumerate(table.columns) if column.kind is ColumnKind.TEXT]
    for row in rows:
        if any("\x00" in str(row[at]) for at in texts):
            raise CmdbDamaged(table.name, Problem.ZERO_CHARACTER, (_shown(row[0]),))


def _shown(value: object) -> str:
    return str(value)[:_SHOWN]
