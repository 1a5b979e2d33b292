"""The register in words: what was seen, what was proven, what letting a copy go means."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.services.register.service import RetirePlan
from nskeys.wording.copies import copy_place
from nskeys.wording.register import (
    counts_words,
    look_words,
    looked_words,
    losing_words,
    proof_dates,
    retire_answer,
    retire_lines,
    seen_word,
    typed_words,
    vouched_words,
)
from nskeys.wording.text.terminal import width
from tests.fakes.backups import a_copy
from tests.fakes.credentials import a_credential
from tests.fakes.fixed import AFTERNOON

ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs4 vault02:/backups")
GOOD = replace(a_copy(), where=ELSEWHERE, signed=True, retired=None).with_proof(Proof.OPENED, AFTERNOON)
HERE = replace(GOOD, where=LocatedAt(Location.HERE, LocationReason.LOCAL_DISK))


@pytest.mark.parametrize(
    ("copy", "word"),
    [
        (GOOD, "good"),
        (replace(GOOD, status=CopyStatus.MISSING), "missing"),
        (replace(GOOD, status=CopyStatus.CHANGED), "changed"),
        (replace(GOOD, status=CopyStatus.UNREACHABLE), "unreachable"),
        (replace(GOOD, signed=False), "unsigned"),
        (replace(GOOD, retired=AFTERNOON), "retired"),
        (replace(GOOD, retired=AFTERNOON + timedelta(1), status=CopyStatus.MISSING), "retired"),
        (replace(GOOD, retired=AFTERNOON, status=CopyStatus.MISSING), "deleted"),
    ],
)
def test_what_was_seen_is_one_word(copy: BackupCopy, word: str) -> None:
    assert seen_word(copy) == word


def test_whether_it_counts_and_why_not() -> None:
    assert counts_words(GOOD).startswith("yes: ")
    assert counts_words(HERE) == "no: it lies on this machine"
    assert counts_words(replace(GOOD, status=CopyStatus.MISSING)) == "no: it is missing"


def test_a_look_that_found_nothing_says_until_when_it_was_good() -> None:
    now = AFTERNOON + timedelta(days=3)
    gone = GOOD.seen(CopyStatus.MISSING, now)
    assert look_words(gone, now) == "missing, looked at just now; last good 3 days ago"
    assert look_words(GOOD, AFTERNOON) == "good, looked at just now"
    assert look_words(replace(GOOD, signed=False), now).startswith("not looked at")


def test_a_copy_on_another_server_is_known_by_the_age_of_its_check() -> None:
    now = AFTERNOON + timedelta(hours=2)
    remote = replace(GOOD, destination="sftp://vault02/backups", by_check=True)
    assert look_words(remote, now) == "good, by the check 2 hours ago"
    assert looked_words([GOOD]) == "each looked at now"
    assert looked_words([GOOD, remote]) == "1 as last checked"
    assert looked_words([remote]) == "as last checked"
    assert copy_place(remote, 99, now) == (
        "backup 1 on sftp://vault02/backups (elsewhere, checked 2 hours ago)"
    )
    for cells in range(39, 70):
        assert width(copy_place(remote, cells, now)) <= cells
        assert "checked 2 hours ago" in copy_place(remote, cells, now), "its age is always said"
    ahead = copy_place(remote, 99, AFTERNOON - timedelta(hours=2))
    assert "check dated ahead of now" in ahead


def test_every_level_of_proof_has_its_date_or_says_that_it_is_not_reached() -> None:
    dates = proof_dates(GOOD)
    assert len(dates) == len(Proof)
    assert dates[3].startswith("opened 2026-11-23")
    assert dates[-1] == "credentials open not yet"
    assert proof_dates(replace(GOOD, signed=False)) == ("none that this server vouches for",)


def test_when_a_person_last_typed_what_opens_it() -> None:
    assert typed_words(GOOD, AFTERNOON) == "never, as far as is known"
    typed = replace(GOOD, typed=AFTERNOON)
    assert typed_words(typed, AFTERNOON + timedelta(days=3)).endswith(", 3 days ago")
    assert typed_words(replace(typed, signed=False), AFTERNOON).startswith("never")


def test_who_vouches_for_a_row() -> None:
    assert vouched_words(GOOD) == "by the key of this server"
    assert vouched_words(replace(GOOD, signed=False)).startswith("by nobody")


def test_letting_go_names_the_credentials_that_lose_their_only_backup() -> None:
    examples = tuple(a_credential(name).credential for name in ("a\x1b", "b", "c", "d"))
    kinds = (("hierarchy", 3), ("run-as", 9))
    plan = RetirePlan(GOOD, GOOD.backup.kids, 12, kinds=kinds, examples=examples)
    words = losing_words(plan)
    assert words == (
        "12 credentials (hierarchy 3, run-as 9) have no other backup elsewhere that counts: a\\x1b, b, c, "
        "d and 8 more."
    )
    lines = retire_lines(plan)
    assert lines[1].startswith(words)
    assert lines[-1].endswith("Its file stays where it is.")
    assert retire_answer(plan) == "Yes, although 12 credentials have no other"


def test_letting_go_of_what_nobody_needs_names_none() -> None:
    plan = RetirePlan(GOOD, (), 0)
    assert len(retire_lines(plan)) == 2
    assert retire_answer(plan) == "Yes, retire it"
    assert retire_answer(RetirePlan(GOOD, (), 1)) == "Yes, although 1 credential has no other"
