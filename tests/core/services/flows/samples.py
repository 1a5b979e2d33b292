"""Plans and reports for tests of flows, as services make them."""

from dataclasses import replace

from nskeys.model.audit import AuditHead
from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.diary import DiaryFate
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.plans import (
    BackupPlan,
    BackupReport,
    CredentialProof,
    DrillReport,
    FirstSight,
    HomeState,
    PlannedDestination,
    ProofReport,
    RestorePlan,
    RestoreReport,
    RotationPlan,
    RotationReport,
    SetUpReport,
)
from nskeys.model.recoverability import DueReason
from nskeys.model.register import Proof, Protection
from nskeys.reasons import FailureReason, ForeignReason
from nskeys.services.backup.both import BothPlan, BothReport
from nskeys.services.database.pairs import Pair
from nskeys.services.open_backup import Source
from nskeys.services.setup.destinations import DestinationStatus
from tests.fakes.backups import a_copy
from tests.fakes.credentials import OLD_KEY, a_credential
from tests.fakes.fixed import AFTERNOON

ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs vault02:/nskeys")
HERE = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)
NEW_KID = Kid("7f" * 32)
KEY = KeyInfo(OLD_KEY, AFTERNOON, KeyState.ACTIVE, AFTERNOON)
COPY = a_copy()


def status(address: str, *, default: bool = False, where: LocatedAt = ELSEWHERE) -> DestinationStatus:
    """A destination that works."""
    return DestinationStatus(DestinationInfo(address), where, None, default)


def backup_plan(where: LocatedAt = ELSEWHERE, hint: str = "") -> BothPlan:
    """What a backup would write: the keys, since the rows lie there already."""
    keys = BackupPlan(
        (PlannedDestination(DestinationInfo("/vault"), where),), "ns01.zip", 1, (KEY,), 3, hint, "seen"
    )
    return BothPlan(keys, None)


BACKUP_REPORT = BothReport(backup_plan(), BackupReport((COPY,), 3))

FACTS = BackupFacts(
    server="ns01",
    cmdb_id="c0" * 16,
    server_key="ef" * 32,
    server_public=b"p" * 32,
    created=AFTERNOON,
    generation=1,
    previous=None,
    keys=(),
    kinds=(),
    audit=AuditHead(0, bytes(32)),
    protection=Protection.PASSWORD,
)
INSPECTED = Inspected("/vault/ns01.zip", b"", "ab" * 32, "cd" * 32, 0, None, Protection.PASSWORD)
SOURCE = Source(INSPECTED, ELSEWHERE, "/vault", "/vault/ns01.zip")
PAIR = Pair(SOURCE, None, 0, ())
WHOLE = ProofReport(3, ())
BROKEN = ProofReport(2, (CredentialProof(a_credential("gone").credential, FailureReason.KEY_MISSING),))


def restore_plan(*, foreign: tuple[ForeignReason, ...] = (), sets_up: bool = True) -> RestorePlan:
    """What a restore would do."""
    return RestorePlan(INSPECTED, FACTS, foreign, (), 0, 3, 3, None, sets_up, "seen")


def restore_report(proof: ProofReport = WHOLE, *, advised: bool = True) -> RestoreReport:
    """What a restore did."""
    return RestoreReport((OLD_KEY,), (), proof, advised)


def drill_report(proof: ProofReport = WHOLE, foreign: tuple[ForeignReason, ...] = ()) -> DrillReport:
    """How far a backup was proven."""
    return DrillReport(
        "/vault/ns01.zip",
        FACTS,
        Proof.CREDENTIALS_OPEN,
        foreign,
        proof,
        recorded=True,
        diary=DiaryFate.SIGNED,
    )


CREATE = RotationPlan(
    creates=True, activates=False, kid=None, to_reseal=3, gate_open=False, fingerprint="seen"
)
WAITING = replace(CREATE, creates=False, activates=True, kid=NEW_KID)
OPEN = replace(WAITING, gate_open=True)
RESUME = replace(OPEN, activates=False, to_reseal=1)
EXPOSES = replace(RESUME, gate_open=False, exposes=1)
MADE = RotationReport(NEW_KID, KeyState.PRE_ACTIVE, 0, (), (DueReason.KEY_MISSING,), waits=True)
HELD_BACK = RotationReport(NEW_KID, KeyState.ACTIVE, 0, (), (DueReason.KEY_MISSING,), waits=True, exposes=1)
RESEALED = RotationReport(NEW_KID, KeyState.ACTIVE, 3, (), ())
EXPOSED = RotationReport(NEW_KID, KeyState.ACTIVE, 3, (), (DueReason.KEY_MISSING,))

EMPTY = FirstSight(HomeState.EMPTY, "/var/lib/nskeys", "/var/lib/nskeys/cmdb.sqlite3", None, 0, ())
LEFT_BEHIND = FirstSight(HomeState.DATABASE_ONLY, EMPTY.home, EMPTY.cmdb, "c0" * 16, 1_200, (COPY,))
READY = FirstSight(HomeState.READY, EMPTY.home, EMPTY.cmdb, "c0" * 16, 0, ())
SET_UP = SetUpReport("ns01", EMPTY.cmdb, "c0" * 16, EMPTY.home, "file", OLD_KEY)
