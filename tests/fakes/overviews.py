"""Overviews of servers on which something is wrong, made by the same arithmetic as every answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from nskeys.errors import Mismatch, RecoveryDamaged
from nskeys.model.assessment import Circumstances, assess
from nskeys.model.checkpoint import LastCheck
from nskeys.model.credentials import UnreadableRow
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.findings import Finding, FindingKind
from nskeys.model.inventory import KeyDifference
from nskeys.model.keys import KeyInfo, KeyState, KeyUse, Kid, Leftover, Rotation, RotationStage
from nskeys.model.monitoring import RecoveryPractice
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import BackupCopy, Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.trail_copies import LogBehind, LogKind
from nskeys.reasons import MismatchKind, Problem, RecoveryProblem
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview
from tests.fakes.backups import a_copy, a_database_copy, a_declared_backup, a_half
from tests.fakes.fixed import AFTERNOON

OLD, NEW = Kid("0" * 64), Kid("1" * 64)
MORNING, EVENING = AFTERNOON - timedelta(hours=2), AFTERNOON + timedelta(hours=3)
HERE = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)


def key(kid: Kid = OLD, state: KeyState = KeyState.ACTIVE) -> KeyInfo:
    return KeyInfo(kid, MORNING, state, MORNING)


def copy(*kids: Kid, generation: int = 41, signed: bool = True, **changes: object) -> BackupCopy:
    """A good copy elsewhere that holds these keys."""
    made = a_copy(generation)
    made = replace(made, backup=made.backup._replace(kids=kids or (OLD,)), signed=signed, drilled_upto=0)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of BackupCopy


def seen(
    keys: Sequence[KeyInfo] = (key(),),
    uses: Sequence[tuple[Kid, int]] = ((OLD, 10),),
    copies: Sequence[BackupCopy] = (),
    date: datetime | None = AFTERNOON,
    databases: Sequence[DatabaseCopy] | None = None,
    **changes: object,
) -> Overview:
    """An overview of a server that backs up elsewhere; a database copy there has every row as it is,
    unless others are given, or no key backup was made."""
    used = [KeyUse(kid, "run-as", credentials, MORNING) for kid, credentials in uses]
    if databases is None:
        databases = (a_database_copy(187, *(kid for kid, _ in uses)),) if copies else ()
    half = a_half(*databases)
    answer = assess(keys, used, copies, Circumstances("c0" * 16, date, backs_up_elsewhere=True), half)
    overview = Overview(
        server="ns01",
        cmdb="SQLite",
        protector="file",
        recoverability=answer._replace(drilled=drilled(answer)),
        copies=tuple(copies),
        databases=tuple(databases),
        registry=RegistryValues("/mnt/vault", date),
        rotation=None,
        put_back=(),
        taken=EVENING,
    )
    return overview._replace(**changes)  # type: ignore[arg-type]  # fields of Overview


def drilled(answer: Recoverability) -> int:
    """What the last drill of the best copy covers, where nothing was sealed after it."""
    best = answer.best
    if best is None or best.proof_of(0) is not Proof.CREDENTIALS_OPEN:
        return 0
    return min(
        best.drilled_rows, sum(key.credentials for key in answer.keys if key.kid in best.backup.kids)
    )


_ROTATION = Rotation(1, NEW, RotationStage.WAITING, MORNING, MORNING)
_LONG_AGO = EVENING - timedelta(days=91)


def practice(drilled: datetime | None, typed: datetime | None) -> RecoveryPractice:
    """What was last done, of 90 days between two drills."""
    return RecoveryPractice(90, _LONG_AGO, drilled, typed)


def wrong(kind: FindingKind) -> Overview:
    """An overview on which this is wrong, and as little else as goes with it."""
    good = [copy()]
    return {
        FindingKind.MISMATCH: seen(copies=good, mismatches=(Mismatch(MismatchKind.AUDIT, "9 lines", "8"),)),
        FindingKind.ROWS_CHANGED: seen(
            copies=good, differences=(KeyDifference(OLD, (), row_sum_fits=False),)
        ),
        FindingKind.LOST: seen(uses=[(OLD, 10), (NEW, 3)], copies=good),
        FindingKind.UNREADABLE: seen(
            copies=good, unreadable=(UnreadableRow("keys", "7", Problem.NOT_HEX),)
        ),
        FindingKind.AT_RISK: seen(),
        FindingKind.CLOSED_HERE: seen(keys=[key(NEW)], uses=[(OLD, 3)], copies=[copy(OLD, NEW)]),
        FindingKind.CLAIMED: seen(keys=[key(NEW)], uses=[(OLD, 3)], copies=[copy(signed=False)]),
        FindingKind.BACKUP_DUE: seen(uses=[], date=None),
        FindingKind.NOT_PROVEN: seen(uses=[], copies=[copy(by_a_person=False)]),
        FindingKind.IDENTITY_CHANGED: seen(
            copies=good, recovery_problem=RecoveryDamaged("/h/recovery", RecoveryProblem.NOT_SIGNED)
        ),
        FindingKind.KEY_STORE_LEFT: seen(
            copies=good, leftovers=(Leftover("/h/store/1/protector.json", "/h/store/1", "file"),)
        ),
        FindingKind.TRAIL_NOT_COPIED: seen(
            copies=good, behind=(LogBehind(LogKind.JOURNAL, 3, Problem.MISSING, MORNING),)
        ),
        FindingKind.CHECK_OVERDUE: seen(
            copies=good, last_check=LastCheck(7, EVENING - timedelta(days=9), 0), check_days=8
        ),
        FindingKind.DATABASE_CHECK_OVERDUE: seen(
            copies=good, declared=(a_declared_backup(EVENING - timedelta(days=31)),), database_check_days=30
        ),
        FindingKind.NOT_COMPARED: seen(copies=good, lags=3),
        FindingKind.DRILL_OVERDUE: seen(copies=good, practice=practice(None, MORNING)),
        FindingKind.TYPING_OVERDUE: seen(copies=good, practice=practice(MORNING, None)),
        FindingKind.ROTATION_OPEN: seen(copies=good, rotation=_ROTATION),
        FindingKind.ROTATION_DUE: seen(copies=good, rotation_due=True),
        FindingKind.COMPROMISED_IN_USE: seen(
            keys=[key(NEW), key(OLD).in_state(KeyState.COMPROMISED, MORNING)], copies=good
        ),
        FindingKind.ROWS_PUT_BACK: seen(copies=good, put_back=(NEW,)),
        FindingKind.KEYS_RESTORED: seen(copies=good, arrived=(NEW,)),
        FindingKind.SHARES_UNPROVEN: seen(copies=good, unproven_shares=5),
        FindingKind.CLOCK_WRONG: seen(copies=good, date=EVENING + timedelta(days=1)),
        FindingKind.REGISTER_TOO_LARGE: seen(copies=good, unread_rows=90_001),
        FindingKind.REGISTER_UNREADABLE: seen(copies=good, unreadable_rows=2),
    }[kind]


def found(kind: FindingKind, overview: Overview | None = None) -> Finding:
    """The one finding of this kind."""
    (finding,) = (one for one in findings_of(overview or wrong(kind)) if one.kind is kind)
    return finding
