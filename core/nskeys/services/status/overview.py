"""The service that answers which credentials would come back; every front end asks it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from nskeys.errors import DestinationUnreachable, Mismatch, NskeysError
from nskeys.model.assessment import Circumstances, assess
from nskeys.model.checkpoint import LastCheck
from nskeys.model.credentials import UnreadableRow
from nskeys.model.database import DatabaseConnection
from nskeys.model.database_register import DatabaseCopy, newest_first
from nskeys.model.declared_backups import DeclaredBackup
from nskeys.model.destinations import DestinationInfo, Location
from nskeys.model.halves import DatabaseHalf
from nskeys.model.inventory import KeyDifference
from nskeys.model.keys import (
    SEALS_DUE,
    KeyInfo,
    KeyState,
    KeyUse,
    Kid,
    Leftover,
    Rotation,
    active_key,
)
from nskeys.model.monitoring import NOTHING_OVERDUE, RecoveryPractice, recovery_practice
from nskeys.model.recoverability import Recoverability, Totals
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.register import (
    BackupCopy,
    Proof,
    claiming,
    holds_without_counting,
    waits_for_a_person,
)
from nskeys.model.registry import RegistryValues
from nskeys.model.trail_copies import LogBehind
from nskeys.ports import CmdbView
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import compare
from nskeys.services.installation import Installation
from nskeys.services.inventory import differences_of
from nskeys.services.recovery.record import known_recovery, waiting_custodians
from nskeys.services.register.database_half import believed, database_half, looked_at, sealed_by
from nskeys.services.register.predecessors import restored_at
from nskeys.services.register.service import RegisterService
from nskeys.services.register.signed_rows import read_register
from nskeys.services.trail import broken_line, with_line
from nskeys.services.trail_copies import logs_behind

_READ_BY_THE_INDEX = frozenset({"key", "kind", "number"})
"""What a row needs to be counted for its key."""


class Overview(NamedTuple):
    """The first screen's facts, all read at once."""

    server: str
    cmdb: str
    protector: str
    recoverability: Recoverability
    copies: tuple[BackupCopy, ...]
    """Key backups; database copies are `databases`."""
    registry: RegistryValues
    rotation: Rotation | None
    """The open rotation; None also for a record that cannot be finished with the keys that are here."""
    put_back: tuple[Kid, ...]
    """Keys out of use that rows name although the rotation away from them is over: these rows were put
    back from an older copy of the database, or did not open when they were to be re-sealed."""
    taken: datetime
    """When the look was taken."""
    arrived: tuple[Kid, ...] = ()
    """Keys out of use that rows name because they were restored here and no rotation followed yet."""
    rotation_due: bool = False
    """The active key sealed 2^31 secrets; at 2^32 it is refused."""
    unproven_shares: int = 0
    """Custodians' shares that were made and wait for their proof."""
    unreadable_rows: int = 0
    """Rows of the register that cannot be understood."""
    unread_rows: int = 0
    """Rows of the register that are too many to be read."""
    unreadable: tuple[UnreadableRow, ...] = ()
    """Rows of the CMDB that are not as nskeys writes them, as far as the look met them."""
    recovery: Recovery = NO_RECOVERY
    """The recovery identities, as the server key vouches for them."""
    recovery_problem: NskeysError | None = None
    """What keeps the recovery identity from being used: somebody changed what the home keeps of it."""
    leftovers: tuple[Leftover, ...] = ()
    """Earlier key stores that could not be removed; they may open everything in a way that was given up."""
    mismatches: tuple[Mismatch, ...] = ()
    """What contradicts the checkpoint; what does not fit counts for nothing in the answer."""
    differences: tuple[KeyDifference, ...] = ()
    """Keys whose credentials are not those of the inventory; they count as in no backup."""
    last_check: LastCheck | None = None
    """The last look at everything that was signed; None where there was none yet."""
    check_days: int = 0
    """How many days may pass between two; with 0 none is ever overdue."""
    here_since: datetime | None = None
    """When this server was set up, or restored here; what was never looked at waits since then."""
    number: int = 0
    """Of the last change."""
    connection: DatabaseConnection | None = None
    """What protects the connection to the CMDB's server; None for a file."""
    lags: int = 0
    """How many changes a standby lacks whose rows were read; then nothing was compared."""
    behind: tuple[LogBehind, ...] = ()
    """Logs of this machine that lack the last lines of the audit trail."""
    databases: tuple[DatabaseCopy, ...] = ()
    """Database copies, newest first; those that decide the answer were looked at. Each check of somebody
    else's backup is one as well."""
    declared: tuple[DeclaredBackup, ...] = ()
    """Somebody else's database backups that this server's key vouches for, newest first."""
    database_check_days: int = 0
    """So many days a check of one of them counts; with 0 for ever."""
    exposure_hours: int = 0
    """So long credentials may wait for their next copy after a change before monitoring warns."""
    practice: RecoveryPractice = NOTHING_OVERDUE
    """When copies that count were last drilled, and what opens them was last typed by a person."""

    @property
    def made_copies(self) -> tuple[DatabaseCopy, ...]:
        """The database copies that were made here, without what somebody else backs up."""
        return tuple(copy for copy in self.databases if not copy.declared)

    @property
    def not_proven_by_a_person(self) -> BackupCopy | None:
        """A copy of the newest backup that would count, had a person opened one for its recipients."""
        return waits_for_a_person(self.copies)

    @property
    def claims(self) -> tuple[tuple[Kid, BackupCopy], ...]:
        """Keys of lost credentials, each with an unsigned backup that claims to hold it."""
        lost = [key.kid for key in self.recoverability.keys if key.lost]
        found = ((kid, claiming(self.copies, kid)) for kid in lost)
        return tuple((kid, copy) for kid, copy in found if copy is not None)

    @property
    def rotation_held_by(self) -> BackupCopy | None:
        """The copy that holds the key of an open rotation and does not count, where none does."""
        return holds_without_counting(self.copies, self.rotation.kid) if self.rotation else None

    @property
    def backup_date_ahead(self) -> bool:
        """Whether `KMSBackupDate` lies in the future, so that one of two clocks is or was wrong."""
        return self.registry.backup_date is not None and self.registry.backup_date > self.taken


class RecoverabilityService:
    """Looks at everything; unlocks and changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def assess(self) -> Recoverability:
        """Return the answer, with every copy that can be reached from here looked at now."""
        return self.overview().recoverability

    def overview(self, look: bool = True, destination: DestinationInfo | None = None) -> Overview:
        """Return the answer and what belongs to it. Without `look`, copies are as the register last saw
        them, the numbers of credentials are those of the keys' rows, and no row is compared with them.
        `destination` is where the next backup would go, if not to the default one. Raises Locked
        where a change is under way that takes long, so that nothing can be told now."""
        installation = self._installation
        cmdb_id = installation.require()
        compared = compare(installation)
        if compared.busy:
            from nskeys.services.transaction import require_free  # here, for most runs change nothing

            require_free(installation, "looking")
            compared = compare(installation)
        with installation.cmdb.reading() as view:
            register = read_register(view, installation.server_public())
            sealed = sealed_by(inventory for _, inventory in view.inventory())
            here = [key.kid for key in installation.keys_in(view)]
        # Slow looks come first, so that everything else is read from the CMDB in one transaction.
        copies = RegisterService(installation).listed(register, look)
        settings, now = installation.settings.read(), installation.clock.now()
        others = (one.as_copies(now, settings.database_check_days) for one in register.declared)
        databases = newest_first((*register.databases, *chain.from_iterable(others)))
        half = database_half(installation, databases, compared.home)
        half = looked_at(installation, half, copies, sealed, here) if look else half
        elsewhere = self._backs_up_elsewhere(copies, destination)
        registry = installation.registry.read()
        recovery, problem = _recovery(installation)
        with installation.cmdb.reading() as view:
            # The CMDB is read first: a key is on disk before any row names it, so no key can seem missing.
            unreadable = view.unreadable()
            head = view.audit_head()
            line = broken_line(view, installation.server_public()) if look else None
            counted = view.counts() if look else view.noted_counts()
            uses, rotation = _readable(counted, unreadable), view.rotation()
            keys, now = installation.keys_in(view), installation.clock.now()
            since = restored_at(view, installation.server_public()) or min(
                (key.created for key in keys), default=None
            )
            active = active_key(keys)
            seals = view.seals(active.kid) if active else 0
            differences = differences_of(view) if look else ()
            copies = _numbered(copies, view.number)
            circumstances = Circumstances(
                cmdb_id, registry.backup_date, elsewhere, recovery.recipients, now
            )
            counts = all(one.what in _ANSWER_STAYS for one in compared.mismatches)
            counting = _believed(copies, counts, differences)
            half = believed(half, view, counts, compared.mismatches, differences)
            copies, answer = _assessed(view, keys, uses, counting, circumstances, half)
            answer = answer._replace(totals=_with_unreadable(answer.totals, unreadable))
        waiting = waiting_custodians(recovery)
        used = frozenset(use.kid for use in uses if use.credentials)
        goes_on = rotation if rotation is not None and rotation.goes_on(keys) else None
        left = () if goes_on else _out_of_use(keys, used)
        return Overview(
            server=settings.server_name,
            cmdb=installation.cmdb.describe(),
            protector=installation.key_store.info().protector,
            recoverability=answer,
            copies=copies,
            registry=registry,
            rotation=goes_on,
            put_back=tuple(key.kid for key in left if not _came_after(key, active)),
            taken=now,
            arrived=tuple(key.kid for key in left if _came_after(key, active)),
            rotation_due=seals >= SEALS_DUE,
            unreadable_rows=register.unreadable,
            unread_rows=register.unread,
            unreadable=unreadable,
            mismatches=with_line(compared.mismatches, line),
            differences=differences,
            last_check=None if compared.home is None else compared.home.checkpoint.last_check,
            lags=compared.lags,
            check_days=settings.check_days,
            here_since=since,
            number=0 if compared.home is None else compared.home.checkpoint.number,
            databases=half.copies,
            declared=tuple(one for one in register.declared if one.stands),
            database_check_days=settings.database_check_days,
            exposure_hours=settings.exposure_hours,
            practice=recovery_practice(copies, settings.drill_days, now),
            unproven_shares=waiting.shares if waiting is not None else 0,
            recovery=recovery,
            recovery_problem=problem,
            leftovers=installation.key_store.leftovers(),
            connection=installation.cmdb.connection(),
            behind=logs_behind(installation, cmdb_id, head),
        )

    def _backs_up_elsewhere(
        self, copies: Sequence[BackupCopy], destination: DestinationInfo | None
    ) -> bool:
        """Return whether the next backup would lie elsewhere, by the last look where the destination cannot
        be seen now. Another server is not asked: it is where its copies were seen, and one without copies
        counts as elsewhere, so that a copy on this disk does not stand in for it."""
        installation = self._installation
        info = destination or installation.default_destination()
        there = [copy for copy in copies if copy.signed and copy.destination == info.address]
        try:
            place = installation.destinations.at(info)
            if not place.live and not there:
                return True
            if place.live and place.where().location is Location.ELSEWHERE:
                return True
        except DestinationUnreachable:
            pass  # it does not answer; the last look decides
        except NskeysError:
            return False
        return any(copy.where.location is Location.ELSEWHERE for copy in there)


_ANSWER_STAYS = frozenset(
    {MismatchKind.AUDIT, MismatchKind.AUDIT_LINE, MismatchKind.DIARY, MismatchKind.RECOVERY}
)
"""Parts that say nothing of what would come back."""


def _believed(
    copies: Sequence[BackupCopy], counts: bool, differences: Sequence[KeyDifference]
) -> tuple[BackupCopy, ...]:
    """Return the copies as far as the checkpoint lets them count: none where the register, the keys or the
    checkpoint itself do not fit, and none for a key whose credentials are not those of the inventory."""
    if not counts:
        return tuple(replace(copy, signed=False) for copy in copies)
    off = {one.kid for one in differences}
    if not off:
        return tuple(copies)
    return tuple(
        replace(
            copy, backup=copy.backup._replace(kids=tuple(kid for kid in copy.backup.kids if kid not in off))
        )
        for copy in copies
    )


def _assessed(
    view: CmdbView,
    keys: Sequence[KeyInfo],
    uses: Sequence[KeyUse],
    copies: Sequence[BackupCopy],
    circumstances: Circumstances,
    half: DatabaseHalf,
) -> tuple[tuple[BackupCopy, ...], Recoverability]:
    """Return the answer, and the copies with what their drills may claim."""
    copies = tuple(copies)
    while True:
        answer = assess(keys, uses, copies, circumstances, half)
        drilled = _drilled(view, answer)
        if drilled is not None:
            return copies, answer._replace(drilled=drilled)
        # What this drill saw cannot be told: nobody claims it of a credential either. Ends, for the copy
        # is not asked again.
        copies = tuple(_undrilled(copy) if copy is answer.best else copy for copy in copies)


def _readable(uses: Sequence[KeyUse], unreadable: Sequence[UnreadableRow]) -> tuple[KeyUse, ...]:
    """Return the uses of keys without the rows that the index counts and that cannot be read, since no key
    brings them back."""
    counted = _READ_BY_THE_INDEX
    ill = Counter(
        (row.credential.key, row.credential.fields.kind.value)
        for row in unreadable
        if row.credential is not None and not row.credential.ill & counted
    )
    return tuple(use._replace(credentials=max(0, use.credentials - ill[use.kid, use.kind])) for use in uses)


def _with_unreadable(totals: Totals, unreadable: Sequence[UnreadableRow]) -> Totals:
    """Return the totals with the credentials whose rows cannot be read, which no backup brings back."""
    ill = sum(row.credential is not None for row in unreadable)
    return totals._replace(total=totals.total + ill, unreadable=ill)


def _recovery(installation: Installation) -> tuple[Recovery, NskeysError | None]:
    """Return the recovery identities, and the error of reading them, which is reported beside the answer
    and does not stop it."""
    try:
        return known_recovery(installation), None
    except NskeysError as error:
        return NO_RECOVERY, error


def _numbered(copies: Sequence[BackupCopy], number: int) -> tuple[BackupCopy, ...]:
    """Return copies whose drills saw no change beyond the last one. Numbers only grow: where a drill saw a
    higher one, the database went back, and what is sealed from now on would wrongly count as drilled."""
    return tuple(
        _undrilled(copy) if copy.drilled_upto is not None and copy.drilled_upto > number else copy
        for copy in copies
    )


def _undrilled(copy: BackupCopy) -> BackupCopy:
    """Return the copy without the number of the last change that its drill saw, so that no credential
    counts as drilled."""
    return replace(copy, drilled_upto=None)


def _drilled(view: CmdbView, answer: Recoverability) -> int | None:
    """Return how many credentials the last drill of the best copy covers; None where that is more than it
    opened, since then somebody changed numbers in the database. They are counted only where some were
    sealed later."""
    best = answer.best
    if best is None or best.drilled_upto is None or best.proof_of(0) is not Proof.CREDENTIALS_OPEN:
        return 0
    kids, upto = set(best.backup.kids), best.drilled_upto
    held = [key for key in answer.keys if key.kid in kids and key.credentials]
    later = view.changed_after(best.backup.kids, upto) if any(key.last_change > upto for key in held) else 0
    covered = sum(key.credentials for key in held) - later
    return covered if 0 <= covered <= best.drilled_rows else None


def _out_of_use(keys: Sequence[KeyInfo], used: frozenset[Kid]) -> tuple[KeyInfo, ...]:
    """Return keys here that must not seal any more and that rows still name."""
    states = (KeyState.DEACTIVATED, KeyState.COMPROMISED)
    return tuple(key for key in keys if key.state in states and key.kid in used)


def _came_after(key: KeyInfo, active: KeyInfo | None) -> bool:
    """Return whether the key was put out of use after the active one came into use: a rotation does both at
    one moment, a restore brings a key at another time."""
    return active is None or key.state_since > active.state_since
