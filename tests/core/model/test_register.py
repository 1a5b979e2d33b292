"""A copy of a backup: what it may claim, and what looks and proofs make of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.register import PROOFS, CopyStatus, Proof
from tests.fakes.backups import a_copy
from tests.fakes.fixed import AFTERNOON

LATER = AFTERNOON + timedelta(days=3)
SIGNED = replace(a_copy(), signed=True)


def test_a_copy_elsewhere_that_was_opened_and_is_there_counts() -> None:
    assert SIGNED.counts
    assert SIGNED.was_good


def test_nobody_vouches_for_an_unsigned_row_so_it_claims_nothing() -> None:
    unsigned = a_copy().with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    assert unsigned.proof is Proof.RECORDED
    assert unsigned.reached(Proof.OPENED) is None
    assert not unsigned.counts
    assert not unsigned.was_good


@pytest.mark.parametrize("status", [status for status in CopyStatus if status is not CopyStatus.GOOD])
def test_whatever_the_last_look_found_but_good_does_not_count(status: CopyStatus) -> None:
    seen = replace(SIGNED.seen(status, LATER), signed=True)
    assert not seen.counts
    assert seen.was_good
    assert seen.good_moment == AFTERNOON
    assert seen.look_moment == LATER
    assert seen.proof is Proof.OPENED


@pytest.mark.parametrize("location", [Location.HERE, Location.UNKNOWN])
def test_a_copy_that_dies_with_the_machine_does_not_count(location: Location) -> None:
    here = replace(SIGNED, where=LocatedAt(location, LocationReason.LOCAL_DISK))
    assert not here.counts
    assert not here.was_good


def test_a_retired_copy_does_not_count_but_was_good() -> None:
    retired = replace(SIGNED, retired=LATER)
    assert not retired.counts
    assert retired.was_good


@pytest.mark.parametrize("proof", PROOFS)
def test_only_what_was_opened_once_counts(proof: Proof) -> None:
    copy = replace(SIGNED, proofs=()).with_proof(proof, AFTERNOON)
    assert replace(copy, signed=True).counts is (proof.rank >= Proof.OPENED.rank)


@pytest.mark.parametrize("proof", PROOFS)
def test_a_proof_proves_all_that_is_weaker_and_takes_nothing_away(proof: Proof) -> None:
    before = SIGNED.with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    after = replace(before.with_proof(proof, LATER), signed=True)
    assert after.proof is Proof.CREDENTIALS_OPEN
    for level in PROOFS:
        assert after.reached(level) == (LATER if level.rank <= proof.rank else AFTERNOON)


def test_a_good_look_proves_no_more_than_that_the_file_is_intact() -> None:
    fresh = replace(SIGNED, proofs=()).seen(CopyStatus.GOOD, LATER)
    assert replace(fresh, signed=True).proof is Proof.INTACT
    assert fresh.good_moment == LATER


def test_levels_are_ordered_as_the_register_names_them() -> None:
    assert [proof.value for proof in sorted(Proof, key=lambda proof: proof.rank)] == [
        "recorded",
        "present",
        "intact",
        "opened",
        "keys_match",
        "credentials_open",
    ]


def test_a_row_does_not_grow_however_often_it_is_proven() -> None:
    copy = SIGNED
    for _ in range(20):
        copy = copy.with_proof(Proof.OPENED, LATER).seen(CopyStatus.GOOD, LATER)
    assert len(copy.proofs) == 4
