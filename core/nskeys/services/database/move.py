"""Moves the CMDB to another database: from SQLite to PostgreSQL, and back.

Under the lock every row is copied into an empty database and compared there, the change *moved* is made in
it and nowhere else, and the address in `config.toml` is replaced (`services.database.arriving`). The old
database is one number behind from then on, and refused; its file gets another name.
"""

from nskeys.errors import (
    CmdbNotEmpty,
    ConfigurationInvalid,
    MoveRefused,
    MoveWaits,
    NskeysError,
    PlanOutdated,
)
from nskeys.model.audit import Action, AuditHead, first_digest, members_of, next_digest
from nskeys.model.checkpoint import from_text
from nskeys.model.database_plans import DatabasePlace, MovePlan, MoveReport
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.plain_text import is_text
from nskeys.ports import Cmdb, CmdbView, Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import MoveProblem, Operation, Problem
from nskeys.services.database.arriving import ArrivingCmdb
from nskeys.services.installation import Installation, shorts
from nskeys.services.inventory import differences_of
from nskeys.services.settling import home_of, number_signed_by
from nskeys.services.transaction import Extras, finish_begun, settled, signed_changes, unsigned_changes

DOING = "moving the CMDB"
_LAST_LINES = 1_000
"""Audit lines that the last change of a move may have written."""


class DatabaseMoveService:
    """Plans and carries out a move."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def plan(self, address: str) -> MovePlan:
        """Return what a move to `address`, a URL or the path of a file, would do. The target is tried: all
        that a move needs there is done and rolled back. Changes nothing. Raises MoveRefused, MoveWaits,
        ChangeWaits, ConfigurationInvalid, Locked, and what opening the target raises."""
        installation = self._installation
        finish_begun(installation, DOING)
        installation.require()
        target = installation.cmdb.at(address)
        for one in (target, installation.cmdb):  # one goes into config.toml, one into checkpoint.json
            if not is_text(one.url()):
                raise ConfigurationInvalid(one.address(), Problem.NOT_UTF8)
        if target.url() == installation.cmdb.url():
            return self._moved_before(target)
        found = _Target(installation, target)
        with settled(installation, DOING):
            begun = found.tried()
        with installation.cmdb.reading() as view:
            _require_inventory(target, view)
            return self._planned(view, _place(installation.cmdb), target, begun=begun)

    def execute(
        self, plan: MovePlan, secrets: SecretProvider, progress: Progress | None = None
    ) -> MoveReport:
        """Move everything. A move that was broken off before is done anew, whole; nothing is changed here
        before the address is switched. Raises what `plan` raises, PlanOutdated, CmdbDamaged,
        CannotCreate, Cancelled."""
        installation, progress = self._installation, progress or SilentProgress()
        if plan.moved:
            return self._put_aside_later(plan)
        if installation.cmdb.url() != plan.source.url:
            raise PlanOutdated(Operation.MOVE)
        target = installation.cmdb.at(plan.target.url)
        found = _Target(installation, target)
        setting = "" if plan.target.url == installation.home.default_cmdb() else plan.target.url
        progress.stage(Stage.UNLOCKING)
        try:
            with signed_changes(installation, secrets, DOING) as changes:
                self._require_unchanged(plan)
                arriving = ArrivingCmdb(installation, target, setting, found.is_left_over, progress)
                event = installation.event(
                    Action.DATABASE_MOVED,
                    plan.target.address,
                    **{"from": plan.source.address, "engine": plan.target.engine},
                )
                changes.tell(event, Extras(into=arriving))
                # Before anybody else gets the lock, who may have the file open under its old name.
                return self._put_aside(plan)
        except CmdbNotEmpty as error:
            raise _not_empty(error) from None
        finally:
            target.close()

    def _require_unchanged(self, plan: MovePlan) -> None:
        """Raise PlanOutdated unless the last change is the one that the plan saw."""
        with self._installation.cmdb.reading() as view:
            if view.number != plan.number:
                raise PlanOutdated(Operation.MOVE)

    def _number(self) -> int:
        home = home_of(self._installation)
        return 0 if home is None or home.moved is None else home.moved.number

    def _put_aside_later(self, plan: MovePlan) -> MoveReport:
        try:
            with unsigned_changes(self._installation, DOING):
                return self._put_aside(plan)
        except NskeysError as error:
            return MoveReport(plan, self._number(), "", error)

    def _put_aside(self, plan: MovePlan) -> MoveReport:
        """Give the file that was left its new name. Needs the lock. The move is done whatever becomes of
        that."""
        installation, number = self._installation, self._number()
        try:
            day = installation.clock.now().date().isoformat()
            return MoveReport(plan, number, installation.cmdb.at(plan.source.url).put_aside(day))
        except NskeysError as error:
            return MoveReport(plan, number, "", error)

    def _moved_before(self, target: Cmdb) -> MovePlan:
        """Return what a move that was broken off after the switch has left to do. Raises MoveRefused
        (`here`) where there is nothing."""
        installation = self._installation
        home = home_of(installation)
        left = None if home is None else _left(installation, home)
        if left is None:
            raise MoveRefused(target.address(), MoveProblem.HERE)
        with installation.cmdb.reading() as view:
            return self._planned(view, _place(left), target, moved=True)

    def _planned(
        self,
        view: CmdbView,
        source: DatabasePlace,
        target: Cmdb,
        *,
        begun: bool = False,
        moved: bool = False,
    ) -> MovePlan:
        return MovePlan(
            source=source,
            target=_place(target),
            number=view.number,
            credentials=sum(use.credentials for use in view.counts()),
            rows=sum(count for _, count in view.table_counts()),
            login=target.login(),
            begun=begun,
            moved=moved,
        )


class _Target:
    """The database that the CMDB is to move to."""

    def __init__(self, installation: Installation, target: Cmdb) -> None:
        self._installation = installation
        self._target = target

    def tried(self) -> bool:
        """Do all that a move needs there, and roll it back; return whether a move that was broken off left
        its rows there. Needs the lock. Raises MoveRefused, and what the target raises."""
        begun: list[bool] = []

        def look(view: CmdbView) -> bool:
            begun.append(self.is_left_over(view))
            return begun[-1]

        try:
            with self._target.filling(look):
                raise _RolledBack
        except _RolledBack:
            return any(begun)
        except CmdbNotEmpty as error:
            raise _not_empty(error) from None
        finally:
            self._target.close()

    def is_left_over(self, found: CmdbView) -> bool:
        """Return whether a move of this server left it, which was broken off before the switch: signed by
        its key, its audit trail the one of here up to its last change, and that one, which moved it, not
        in the trail of here. Raises MoveRefused (`same`) for the CMDB itself."""
        installation = self._installation
        stored = found.checkpoint()
        with installation.cmdb.reading() as here:
            if stored is None or found.cmdb_id != here.cmdb_id:
                return False
            if stored == here.checkpoint():
                raise MoveRefused(self._target.address(), MoveProblem.SAME)
            if number_signed_by(installation.server_public(), stored) != found.number:
                return False
            signed = from_text(stored.text).audit
            return _is_one_move_beyond(found, signed, here)


class _RolledBack(Exception):
    """No error: what was tried is undone by it."""


def _is_one_move_beyond(found: CmdbView, signed: AuditHead, here: CmdbView) -> bool:
    """Return whether the trail of `found`, which ends with the `signed` head, is the one of here with the
    lines of one move behind it that never happened."""
    before = max(0, signed.count - _LAST_LINES)
    lines = [entry.line for entry in found.audit_entries(before, _LAST_LINES)]
    told = [members_of(line) for line in lines]
    if not told or told[-1].get("action") != Action.DATABASE_MOVED.value:
        return False
    last = [line for line, says in zip(lines, told, strict=True) if says.get("number") == found.number]
    if lines[len(lines) - len(last) :] != last or len(lines) != signed.count - before:
        return False
    start = signed.count - len(last)
    known = here.audit_entries(start - 1, 1) if start else ()
    if start and not known:
        return False
    digest = known[0].digest if known else first_digest(here.cmdb_id)
    for line in last:
        digest = next_digest(digest, line)
    happened = here.audit_entries(signed.count - 1, 1)
    return digest == signed.digest and not (happened and happened[0].digest == digest)


def _left(installation: Installation, home: HomeCheckpoint) -> Cmdb | None:
    """Return the file that the last move left under its old name: that of the same CMDB, before the
    move."""
    if home.moved is None:
        return None
    left = installation.cmdb.at(home.moved.left)
    if left.login() is not None or left.url() == installation.cmdb.url():
        return None
    try:
        with left.reading() as view:
            behind = view.cmdb_id == home.checkpoint.cmdb_id and view.number < home.moved.number
    except NskeysError:
        return None
    return left if behind else None


def _require_inventory(target: Cmdb, view: CmdbView) -> None:
    """Raise MoveWaits where credentials are not those of the inventory; of more than 20,000 only their
    numbers are looked at here."""
    if differences := differences_of(view):
        kids = [difference.kid for difference in differences]
        raise MoveWaits(target.address(), MoveProblem.ROWS_CHANGED, shorts(kids))


def _not_empty(error: CmdbNotEmpty) -> MoveRefused:
    return MoveRefused(error.address, MoveProblem.NOT_EMPTY, str(error.credentials))


def _place(cmdb: Cmdb) -> DatabasePlace:
    return DatabasePlace(cmdb.describe(), cmdb.address(), cmdb.url())
