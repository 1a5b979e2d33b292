"""The one question, as pure arithmetic: keys, their use, copies of backups, two registry values."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nskeys.model.assessment import Circumstances, assess
from nskeys.model.credentials import CHANGE_LIMIT, Credential
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.recoverability import DueReason, Recoverability, RecoveryState
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from tests.fakes.backups import a_copy, a_database_copy, a_half
from tests.fakes.credentials import a_credential
from tests.fakes.fixed import AFTERNOON

CMDB_ID = "c0" * 16
OLD, NEW, FOREIGN = Kid("0" * 64), Kid("1" * 64), Kid("2" * 64)
MORNING, EVENING = AFTERNOON - timedelta(hours=6), AFTERNOON + timedelta(hours=6)
HERE = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)
BACKED_UP = AFTERNOON + timedelta(minutes=1)


def key(kid: Kid = OLD, state: KeyState = KeyState.ACTIVE, created: datetime = MORNING) -> KeyInfo:
    """A key of this server."""
    return KeyInfo(kid, created, state, created)


def use(kid: Kid = OLD, credentials: int = 10, since: datetime = MORNING, kind: str = "run-as") -> KeyUse:
    """Credentials that a key seals."""
    return KeyUse(kid, kind, credentials, since)


def copy(*kids: Kid, generation: int = 1, signed: bool = True, **changes: object) -> BackupCopy:
    """A good copy elsewhere, for which the server key vouches."""
    made = a_copy(generation, f"/vault/{generation}.zip")
    made = replace(made, backup=made.backup._replace(kids=kids or (OLD,)), signed=signed)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of BackupCopy


def answer(
    keys: Sequence[KeyInfo] = (key(),),
    uses: Sequence[KeyUse] = (use(),),
    copies: Sequence[BackupCopy] = (),
    date: datetime | None = BACKED_UP,
    elsewhere: bool = True,
    databases: Sequence[DatabaseCopy] | None = None,
) -> Recoverability:
    """The answer for one server; a database copy elsewhere has every row as it is, unless others are
    given."""
    if databases is None:
        databases = [a_database_copy(CHANGE_LIMIT, *(use.kid for use in uses))]
    circumstances = Circumstances(CMDB_ID, date, elsewhere)
    return assess(keys, uses, copies, circumstances, a_half(*databases))


def state_of(found: Recoverability, kid: Kid) -> RecoveryState:
    """The state of the credentials of a key."""
    return found.state_of(replace(a_credential("one", kid=kid).credential, number=1))


# --- recoverable, at risk, lost -------------------------------------------------------------------


def test_a_good_copy_elsewhere_makes_a_keys_credentials_recoverable() -> None:
    found = answer(copies=[copy()])
    assert state_of(found, OLD) is RecoveryState.RECOVERABLE
    assert (found.totals.recoverable, found.totals.at_risk, found.totals.lost) == (10, 0, 0)
    assert found.exposed_since is None


@pytest.mark.parametrize(
    "useless",
    [
        copy(signed=False),
        copy(where=HERE),
        copy(where=LocatedAt(Location.UNKNOWN, LocationReason.FOREIGN_FILESYSTEM)),
        copy(status=CopyStatus.MISSING),
        copy(status=CopyStatus.CHANGED),
        copy(status=CopyStatus.UNREACHABLE),
        copy(status=CopyStatus.NOT_LOOKED),
        copy(retired=AFTERNOON),
        copy(proofs=()),
        copy(NEW),
    ],
    ids=[
        "unsigned",
        "here",
        "unknown",
        "missing",
        "changed",
        "unreachable",
        "not looked at",
        "retired",
        "never opened",
        "without the key",
    ],
)
def test_a_copy_that_lacks_one_thing_leaves_them_at_risk(useless: BackupCopy) -> None:
    found = answer(copies=[useless])
    assert state_of(found, OLD) is RecoveryState.AT_RISK
    assert found.totals.at_risk == 10
    assert found.best is None


def test_a_key_that_is_neither_here_nor_in_a_good_copy_is_lost() -> None:
    found = answer(uses=[use(FOREIGN)], copies=[copy(FOREIGN, where=HERE)])
    assert state_of(found, FOREIGN) is RecoveryState.LOST
    assert found.totals.lost == 10
    assert found.totals.opens_here == 0


def test_before_the_restore_credentials_come_back_and_do_not_open_here() -> None:
    found = answer(keys=(), copies=[copy()])
    assert found.totals.recoverable == 10
    assert found.totals.opens_here == 0
    assert found.due == ()


def test_every_credential_is_counted_once() -> None:
    uses = [use(OLD, 3), use(OLD, 4, kind="hierarchy"), use(NEW, 5), use(FOREIGN, 6)]
    found = answer([key(OLD), key(NEW)], uses, [copy(OLD)])
    assert found.totals.total == 18
    assert (found.totals.recoverable, found.totals.at_risk, found.totals.lost) == (7, 5, 6)
    assert found.totals.opens_here == 12
    assert found.kinds == (("hierarchy", 4), ("run-as", 14))


def test_a_key_nobody_knows_of_is_lost() -> None:
    assert state_of(answer(), FOREIGN) is RecoveryState.LOST


# --- which copies are named -----------------------------------------------------------------------


def test_a_keys_copies_are_named_best_proof_first() -> None:
    weak, strong = copy(generation=9), copy(generation=2).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    strong = replace(strong, signed=True)
    [covered] = answer(copies=[weak, strong]).keys
    assert covered.good_copies == (strong, weak)
    assert covered.backups == 2


def test_backups_are_counted_wherever_they_lie_but_only_where_they_are() -> None:
    there = [copy(where=HERE), copy(generation=2), copy(generation=3, status=CopyStatus.MISSING)]
    twice = replace(copy(generation=2), address="/other/2.zip")
    forged = copy(generation=4, signed=False)
    retired = copy(generation=5, retired=AFTERNOON)
    [covered] = answer(copies=[*there, twice, forged, retired]).keys
    assert covered.backups == 2


def test_the_best_copy_brings_back_most() -> None:
    most, proven = (
        copy(OLD, NEW),
        replace(copy(NEW).with_proof(Proof.CREDENTIALS_OPEN, EVENING), signed=True),
    )
    found = answer([key(OLD), key(NEW)], [use(OLD, 3), use(NEW, 5)], [proven, most])
    assert found.best == most


def test_the_newest_backup_is_the_one_of_highest_generation_not_of_newest_date() -> None:
    older = copy(generation=1, backup=copy().backup._replace(created=EVENING))
    newer = copy(generation=2)
    assert answer(copies=[older, newer]).last == newer


@pytest.mark.parametrize(
    "other",
    [
        copy(generation=99, signed=False),
        copy(generation=99, retired=AFTERNOON),
        copy(generation=99, backup=copy(generation=99).backup._replace(cmdb_id="ff" * 16)),
    ],
    ids=["unsigned", "retired", "of another CMDB"],
)
def test_a_row_that_is_not_this_servers_word_is_not_the_newest_backup(other: BackupCopy) -> None:
    own = copy(generation=1)
    assert answer(copies=[other, own]).last == own
    assert answer(copies=[other]).last is None


def test_of_two_copies_of_the_newest_backup_the_good_one_is_named() -> None:
    gone = replace(copy(generation=2, status=CopyStatus.MISSING), address="/z/2.zip", look_moment=EVENING)
    there = copy(generation=2)
    assert answer(copies=[gone, there]).last == there


def test_keys_are_listed_active_waiting_newest_and_those_not_here_last() -> None:
    keys = [
        key(Kid("a" * 64), KeyState.DEACTIVATED, MORNING),
        key(Kid("b" * 64), KeyState.PRE_ACTIVE, EVENING),
        key(Kid("c" * 64), KeyState.ACTIVE, AFTERNOON),
        key(Kid("d" * 64), KeyState.DEACTIVATED, AFTERNOON),
    ]
    found = answer(keys, [use(FOREIGN)])
    assert [covered.kid[0] for covered in found.keys] == ["c", "b", "d", "a", "2"]
    assert [covered.here for covered in found.keys] == [True] * 4 + [False]


def test_while_there_are_no_credentials_the_best_copy_is_the_best_proven_one() -> None:
    weak, strong = copy(generation=2), copy(generation=1).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    strong = replace(strong, signed=True)
    assert answer(uses=[], copies=[weak, strong]).best == strong


# --- exposed since --------------------------------------------------------------------------------


def test_what_was_never_backed_up_is_exposed_since_its_first_sealing() -> None:
    found = answer(uses=[use(since=EVENING), use(since=MORNING, kind="hierarchy")])
    assert found.exposed_since == MORNING


def test_what_was_backed_up_is_exposed_since_a_good_copy_was_last_seen() -> None:
    gone = copy(status=CopyStatus.MISSING, good_moment=AFTERNOON)
    assert answer(copies=[gone]).exposed_since == AFTERNOON


def test_credentials_sealed_after_the_last_good_look_are_exposed_since_then() -> None:
    gone = copy(status=CopyStatus.MISSING, good_moment=AFTERNOON)
    assert answer(uses=[use(since=EVENING)], copies=[gone]).exposed_since == EVENING


def test_a_copy_that_was_retired_was_good_until_it_was_last_seen() -> None:
    assert answer(copies=[copy(retired=EVENING, good_moment=AFTERNOON)]).exposed_since == AFTERNOON


@pytest.mark.parametrize(
    "never_good",
    [
        copy(where=HERE, good_moment=EVENING),
        copy(signed=False, good_moment=EVENING),
        copy(status=CopyStatus.MISSING, proofs=(), good_moment=EVENING),
        copy(status=CopyStatus.MISSING, good_moment=None),
    ],
    ids=["here", "unsigned", "never opened", "never seen"],
)
def test_a_copy_that_never_counted_protected_nobody(never_good: BackupCopy) -> None:
    assert answer(copies=[never_good]).exposed_since == MORNING


def test_the_headline_is_the_earliest_exposure() -> None:
    found = answer([key(OLD), key(NEW)], [use(OLD, since=EVENING), use(NEW, since=AFTERNOON)])
    assert found.exposed_since == AFTERNOON
    assert {covered.kid: covered.exposed_since for covered in found.keys} == {OLD: EVENING, NEW: AFTERNOON}


def test_a_key_that_seals_nothing_exposes_nothing() -> None:
    found = answer(uses=[])
    assert found.exposed_since is None
    assert found.totals.total == 0


def test_what_is_lost_is_not_exposed_any_more() -> None:
    found = answer(keys=[key(NEW)], uses=[use(FOREIGN)], copies=[copy(NEW)])
    assert found.exposed_since is None


# --- a new backup is due --------------------------------------------------------------------------


def test_none_is_due_while_every_key_is_in_the_newest_good_backup() -> None:
    assert answer(copies=[copy()]).due == ()


def test_it_is_due_where_none_was_ever_made() -> None:
    assert answer(date=None).due == (DueReason.NEVER,)


def test_a_server_without_keys_has_nothing_to_back_up() -> None:
    assert answer(keys=(), date=None).due == ()


def test_a_newer_key_makes_it_due_by_date_and_by_id() -> None:
    keys = [key(OLD), key(NEW, created=EVENING)]
    assert answer(keys, copies=[copy()]).due == (
        DueReason.KEY_MISSING,
        DueReason.KEY_NEWER,
        DueReason.NO_GOOD_COPY,
    )


def test_a_date_in_the_future_hides_no_key() -> None:
    keys = [key(OLD), key(NEW, created=EVENING)]
    found = answer(keys, copies=[copy()], date=EVENING + timedelta(days=3_650))
    assert found.due == (DueReason.KEY_MISSING, DueReason.NO_GOOD_COPY)


def test_a_clock_that_jumped_back_hides_no_key() -> None:
    keys = [key(OLD, created=EVENING)]
    assert answer(keys, copies=[copy()]).due == (DueReason.KEY_NEWER,)


def test_a_key_that_only_an_older_backup_holds_makes_it_due() -> None:
    keys, older, newest = [key(OLD), key(NEW)], copy(NEW, generation=1), copy(OLD, generation=2)
    assert answer(keys, copies=[older, newest]).due == (DueReason.KEY_MISSING,)


def test_a_file_that_is_gone_makes_it_due() -> None:
    assert answer(copies=[copy(status=CopyStatus.MISSING)]).due == (DueReason.NO_GOOD_COPY,)


def test_a_copy_that_was_never_opened_makes_it_due() -> None:
    assert answer(copies=[copy(proofs=())]).due == (DueReason.NO_GOOD_COPY,)


def test_a_copy_here_is_no_good_copy_where_the_next_backup_would_lie_elsewhere() -> None:
    assert answer(copies=[copy(where=HERE)], elsewhere=True).due == (DueReason.NO_GOOD_COPY,)


def test_one_more_copy_on_the_same_disk_is_never_due() -> None:
    found = answer(copies=[copy(where=HERE)], elsewhere=False)
    assert found.due == ()
    assert found.totals.at_risk == 10


def test_a_copy_here_that_is_gone_makes_one_due_even_there() -> None:
    missing = copy(where=HERE, status=CopyStatus.MISSING)
    assert answer(copies=[missing], elsewhere=False).due == (DueReason.NO_GOOD_COPY,)


def test_a_key_of_the_very_second_of_the_backup_is_told_apart_by_its_id() -> None:
    keys = [key(OLD, created=BACKED_UP), key(NEW, created=BACKED_UP)]
    assert answer(keys, copies=[copy(OLD, NEW)]).due == ()
    assert DueReason.KEY_NEWER not in answer(keys, copies=[copy(OLD)]).due
    assert DueReason.KEY_MISSING in answer(keys, copies=[copy(OLD)]).due


@pytest.mark.parametrize(
    "useless",
    [copy(where=HERE, retired=AFTERNOON), copy(where=HERE, proofs=())],
    ids=["retired", "unopened"],
)
def test_a_useless_copy_here_makes_one_due_even_there(useless: BackupCopy) -> None:
    assert DueReason.NO_GOOD_COPY in answer(copies=[useless], elsewhere=False).due


def test_a_forged_row_makes_no_backup_superfluous() -> None:
    forged = copy(OLD, signed=False, generation=99)
    assert answer(copies=[forged]).due == (DueReason.KEY_MISSING, DueReason.NO_GOOD_COPY)
    assert answer(copies=[forged], elsewhere=False).due == (
        DueReason.KEY_MISSING,
        DueReason.NO_GOOD_COPY,
    )


def test_the_work_grows_with_keys_and_backups_only() -> None:
    kids = [Kid(f"{number:064x}") for number in range(200)]
    keys = [key(kid, KeyState.DEACTIVATED) for kid in kids]
    uses = [use(kid, 5_000) for kid in kids]
    copies = [copy(*kids, generation=number) for number in range(1, 501)]
    found = answer(keys, uses, copies)
    assert found.totals.recoverable == 1_000_000
    assert len(found.keys[0].good_copies) == 500


# --- what a drill covers ---------------------------------------------------------------------------


def drilled_copy(upto: int | None, *kids: Kid, rows: int = 100, generation: int = 1) -> BackupCopy:
    """A good copy whose drill saw the changes up to this number, and opened all rows of its keys."""
    proven = copy(*kids, generation=generation).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    return replace(proven, drilled_rows=rows, drilled_upto=upto)


def of_change(number: int, kid: Kid = OLD) -> Credential:
    """A credential that this change sealed."""
    return replace(a_credential(kid=kid).credential, number=number)


@pytest.mark.parametrize(
    ("upto", "number", "proof"),
    [
        (7, 7, Proof.CREDENTIALS_OPEN),
        (7, 0, Proof.CREDENTIALS_OPEN),
        (7, 8, Proof.KEYS_MATCH),
        (7, CHANGE_LIMIT, Proof.KEYS_MATCH),
        (None, 0, Proof.KEYS_MATCH),
    ],
)
def test_a_credential_sealed_after_a_drill_has_matching_keys(
    upto: int | None, number: int, proof: Proof
) -> None:
    found = answer(uses=[use()._replace(last_number=9)], copies=[drilled_copy(upto)])
    [claim] = found.coverage_of(of_change(number)).copies
    assert (claim.proof, claim.moment) == (proof, AFTERNOON)


@pytest.mark.parametrize(("resealed", "proof"), [(7, Proof.CREDENTIALS_OPEN), (8, Proof.KEYS_MATCH)])
def test_what_was_moved_to_another_key_after_a_drill_has_matching_keys(resealed: int, proof: Proof) -> None:
    """A rotation keeps the numbers, so the key's row says when it did that."""
    found = answer(uses=[use()._replace(last_number=3, resealed=resealed)], copies=[drilled_copy(7)])
    assert found.keys[0].last_change == resealed
    assert found.coverage_of(of_change(3)).copies[0].proof is proof


def test_a_later_drill_that_opened_less_takes_the_claim_back() -> None:
    failed = drilled_copy(7).with_proof(Proof.KEYS_MATCH, EVENING)
    [claim] = answer(copies=[failed]).coverage_of(of_change(1)).copies
    assert (claim.proof, claim.moment) == (Proof.KEYS_MATCH, EVENING)


def test_each_credential_names_its_copies_best_proof_first() -> None:
    drilled = drilled_copy(7, generation=1)
    opened = copy(generation=3)
    matching = copy(generation=2).with_proof(Proof.KEYS_MATCH, AFTERNOON)
    found = answer(uses=[use()._replace(last_number=9)], copies=[opened, drilled, matching])
    before, after = found.coverage_of(of_change(7)).copies, found.coverage_of(of_change(8)).copies
    assert [claim.copy.backup.generation for claim in before] == [1, 2, 3]
    assert [claim.proof for claim in before] == [Proof.CREDENTIALS_OPEN, Proof.KEYS_MATCH, Proof.OPENED]
    assert [claim.copy.backup.generation for claim in after] == [2, 1, 3], "the newer of equal proofs"
    assert [claim.proof for claim in after] == [Proof.KEYS_MATCH, Proof.KEYS_MATCH, Proof.OPENED]
    assert [item.backup.generation for item in found.keys[0].good_copies] == [2, 1, 3]


def test_a_credential_of_a_key_that_nobody_knows_is_lost() -> None:
    coverage = answer().coverage_of(of_change(1, FOREIGN))
    assert (coverage.state, coverage.copies) == (RecoveryState.LOST, ())


def test_of_two_copies_the_one_is_best_whose_drill_saw_every_seal() -> None:
    saw_all, saw_less = drilled_copy(9, generation=1), drilled_copy(8, generation=2)
    found = answer(uses=[use()._replace(last_number=9)], copies=[saw_less, saw_all])
    assert found.best is not None
    assert found.best.backup.generation == 1


def test_what_a_drill_covers_is_told_key_by_key_for_any_copy() -> None:
    uses = [use(OLD, 10)._replace(last_number=5), use(NEW, 4)._replace(last_number=9)]
    best, other = drilled_copy(9, OLD, NEW, generation=2), drilled_copy(8, OLD, NEW, generation=1)
    found = answer([key(OLD), key(NEW)], uses, [best, other])._replace(drilled=14)
    assert found.best == best
    assert found.drilled_with(best) == 14
    assert found.drilled_with(other) == 10
    assert found.drilled_with(replace(other, drilled_rows=9)) == 0, "no more than it opened"


def test_hundreds_of_keys_and_backups_are_linear_work() -> None:
    """Each key of each copy is looked at once: four times as many of both are sixteen times the pairs."""

    def taken(n: int) -> float:
        kids = [Kid(f"{number:064x}") for number in range(n)]
        keys = [key(kid) for kid in kids]
        uses = [use(kid) for kid in kids for _ in range(3)]
        copies = [drilled_copy(9, *kids, generation=number) for number in range(n)]
        began = time.process_time()
        answer(keys, uses, copies)
        return time.process_time() - began

    small, large = min(taken(60) for _ in range(3)), min(taken(240) for _ in range(3))
    assert large < 16 * 3 * small + 0.05
