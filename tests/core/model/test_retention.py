"""Which copies stay: by numbers, and whatever the numbers say where something would be missed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.register import BackupCopy, CopyStatus, Proof, ProofDate, Protection
from nskeys.model.retention import Decision, Fate, FateReason, Retention, decide
from tests.fakes.backups import a_copy
from tests.fakes.examples import examples
from tests.fakes.fixed import AFTERNOON

CMDB_ID = "c0" * 16
OLD, NEW, OTHER = Kid("0" * 64), Kid("1" * 64), Kid("2" * 64)
HERE = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)
LAST_ONE = Retention(1, 0)


def copy(generation: int, *kids: Kid, place: str = "/vault", **changes: object) -> BackupCopy:
    """A good copy elsewhere, for which the server key vouches; a day younger for each generation."""
    made = replace(a_copy(generation, f"{place}/{generation}.zip"), destination=place, signed=True)
    created = AFTERNOON + timedelta(days=generation)
    made = replace(made, backup=made.backup._replace(kids=kids or (OLD,), created=created))
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of BackupCopy


def created(generation: int, moment: datetime, *kids: Kid) -> BackupCopy:
    made = copy(generation, *kids)
    return replace(made, backup=made.backup._replace(created=moment))


def decided(
    copies: Sequence[BackupCopy],
    retention: Retention = LAST_ONE,
    needed: Sequence[Kid] = (OLD,),
    begun: Sequence[BackupCopy] = (),
) -> list[Decision]:
    found = list(decide(copies, needed, CMDB_ID, retention, begun))
    assert [one.copy for one in found] == list(copies)
    return found


def reasons(
    copies: Sequence[BackupCopy], retention: Retention = LAST_ONE, needed: Sequence[Kid] = (OLD,)
) -> list[FateReason]:
    return [one.reason for one in decided(copies, retention, needed)]


def test_the_last_ones_stay_at_each_destination() -> None:
    copies = [copy(number) for number in range(1, 6)]
    copies += [copy(number, place="/safe") for number in (1, 2)]
    kept = [one.address for one in decided(copies, Retention(2, 0)) if one.fate is Fate.KEEP]
    assert kept == ["/vault/4.zip", "/vault/5.zip", "/safe/1.zip", "/safe/2.zip"]


def test_the_last_one_of_each_month_stays() -> None:
    days = [(2026, 1, 5), (2026, 1, 31), (2026, 2, 1), (2026, 4, 2), (2026, 4, 30), (2026, 5, 1)]
    copies = [created(number, datetime(*day, 3, tzinfo=UTC)) for number, day in enumerate(days, 1)]
    found = reasons(copies, Retention(1, 3))
    assert found == [
        FateReason.SURPLUS,
        FateReason.SURPLUS,
        FateReason.MONTHLY,
        FateReason.SURPLUS,
        FateReason.MONTHLY,
        FateReason.LAST,
    ]
    assert reasons(copies, Retention(1, 4))[1] is FateReason.MONTHLY


def test_two_copies_of_one_backup_at_one_place_are_one_backup() -> None:
    twin = replace(copy(2), address="/vault/2-2.zip")
    assert reasons([copy(1), copy(2), twin, copy(3)], Retention(2, 0)) == [
        FateReason.SURPLUS,
        FateReason.LAST,
        FateReason.LAST,
        FateReason.LAST,
    ]


def test_no_less_than_one_stays_whatever_is_asked() -> None:
    assert reasons([copy(1), copy(2)], Retention(0, 0)) == [FateReason.SURPLUS, FateReason.LAST]


def test_the_only_backup_with_a_key_that_credentials_use_stays() -> None:
    copies = [copy(1, OLD), copy(2, OLD), copy(3, NEW)]
    assert reasons(copies, needed=(OLD, NEW)) == [
        FateReason.SURPLUS,
        FateReason.NEEDED,
        FateReason.LAST,
    ]
    assert reasons(copies, needed=(NEW,))[:2] == [FateReason.SURPLUS, FateReason.SURPLUS]


def test_a_copy_here_stands_in_for_none_elsewhere() -> None:
    copies = [copy(1), copy(2, place="/home/backups", where=HERE)]
    assert reasons(copies) == [FateReason.LAST, FateReason.LAST]
    copies = [copy(1), copy(2, place="/vault", where=HERE)]
    assert reasons(copies) == [FateReason.NEWEST, FateReason.LAST]


def test_a_newer_copy_that_is_not_good_stands_in_for_none() -> None:
    for status, reason in (
        (CopyStatus.MISSING, FateReason.MISSING),
        (CopyStatus.CHANGED, FateReason.CHANGED),
        (CopyStatus.UNREACHABLE, FateReason.UNREACHABLE),
        (CopyStatus.NOT_LOOKED, FateReason.UNREACHABLE),
    ):
        assert reasons([copy(1), copy(2, status=status)]) == [FateReason.LAST, reason]


def test_what_the_register_does_not_vouch_for_is_left_alone_and_stands_in_for_none() -> None:
    foreign = copy(3)
    foreign = replace(foreign, backup=foreign.backup._replace(cmdb_id="ff" * 16))
    copies = [
        copy(1),
        copy(2, signed=False),
        foreign,
        copy(4, retired=AFTERNOON),
        copy(5, proofs=(ProofDate(Proof.INTACT, AFTERNOON),)),
    ]
    assert reasons(copies) == [
        FateReason.LAST,
        FateReason.UNVOUCHED,
        FateReason.OTHER_CMDB,
        FateReason.RETIRED,
        FateReason.NOT_OPENED,
    ]


def test_the_last_backup_that_a_person_proved_stays() -> None:
    older = copy(1, proofs=(ProofDate(Proof.CREDENTIALS_OPEN, AFTERNOON),))
    proven = copy(2, proofs=(ProofDate(Proof.KEYS_MATCH, AFTERNOON + timedelta(hours=1)),))
    assert reasons([older, proven, copy(3), copy(4)]) == [
        FateReason.SURPLUS,
        FateReason.PROVEN,
        FateReason.SURPLUS,
        FateReason.LAST,
    ]


def test_each_way_of_opening_keeps_its_own_proof() -> None:
    def to(number: int, *recipients: str) -> BackupCopy:
        made = copy(number, proofs=(ProofDate(Proof.KEYS_MATCH, AFTERNOON + timedelta(days=number)),))
        backup = made.backup._replace(protection=Protection.RECIPIENTS, recipients=recipients)
        return replace(made, backup=backup)

    copies = [to(1, "age1a"), to(2, "age1b"), to(3, "age1b"), copy(4)]
    assert reasons(copies) == [
        FateReason.PROVEN,
        FateReason.SURPLUS,
        FateReason.PROVEN,
        FateReason.LAST,
    ]


def test_backups_that_wait_for_a_person_push_out_none_that_counts() -> None:
    waiting = [copy(number, by_a_person=False) for number in (3, 4, 5)]
    assert reasons([copy(1), copy(2), *waiting], Retention(2, 0)) == [
        FateReason.SURPLUS,
        FateReason.NEWEST,
        FateReason.SURPLUS,
        FateReason.LAST,
        FateReason.LAST,
    ]


def test_what_was_broken_off_after_the_file_was_gone_is_settled() -> None:
    gone = copy(1, status=CopyStatus.MISSING, retired=AFTERNOON)
    by_a_person = copy(2, status=CopyStatus.MISSING, retired=AFTERNOON)
    first, second, _ = decided([gone, by_a_person, copy(3)], begun=[gone])
    assert (first.fate, first.reason) == (Fate.SETTLE, FateReason.BEGUN)
    assert (second.fate, second.reason) == (Fate.KEEP, FateReason.RETIRED)


KIDS = (OLD, NEW, OTHER)


@st.composite
def registers(draw: st.DrawFn) -> list[BackupCopy]:
    """Any register: backups of any keys, at several addresses, here and elsewhere, seen in every state."""
    copies = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        kids = tuple(draw(st.lists(st.sampled_from(KIDS), min_size=1, unique=True)))
        day = AFTERNOON + timedelta(days=draw(st.integers(0, 200)))
        for place in draw(st.lists(st.sampled_from(("/vault", "/safe", "/here")), min_size=1, unique=True)):
            made = copy(
                draw(st.integers(1, 5)),
                *kids,
                place=place,
                where=HERE if place == "/here" else made_where(),
            )
            proof = draw(st.sampled_from((Proof.INTACT, Proof.OPENED, Proof.KEYS_MATCH)))
            status = draw(
                st.sampled_from((CopyStatus.GOOD, CopyStatus.GOOD, CopyStatus.GOOD, CopyStatus.MISSING))
            )
            backup = made.backup._replace(kms_sha256=f"{number:064x}", created=day)
            copies.append(
                replace(
                    made,
                    backup=backup,
                    address=f"{place}/{number}.zip",
                    proofs=(ProofDate(proof, day),),
                    status=status,
                    signed=draw(st.integers(0, 9)) > 0,
                    retired=draw(st.sampled_from((None, None, None, AFTERNOON))),
                )
            )
    return copies


def made_where() -> LocatedAt:
    return a_copy().where


def opens(one: BackupCopy) -> bool:
    good = one.signed and one.retired is None and one.status is CopyStatus.GOOD
    return good and one.proof.rank >= Proof.OPENED.rank


@given(registers(), st.integers(1, 3), st.integers(0, 2), st.booleans())
@settings(max_examples=examples(150), deadline=None)
def test_every_key_stays_as_safe_as_it_was(
    copies: list[BackupCopy], last: int, monthly: int, one_file_under_two_names: bool
) -> None:
    """Also where all copies of a backup are one file, so that deleting one deletes them all."""
    found = decided(copies, Retention(last, monthly), KIDS)
    gone = {one.address for one in found if one.fate is Fate.DELETE}
    if one_file_under_two_names:
        backups = {one.copy.backup.kms_sha256 for one in found if one.copy and one.fate is Fate.DELETE}
        gone = {one.address for one in copies if one.backup.kms_sha256 in backups}
    left = [one for one in copies if one.address not in gone]
    for kid in KIDS:
        for good in (opens, lambda one: one.counts):
            before = any(good(one) for one in copies if kid in one.backup.kids)
            assert before == any(good(one) for one in left if kid in one.backup.kids)
    for good in (opens, lambda one: one.counts):
        newest = max(map(_age, filter(good, copies)), default=None)
        assert newest == max(map(_age, filter(good, left)), default=None)
    for one in found:
        if one.fate is Fate.DELETE:
            assert one.copy is not None
            assert opens(one.copy)


def _age(one: BackupCopy) -> tuple[int, datetime, str]:
    return (one.backup.generation, one.backup.created, one.backup.kms_sha256)
