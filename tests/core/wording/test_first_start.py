"""What a first start says: what is there, and what each way costs."""

from dataclasses import replace

from nskeys.model.plans import FirstSight, HomeState
from nskeys.reasons import ProtectorProblem
from nskeys.wording.first_start import (
    count_help,
    count_refused,
    first_sight,
    first_title,
    go_on_without,
    protector_choice,
    protector_unavailable,
    restore_remembered,
)
from tests.fakes.backups import a_copy

EMPTY = FirstSight(HomeState.EMPTY, "/var/lib/nskeys", "cmdb.sqlite3", None, 0, ())


def test_an_empty_home_is_said_to_be_empty() -> None:
    assert first_sight(EMPTY) == ("Nothing is set up in /var/lib/nskeys yet: no keys, no credentials.",)


def test_credentials_without_keys_are_counted_and_said_not_to_open() -> None:
    waiting = replace(EMPTY, state=HomeState.DATABASE_ONLY, credentials=14)
    assert first_sight(waiting) == (
        "The CMDB holds 14 credentials, and no keys are here.",
        "Until the keys are restored, none of them opens.",
    )


def test_a_cmdb_that_only_remembers_backups_says_so() -> None:
    remembering = replace(EMPTY, state=HomeState.DATABASE_ONLY, remembered=(a_copy(),))
    assert first_sight(remembering)[0].startswith("The CMDB remembers backups, but holds no credentials")


def test_keys_of_another_machine_are_called_so_whatever_else_is_there() -> None:
    elsewhere = replace(EMPTY, state=HomeState.ELSEWHERE, credentials=14)
    assert first_title(elsewhere) == "Keys of another machine"
    assert first_title(EMPTY) == "First start"
    assert first_sight(elsewhere)[0] == (
        "The keys here are bound to another machine, and do not open on this one."
    )


def test_where_a_tpm_cannot_be_asked_both_possibilities_are_said() -> None:
    unreached = replace(
        EMPTY, state=HomeState.UNREACHED, unreached=ProtectorProblem.NO_DEVICE, credentials=14
    )
    assert first_title(unreached) == "Keys of a TPM that is not here"
    assert first_sight(unreached) == (
        "The keys here are bound to a TPM, which cannot be asked: no TPM was found.",
        "If it is only away, bring it back and try again: nothing is lost.",
        "If this is another machine, a restore puts the keys of a backup in their place.",
    )


def test_what_is_outside_text_is_made_safe() -> None:
    assert "\x1b" not in first_sight(replace(EMPTY, home="/srv/\x1b[2J"))[0]
    assert "\x1b" not in "".join(restore_remembered(a_copy(41, "/mnt/\x1b[2J.zip")))


def test_a_remembered_backup_is_named_with_its_place() -> None:
    label, place = restore_remembered(a_copy(41))
    assert label.startswith("Restore from backup 41 of 2026-11-23")
    assert place == "/mnt/vault/ns01.zip (elsewhere)"


def test_what_is_let_go_is_counted() -> None:
    assert go_on_without(1)[1].startswith("1 credential stays lost")
    assert go_on_without(12)[1].startswith("12 credentials stay lost")
    assert count_help(1_200) == "type 1200 to go on without them"
    assert count_refused(1_200) == "There are 1,200: type 1200, or go back with Esc."


def test_a_protector_is_labelled_with_what_it_is_worth() -> None:
    assert protector_choice("file") == ("Plain file", "whoever copies this disk has the keys")
    assert protector_choice("passphrase")[1] == "shut on a stolen machine; asked once per run"
    for name in ("tpm2", "passphrase", "pkcs11", "file"):
        assert len(protector_choice(name)[1]) <= 44, "beside its name on the smallest screen"
    assert protector_unavailable("pkcs11", ProtectorProblem.NO_TOKEN) == (
        "Security token is not available: no such token is plugged in."
    )
