"""What binds the keys, in plain words."""

from dataclasses import replace
from datetime import datetime

import pytest

from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.places import Location, LocationReason, Whereabouts
from nskeys.model.recoverability import Recoverability, assess
from nskeys.model.register import BackupCopy, Proof
from nskeys.wording.protection import backup_before, broken_by, helps_against, not_here, protector_title
from tests.fakes.backups import a_copy
from tests.fakes.fixed import AFTERNOON

CMDB = "c0" * 16
OLD, NEW = Kid("0" * 64), Kid("1" * 64)
ELSEWHERE = Whereabouts(Location.ELSEWHERE, LocationReason.DECLARED, "tape")


@pytest.mark.parametrize("protector", ["tpm2", "passphrase", "file", "pkcs11"])
def test_each_protector_says_what_it_is_good_for_and_what_breaks_it(protector: str) -> None:
    assert helps_against(protector) != helps_against("unknown")
    assert broken_by(protector) != broken_by("unknown")
    assert helps_against(protector) != broken_by(protector)


def test_one_that_this_version_does_not_know_claims_nothing() -> None:
    assert "nothing that this version of nskeys knows of" in helps_against("quantum")
    assert not_here("quantum", "unknown") == "Quantum is not to be had here: nskeys does not know it."


def test_another_passphrase_is_called_so() -> None:
    assert protector_title("passphrase", "passphrase") == "Another passphrase"
    assert protector_title("passphrase", "file") == "Passphrase"
    assert protector_title("file", "passphrase") == "Plain file"


def key(kid: Kid, made: datetime = AFTERNOON) -> KeyInfo:
    return KeyInfo(kid, made, KeyState.ACTIVE, made)


def copy(*kids: Kid) -> BackupCopy:
    base = a_copy()
    held = replace(base, backup=replace(base.backup, kids=kids), where=ELSEWHERE, signed=True)
    return held.with_proof(Proof.OPENED, AFTERNOON)


def answer(*copies: BackupCopy) -> Recoverability:
    return assess([key(OLD), key(NEW)], [], copies, AFTERNOON, CMDB, backs_up_elsewhere=True)


def test_a_backup_counts_before_a_change_only_where_it_holds_every_key() -> None:
    assert backup_before(answer()) == ""
    assert backup_before(answer(copy(OLD))) == ""
    assert backup_before(answer(copy(OLD, NEW))).endswith("(declared elsewhere) holds every key.")


def test_two_backups_that_hold_every_key_only_together_are_not_one() -> None:
    second = copy(NEW)
    second = replace(second, backup=replace(second.backup, kms_sha256="f" * 64))
    assert backup_before(answer(copy(OLD), second)) == ""
