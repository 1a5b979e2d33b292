"""The rule of the two halves: a credential comes back iff a good copy elsewhere has its row as it is, and
good key backups elsewhere open that copy and that row."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nskeys.model.assessment import Circumstances, assess
from nskeys.model.checkpoint import Predecessor
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.halves import DatabaseHalf, Lack, Signers
from nskeys.model.keys import Beyond, KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from tests.fakes.backups import COPY_KEY, SERVER_KEY, a_copy, a_database_copy, a_half
from tests.fakes.fixed import AFTERNOON

CMDB_ID, HERE = "c0" * 16, LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)
OLD, NEW = Kid("0" * 64), Kid("1" * 64)
MORNING = AFTERNOON - timedelta(hours=6)


OPENED_ONLY = a_database_copy(100, proofs=()).with_proof(Proof.OPENED, AFTERNOON)


def use(
    kid: Kid = OLD, last: int = 100, resealed: int = 0, counted: int = 0, credentials: int = 10
) -> KeyUse:
    return KeyUse(kid, "run-as", credentials, MORNING, last, resealed, counted, first_number=1)


def keys(*kids: Kid, copy_kids: tuple[str, ...] = (COPY_KEY,), **changes: object) -> BackupCopy:
    """A good key backup elsewhere with these keys."""
    made = a_copy()
    backup = made.backup._replace(kids=kids or (OLD,), copy_kids=copy_kids)
    return replace(made, backup=backup, signed=True, **changes)  # type: ignore[arg-type]  # its fields


def rows(number: int, *kids: Kid, **of_copy: object) -> DatabaseCopy:
    """A good database copy of this change."""
    made = a_database_copy(number, *kids)
    return replace(made, copy=made.copy._replace(**of_copy))  # type: ignore[arg-type]  # its fields


def answer(
    *uses: KeyUse, copies: tuple[BackupCopy, ...] = (keys(),), half: DatabaseHalf | None = None
) -> Recoverability:
    """Of a server that has every key that is used."""
    here = [KeyInfo(kid, MORNING, KeyState.ACTIVE, MORNING) for kid in sorted({one.kid for one in uses})]
    return assess(here, uses, copies, Circumstances(CMDB_ID, AFTERNOON, backs_up_elsewhere=True), half)


def back(found: Recoverability) -> int:
    return found.totals.recoverable


# --- what serves a key ------------------------------------------------------------------------------


def test_both_halves_bring_everything_back() -> None:
    found = answer(use(), half=a_half(rows(100)))
    assert (back(found), found.totals.at_risk, found.exposed_since) == (10, 0, None)
    assert (found.database_due, found.due) == (False, ())
    assert found.database is not None


@pytest.mark.parametrize(
    ("copies", "half", "lack"),
    [
        ((keys(),), a_half(), Lack.DATABASE),
        ((), a_half(rows(100)), Lack.KEYS),
        ((), a_half(), Lack.BOTH),
        ((keys(copy_kids=("dd" * 32,)),), a_half(rows(100)), Lack.COPY_KEY),
        ((keys(),), a_half(rows(100, uncovered=(OLD,))), Lack.DATABASE),
        ((keys(),), a_half(rows(100, covers_nothing=True)), Lack.DATABASE),
        ((keys(),), a_half(rows(100, cmdb_id="ff" * 16)), Lack.DATABASE),
        ((keys(),), a_half(rows(100, server_key="11" * 32)), Lack.DATABASE),
        ((keys(),), a_half(a_database_copy(100, where=HERE)), Lack.DATABASE),
        ((keys(),), a_half(a_database_copy(100, status=CopyStatus.MISSING)), Lack.DATABASE),
        ((keys(),), a_half(a_database_copy(100, signed=False)), Lack.DATABASE),
        ((keys(),), a_half(a_database_copy(100, retired=AFTERNOON)), Lack.DATABASE),
        (
            (keys(),),
            a_half(OPENED_ONLY),
            Lack.DATABASE,
        ),
    ],
)
def test_one_thing_that_is_missing_leaves_all_at_risk(
    copies: tuple[BackupCopy, ...], half: DatabaseHalf, lack: Lack
) -> None:
    found = answer(use(), copies=copies, half=half)
    assert (back(found), found.totals.at_risk) == (0, 10)
    assert found.keys[0].lacks is lack
    assert found.exposed_since is not None


def test_an_edit_puts_one_at_risk_until_the_next_copy() -> None:
    def later(kid: Kid, number: int, moment: datetime) -> Beyond:
        assert (kid, number, moment) == (OLD, 100, AFTERNOON)
        return Beyond(1, AFTERNOON + timedelta(hours=1), added=False, first_number=101)

    found = answer(use(last=101), half=a_half(rows(100), later=later))
    assert (back(found), found.totals.at_risk) == (9, 1)
    assert found.exposed_since == AFTERNOON + timedelta(hours=1)
    [key] = found.keys
    assert (key.lacks, key.edited_only, key.covered_upto) == (Lack.CHANGED, True, 100)
    assert found.database_due
    assert back(answer(use(last=101), half=a_half(rows(101)))) == 10


def test_a_rotation_loses_nothing_where_backups_hold_the_keys_of_every_row_in_the_copy() -> None:
    moved = use(NEW, last=100, resealed=102)
    found = answer(moved, copies=(keys(OLD, NEW),), half=a_half(rows(100, OLD)))
    assert (back(found), found.database_due) == (10, False)
    without_the_old_one = answer(moved, copies=(keys(NEW),), half=a_half(rows(100, OLD)))
    assert back(without_the_old_one) == 0
    without_the_new_one = answer(moved, copies=(keys(OLD),), half=a_half(rows(100, OLD)))
    assert back(without_the_new_one) == 0
    left_out = answer(moved, copies=(keys(OLD, NEW),), half=a_half(rows(100, OLD, uncovered=(OLD,))))
    assert back(left_out) == 0, "a row that was left out may lie under the new key now"


def test_a_copy_from_before_the_inventory_was_counted_anew_serves_nothing() -> None:
    assert back(answer(use(counted=1_000_100), half=a_half(rows(100)))) == 0
    assert back(answer(use(counted=1_000_100), half=a_half(rows(1_000_100)))) == 10


@pytest.mark.parametrize(
    ("signers", "counts"),
    [
        (Signers(CMDB_ID, SERVER_KEY, void=((90, 110),)), False),
        (Signers(CMDB_ID, SERVER_KEY, void=((1, 99),)), True),
        (Signers(CMDB_ID, "11" * 32), False),
        (Signers(CMDB_ID, "11" * 32, (Predecessor(SERVER_KEY, 100),)), True),
        (Signers(CMDB_ID, "11" * 32, (Predecessor(SERVER_KEY, 99),)), False),
        (None, False),
    ],
)
def test_a_copy_counts_under_this_server_s_key_or_a_predecessor_s(
    signers: Signers | None, counts: bool
) -> None:
    assert bool(back(answer(use(), half=a_half(rows(100), signers=signers)))) is counts


def test_key_backups_count_whatever_their_number() -> None:
    old = keys()
    assert back(answer(use(last=100), copies=(old,), half=a_half(rows(100)))) == 10


# --- since when -------------------------------------------------------------------------------------


def test_exposed_since_the_last_good_look_at_the_copy_that_is_missing() -> None:
    seen = AFTERNOON + timedelta(days=2)
    gone = replace(a_database_copy(100), status=CopyStatus.MISSING, good_moment=seen)
    assert answer(use(), half=a_half(gone)).exposed_since == seen


def test_exposed_since_the_last_good_look_at_the_key_backup_that_is_missing() -> None:
    seen = AFTERNOON + timedelta(days=2)
    gone = keys(status=CopyStatus.MISSING, good_moment=seen)
    assert answer(use(), copies=(gone,), half=a_half(rows(100))).exposed_since == seen


def test_the_half_that_went_first_counts() -> None:
    first, second = AFTERNOON + timedelta(days=2), AFTERNOON + timedelta(days=5)
    key = keys(status=CopyStatus.MISSING, good_moment=second)
    copy = replace(a_database_copy(100), status=CopyStatus.MISSING, good_moment=first)
    assert answer(use(), copies=(key,), half=a_half(copy)).exposed_since == first


def test_a_copy_that_never_had_the_row_protected_nobody() -> None:
    def later(kid: Kid, number: int, moment: datetime) -> Beyond:
        return Beyond(1, AFTERNOON, added=True, first_number=101)

    older = replace(
        a_database_copy(90), good_moment=AFTERNOON + timedelta(days=9), status=CopyStatus.MISSING
    )
    found = answer(use(last=101), half=a_half(rows(100), older, later=later))
    assert found.exposed_since == AFTERNOON
    assert not found.keys[0].edited_only


# --- when a copy is due -----------------------------------------------------------------------------


def test_a_copy_is_due_for_want_of_rows_and_not_for_want_of_keys() -> None:
    assert not answer(use(), copies=(), half=a_half(rows(100))).database_due
    assert answer(use(), half=a_half()).database_due
    assert not answer(use(), half=a_half(explained=False)).database_due, "it would cover nothing"


def test_a_row_that_no_copy_can_hold_makes_none_due_for_ever() -> None:
    found = answer(use(), half=a_half(rows(100, uncovered=(OLD,))))
    assert (back(found), found.database_due) == (0, False)


def test_a_key_backup_is_due_where_none_holds_a_copy_key() -> None:
    assert answer(use(), copies=(keys(copy_kids=()),), half=a_half(rows(100))).due
    assert answer(use(), half=a_half(rows(100))).due == ()
