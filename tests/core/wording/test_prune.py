"""Pruning in words."""

from dataclasses import replace

from nskeys.errors import CannotRemove, DestinationUnreachable
from nskeys.model.retention import Decision, Fate, FateReason, Retention
from nskeys.reasons import Problem
from nskeys.wording.prune import decision_cells, plan_lines, report_lines, retention_words
from tests.fakes.backups import a_copy
from tests.fakes.fixed import AFTERNOON

AWAY = DestinationUnreachable("/mnt/vault", Problem.MISSING_FOLDER)


def decision(fate: Fate, reason: FateReason = FateReason.SURPLUS) -> Decision:
    copy = a_copy(41)
    return Decision(copy.address, copy.destination, fate, reason, copy)


def test_what_is_kept_is_said_as_numbers() -> None:
    assert retention_words(Retention(7, 12)) == (
        "the last 7 key backups and one for each of 12 months, and the last 48 database copies, at each "
        "destination"
    )
    assert retention_words(Retention(1, 0, 1)) == (
        "the last key backup, and the last database copy, at each destination"
    )


def test_a_plan_in_a_few_lines() -> None:
    keep, delete, settle = map(decision, (Fate.KEEP, Fate.DELETE, Fate.SETTLE))
    assert plan_lines(Retention(1, 0), [keep], []) == (
        "Kept: the last key backup, and the last 48 database copies, at each destination.",
        "Nothing is to be deleted.",
    )
    reached = "The destination /mnt/vault cannot be reached: its folder does not exist."
    skipped = [("/mnt/safe\x1b[2J", AWAY), ("/mnt/vault", AWAY)]
    lines = plan_lines(Retention(1, 0), [keep, delete, settle], skipped)
    assert lines[1:] == (
        "1 key backup is to be deleted, 1 file stays.",
        "1 file gone before is to be noted.",
        f"Left out: /mnt/safe\\x1b[2J. {reached}",
        f"Left out: {reached}",
    )


def test_a_file_in_a_row_of_cells() -> None:
    cells = decision_cells(decision(Fate.DELETE))
    assert (cells[0], cells[1], cells[3], cells[4]) == (
        "delete",
        "backup 41",
        "beyond what is kept",
        "/mnt/vault/ns01.zip",
    )
    stranger = Decision("/mnt/vault/\x1b.zip", "/mnt/vault", Fate.KEEP, FateReason.UNKNOWN)
    assert decision_cells(stranger) == (
        "keep",
        "not known",
        "",
        "not in the register",
        "/mnt/vault/\\x1b.zip",
    )


def test_a_report_says_what_was_not_done_too() -> None:
    copy = replace(a_copy(1), retired=AFTERNOON)
    failure = (copy, CannotRemove(copy.address, Problem.ACCESS_DENIED))
    assert report_lines([copy, copy], [failure], []) == (
        "2 old key backups deleted.",
        "Not deleted: /mnt/vault/ns01.zip cannot be removed: the server does not permit it.",
    )
    assert report_lines([], [], [])[0] == "Nothing was deleted."
