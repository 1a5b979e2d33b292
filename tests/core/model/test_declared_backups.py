"""Somebody else's backups in the rule of the two halves: each check is a copy that needs no copy key."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from nskeys.model.assessment import Circumstances, assess
from nskeys.model.declared_backups import CHECKS_KEPT, BackupCheck, DeclaredBackup
from nskeys.model.declared_backups_json import from_text, is_declared_row, to_text
from nskeys.model.halves import DatabaseHalf, Lack
from nskeys.model.keys import Beyond, KeyInfo, KeyState, KeyUse, Kid
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.signed_json import Malformed
from nskeys.wording.declared_backups import backup_cells
from tests.fakes.backups import COPY_KEY, a_copy, a_database_copy, a_declared_backup, a_half
from tests.fakes.fixed import AFTERNOON

OLD, NEW = Kid("0" * 64), Kid("1" * 64)
DAYS = 30


def days(number: float) -> datetime:
    """So many days after the check."""
    return AFTERNOON + timedelta(days=number)


def a_check(number: int, moment: datetime, *kids: Kid) -> BackupCheck:
    state = a_database_copy(number, *(kids or (OLD, NEW))).copy._replace(copy_kid="")
    return BackupCheck(state, moment, Proof.CREDENTIALS_OPEN, "/srv/restored.sqlite3")


def keys(*kids: Kid, copy_kids: tuple[str, ...] = ()) -> BackupCopy:
    """A good key backup elsewhere with these keys, and none that opens a copy of ours."""
    made = a_copy()
    return replace(made, backup=made.backup._replace(kids=kids, copy_kids=copy_kids), signed=True)


def use(kid: Kid = OLD, last: int = 100, resealed: int = 0, counted: int = 0) -> KeyUse:
    return KeyUse(kid, "run-as", 10, AFTERNOON, last, resealed, counted, first_number=1)


def answer(
    backup: DeclaredBackup,
    now: datetime,
    *uses: KeyUse,
    copies: tuple[BackupCopy, ...] = (keys(OLD, NEW),),
    half: DatabaseHalf | None = None,
) -> Recoverability:
    uses = uses or (use(),)
    kids = sorted({one.kid for one in uses})
    here = [KeyInfo(kid, AFTERNOON, KeyState.ACTIVE, AFTERNOON) for kid in kids]
    known = half or a_half(*backup.as_copies(now, DAYS), later=lambda *_: Beyond(10))
    return assess(here, uses, copies, Circumstances("c0" * 16, AFTERNOON, backs_up_elsewhere=True), known)


def back(found: Recoverability) -> int:
    return found.totals.recoverable


def test_a_check_brings_back_up_to_its_number_and_no_further() -> None:
    backup = a_declared_backup(AFTERNOON, 100)
    assert back(answer(backup, days(1), use(last=100))) == 10
    assert back(answer(backup, days(1), use(last=101))) == 0


def test_it_needs_the_keys_of_the_rows_and_no_copy_key() -> None:
    backup = a_declared_backup(AFTERNOON, 100)
    assert back(answer(backup, days(1), copies=(keys(OLD),))) == 10
    found = answer(backup, days(1), copies=(keys(NEW, copy_kids=(COPY_KEY,)),))
    assert (back(found), found.keys[0].lacks) == (0, Lack.KEYS)


def test_rows_that_were_moved_since_lie_under_every_key_that_it_has() -> None:
    backup = DeclaredBackup("x", AFTERNOON, (a_check(100, AFTERNOON),), signed=True)
    moved = use(NEW, last=100, resealed=105)
    assert back(answer(backup, days(1), moved, copies=(keys(OLD, NEW),))) == 10
    assert back(answer(backup, days(1), moved, copies=(keys(NEW),))) == 0


def test_rows_that_were_counted_anew_since_are_not_in_it() -> None:
    assert back(answer(a_declared_backup(AFTERNOON, 100), days(1), use(counted=101))) == 0


@pytest.mark.parametrize(("age", "comes_back"), [(0, 10), (29.9, 10), (30, 0), (400, 0)])
def test_it_counts_while_it_is_young(age: float, comes_back: int) -> None:
    backup = a_declared_backup(AFTERNOON, 100)
    found = answer(backup, days(age))
    assert back(found) == comes_back
    assert backup.overdue(days(age), DAYS) == (not comes_back)
    if not comes_back:
        assert found.exposed_since == days(30)


@pytest.mark.parametrize(("hours", "comes_back"), [(1, 10), (1.1, 0), (9_999, 0)])
def test_a_check_dated_ahead_of_now_does_not_count(hours: float, comes_back: int) -> None:
    """A clock that was wrong for a day would otherwise have it count for years."""
    backup = a_declared_backup(days(hours / 24), 100)
    found = answer(backup, AFTERNOON)
    assert back(found) == comes_back
    assert backup.overdue(AFTERNOON, DAYS) == (not comes_back)
    assert found.exposed_since is None or found.exposed_since <= AFTERNOON
    (counts,) = backup_cells(backup, AFTERNOON, DAYS)[4:5]
    assert counts == ("yes" if comes_back else "no, dated ahead of now")


def test_with_no_days_it_counts_for_ever() -> None:
    backup = a_declared_backup(AFTERNOON, 100)
    assert all(copy.good for copy in backup.as_copies(days(9_999), 0))
    assert not backup.overdue(days(9_999), 0)


def test_nothing_comes_back_from_what_is_withdrawn_not_signed_or_not_checked() -> None:
    backup = a_declared_backup(AFTERNOON, 100)
    withdrawn = answer(replace(backup, withdrawn=days(2)), days(3))
    assert (back(withdrawn), withdrawn.exposed_since) == (0, days(2))
    assert back(answer(replace(backup, signed=False), days(1))) == 0
    unchecked = a_declared_backup(None)
    assert unchecked.as_copies(days(1), DAYS) == ()
    assert not unchecked.overdue(days(99), DAYS)


def test_what_an_earlier_check_proved_stays_as_long_as_its_own_age_allows() -> None:
    backup = a_declared_backup(AFTERNOON, 100).with_check(a_check(80, days(10)))
    assert backup.last_check is not None
    assert (backup.last_check.state.number, back(answer(backup, days(20)))) == (80, 10)
    assert back(answer(backup, days(31), use(last=80))) == 10
    assert back(answer(backup, days(31), use(last=81))) == 0
    newer = backup.with_check(a_check(100, days(11)))
    assert [check.state.number for check in newer.checks] == [100]


@given(st.lists(st.integers(1, 50), max_size=30))
def test_few_checks_are_kept_and_the_highest_is_among_them(numbers: list[int]) -> None:
    backup = a_declared_backup(None)
    for day, number in enumerate(numbers):
        backup = backup.with_check(a_check(number, days(day)))
    assert len(backup.checks) <= CHECKS_KEPT
    assert from_text(to_text(backup)) == backup
    if numbers:
        assert backup.checks[0].state.number == numbers[-1]
        assert backup.highest is not None
        assert backup.highest.state.number == max(numbers)


def test_however_many_checks_there_are_one_question_is_asked_for_each_key() -> None:
    """What changes after a number made is the one question of the answer to the CMDB."""
    backup = a_declared_backup(None)
    for day, number in enumerate((90, 80, 70, 60)):
        backup = backup.with_check(a_check(number, days(day)))
    asked: list[tuple[Kid, int]] = []

    def later(kid: Kid, number: int, _: datetime) -> Beyond:
        asked.append((kid, number))
        return Beyond(3)

    half = a_half(*backup.as_copies(days(5), DAYS), a_database_copy(50, OLD, NEW))._replace(later=later)
    found = answer(backup, days(5), use(OLD, last=100), use(NEW, last=90), half=half)
    assert asked == [(OLD, 90)]
    assert back(found) == 17


def test_a_row_is_told_from_the_other_kinds_and_means_one_thing() -> None:
    text = to_text(a_declared_backup())
    assert is_declared_row(text)
    for other in (
        text.replace('"text":', '"name":'),
        text.replace('"withdrawn":null', '"withdrawn":0'),
        text.replace('"declared":', '"extra":1,"declared":'),
        text.replace('"credentials_open"', '"certain"'),
        text.replace('"state":{', '"state":{"copy_kid":"",'),
        text.replace('{"checks"', '{ "checks"'),
        "{}",
        "",
    ):
        assert other != text
        with pytest.raises(Malformed):
            from_text(other)


def test_a_check_stands_for_a_copy_that_was_looked_at_then() -> None:
    (copy,) = a_declared_backup(AFTERNOON, 100).as_copies(days(3), DAYS)
    assert (copy.look_moment, copy.by_check, copy.declared) == (AFTERNOON, True, True)
    assert answer(a_declared_backup(AFTERNOON, 100), days(3)).checked == AFTERNOON
    (stale,) = a_declared_backup(AFTERNOON, 100).as_copies(days(31), DAYS)
    assert (stale.status, stale.good, stale.was_good) == (CopyStatus.NOT_LOOKED, False, True)
