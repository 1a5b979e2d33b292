"""Every way to fail has one exit code."""

import pytest

from nskeys import errors
from nskeys.cli import exit_codes
from nskeys.cli.exit_codes import EXITS, Exit, StatusExit, exit_for, exit_for_findings
from nskeys.errors import NskeysError
from nskeys.model.findings import Finding, FindingKind, Severity
from nskeys.reasons import Opens, OwnershipProblem, Problem
from tests.core.wording.samples import error_classes, sample


def test_every_error_has_an_exit_code_of_its_own() -> None:
    assert set(EXITS) == set(error_classes())


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_no_error_looks_like_success_or_like_a_bug(cls: type[NskeysError]) -> None:
    assert exit_for(sample(cls, "x")) not in (Exit.DONE, Exit.INCOMPLETE, Exit.BUG)


def test_a_subclass_ends_as_its_parent() -> None:
    class Gone(errors.DestinationUnreachable):
        pass

    assert exit_for(Gone("/mnt/vault", Problem.GONE)) is Exit.UNREACHABLE


def test_an_error_that_nobody_foresaw_is_a_bug() -> None:
    assert exit_for(NskeysError()) is Exit.BUG


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotSetUp("/var/lib/nskeys"), 78),
        (errors.Locked("root", 1, "making a backup", ""), 75),
        (errors.WrongPassword(Opens.BACKUP), 77),
        (errors.HomeUnreadable("/var/lib/nskeys"), 77),
        (errors.HomeUnreachable("/var/lib/nskeys", Problem.IO_ERROR), 69),
        (
            errors.HomeNotSafe(
                "/var/lib/nskeys", "/var/lib", OwnershipProblem.OTHERS_WRITE, "root", "root"
            ),
            77,
        ),
        (errors.BackupDamaged("b.zip", "keys.kms", Problem.HASH), 65),
        (errors.ImportRefused("e.csv", ()), 65),
        (errors.DestinationUnreachable("/mnt/vault", Problem.GONE), 69),
        (errors.CannotCreate("/mnt/vault", Problem.NO_SPACE), 73),
        (errors.CannotRemove("/mnt/vault/a.zip", Problem.NOT_PERMITTED), 77),
        (errors.LossCountWrong(2, 3), 64),
        (errors.Cancelled(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_codes_are_those_of_the_contract(error: NskeysError, code: int) -> None:
    assert exit_for(error) == code


@pytest.mark.parametrize(
    ("severities", "code"),
    [
        ([], StatusExit.RECOVERABLE),
        ([Severity.NOTE], StatusExit.RECOVERABLE),
        ([Severity.NOTE, Severity.WARNING], StatusExit.AT_RISK),
        ([Severity.CRITICAL, Severity.WARNING], StatusExit.LOST),
    ],
)
def test_status_ends_with_the_worst_that_was_found(severities: list[Severity], code: StatusExit) -> None:
    assert exit_for_findings(Finding(FindingKind.AT_RISK, severity) for severity in severities) is code


def test_the_table_in_the_docstring_names_every_code() -> None:
    assert exit_codes.__doc__ is not None
    for code in Exit:
        assert f"{code:>2} " in exit_codes.__doc__ or f"{code} " in exit_codes.__doc__
