"""What binds the keys, in plain words."""

from dataclasses import replace

import pytest

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.reasons import ProtectorProblem
from nskeys.wording.keys import backup_before, broken_by, helps_against, not_here, protector_title
from tests.fakes.backups import a_copy

ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "tape")


@pytest.mark.parametrize("protector", ["tpm2", "passphrase", "file", "pkcs11"])
def test_each_protector_says_what_it_is_good_for_and_what_breaks_it(protector: str) -> None:
    assert helps_against(protector) != helps_against("unknown")
    assert broken_by(protector) != broken_by("unknown")
    assert helps_against(protector) != broken_by(protector)


def test_one_that_this_version_does_not_know_claims_nothing() -> None:
    assert "nothing that this version of nskeys knows of" in helps_against("quantum")
    assert (
        not_here("quantum", ProtectorProblem.UNKNOWN)
        == "Quantum is not available here: nskeys does not know it."
    )


def test_another_passphrase_is_called_so() -> None:
    assert protector_title("passphrase", "passphrase") == "Another passphrase"
    assert protector_title("passphrase", "file") == "Passphrase"
    assert protector_title("file", "passphrase") == "Plain file"


def test_the_backup_that_a_change_relies_on_is_named_with_its_place() -> None:
    copy = replace(a_copy(), where=ELSEWHERE)
    assert backup_before(copy).endswith("(declared elsewhere) holds every key.")
