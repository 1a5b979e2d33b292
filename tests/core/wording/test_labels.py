"""Nothing in the model lacks a word, and no word is a token in disguise."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

import nskeys.model
from nskeys import ports
from nskeys.model.audit import Action
from nskeys.model.credential_list import SortBy
from nskeys.model.credentials import CredentialKind
from nskeys.model.database import LoginSafety
from nskeys.model.database_tables import ColumnKind
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.diary import DiaryFate, DrillEnd
from nskeys.model.findings import FindingKind, Hope, Reason, RotationWait, Shelter
from nskeys.model.halves import Lack
from nskeys.model.imports import ImportFormat
from nskeys.model.keys import KeyFate, KeyState, Kid, RotationStage
from nskeys.model.next_steps import NextAction
from nskeys.model.plans import HomeState
from nskeys.model.recoverability import DueReason, RecoveryState
from nskeys.model.recovery import EarlierIdentity, IdentityKind
from nskeys.model.register import PROOFS, CopyStatus, Proof, Protection, Signer
from nskeys.model.retention import Fate, FateReason
from nskeys.model.schedule import Job, Obstacle, UnitStatus
from nskeys.model.statements import StatementKind
from nskeys.model.trail_copies import LogKind
from nskeys.model.unlock import UnlockMethod
from nskeys.reasons import FailureReason
from nskeys.wording import (
    audit,
    credentials,
    database,
    destinations,
    drills,
    imports,
    labels,
    proofs,
    prune,
    recovery,
    schedule,
)
from nskeys.wording.findings import finding_sentence, notice
from nskeys.wording.layout import WIDE
from nskeys.wording.next_steps import Voice, step_words
from nskeys.wording.passwords import question
from nskeys.wording.progress import stage_name
from nskeys.wording.text.terminal import safe, width
from tests.fakes.overviews import EVENING, copy, found


def _reason(reason: LocationReason) -> str:
    return destinations.location_name(LocatedAt(Location.UNKNOWN, reason))


def _prompt(purpose: ports.Purpose) -> str:
    return question(ports.SecretRequest(purpose)).prompt


def _brief(kind: FindingKind, reason: Reason) -> str:
    said = notice(replace(found(kind), reason=reason, copy=copy()), EVENING, WIDE)
    assert said is not None
    return said.text


def _hopes(hope: Hope) -> str:
    return _brief(FindingKind.LOST, hope)


def _shelters(shelter: Shelter) -> str:
    return _brief(FindingKind.AT_RISK, shelter)


def _lacks(lack: Lack) -> str:
    return credentials.state_words(RecoveryState.AT_RISK, lack)


def _waits(wait: RotationWait) -> str:
    return finding_sentence(replace(found(FindingKind.ROTATION_OPEN), reason=wait, copy=copy()), EVENING)


def _by_key(action: NextAction) -> str:
    return step_words(action, Voice.KEY)


def _by_command(action: NextAction) -> str:
    return step_words(action, Voice.COMMAND)


SAID: dict[type[StrEnum], tuple[Callable[[Any], str], ...]] = {
    Action: (labels.action_name,),
    CredentialKind: (labels.kind_name,),
    DiaryFate: (drills.diary_fate,),
    DrillEnd: (drills.drill_end_name, drills.drill_end_words),
    DueReason: (labels.due_sentence,),
    Fate: (prune.fate_word,),
    FindingKind: (lambda kind: finding_sentence(found(kind), EVENING),),
    Hope: (_hopes,),
    NextAction: (_by_key, _by_command),
    Shelter: (_shelters,),
    FateReason: (prune.reason_words,),
    FailureReason: (labels.failure_words, labels.failure_name),
    IdentityKind: (lambda kind: recovery.identity_name(EarlierIdentity(kind, 1, "")),),
    ImportFormat: (imports.import_format_name,),
    KeyFate: (labels.key_fate_name,),
    Lack: (_lacks,),
    Job: (schedule.job_words,),
    KeyState: (labels.key_state_name,),
    LoginSafety: (database.LOGINS.__getitem__,),
    LogKind: (audit.LOGS.__getitem__,),
    Location: (destinations.location_word,),
    LocationReason: (_reason,),
    Obstacle: (lambda obstacle: schedule.obstacle_words(obstacle).what,),
    Proof: (labels.proof_name, labels.proof_words),
    Protection: (labels.protection_name,),
    RecoveryState: (labels.state_name,),
    RotationStage: (),  # told as a RotationWait
    RotationWait: (_waits,),
    CopyStatus: (labels.sight_name,),
    Signer: (proofs.signer_words,),
    UnitStatus: (schedule.sight_words,),
    ports.Purpose: (_prompt,),
    ports.Stage: (stage_name,),
}


def _enums() -> Iterator[type[StrEnum]]:
    modules = [
        importlib.import_module(f"nskeys.model.{m.name}")
        for m in pkgutil.iter_modules(nskeys.model.__path__)
    ]
    for module in (*modules, ports):
        for _, thing in inspect.getmembers(module, inspect.isclass):
            if issubclass(thing, StrEnum) and thing.__module__ == module.__name__:
                yield thing


NEVER_SAID = {ColumnKind, HomeState, SortBy, StatementKind, UnlockMethod}
"""What follows from them is said, not they."""


@pytest.mark.parametrize("enum", sorted({*_enums()} - NEVER_SAID, key=str), ids=lambda enum: enum.__name__)
def test_every_member_of_every_enum_has_its_own_words(enum: type[StrEnum]) -> None:
    for say in SAID[enum]:
        words = [say(member) for member in enum]
        assert len(set(words)) == len(words)
        for text in words:
            assert text
            assert text == safe(text)
            assert "_" not in text


def test_a_proof_never_sounds_stronger_than_it_is() -> None:
    assert [labels.proof_name(proof) for proof in PROOFS] == [
        "recorded",
        "present",
        "intact",
        "opened",
        "keys match",
        "credentials open",
    ]
    for proof in PROOFS[: PROOFS.index(Proof.CREDENTIALS_OPEN)]:
        assert "credential" not in labels.proof_words(proof)
    for proof in PROOFS[: PROOFS.index(Proof.OPENED)]:
        assert "opened after" not in labels.proof_words(proof)


def test_words_for_columns_fit_their_columns() -> None:
    assert all(width(labels.state_name(state)) <= 11 for state in RecoveryState)
    assert all(width(labels.key_state_name(state)) <= 11 for state in KeyState)
    assert all(width(labels.kind_name(kind)) <= 10 for kind in CredentialKind)
    assert all(width(labels.proof_name(proof)) <= 16 for proof in PROOFS)


@pytest.mark.parametrize("protector", ["tpm2", "passphrase", "file", "pkcs11"])
def test_a_protector_has_a_name_a_label_and_its_meaning(protector: str) -> None:
    assert labels.protector_label(protector).startswith("keys ")
    assert labels.protector_words(protector).startswith(labels.protector_label(protector) + ": ")
    assert labels.protector_name(protector) in labels.protector_label(protector)


def test_a_plain_file_is_called_so() -> None:
    assert labels.protector_words("file") == "keys in a plain file: whoever copies this disk has the keys"


def test_words_that_a_newer_version_may_have_written_are_shown_safely() -> None:
    assert labels.kind_name("\x1b[2J") == "\\x1b[2J"
    assert labels.action_name("moved\u202e") == "moved\\u202e"
    assert labels.protector_label("moon\n") == "keys in moon\\n"


def test_a_key_is_its_first_eight_digits_and_counts_follow_their_kind() -> None:
    assert labels.kid_name(Kid("7f3a91c2" + "0" * 56)) == "7f3a91c2"
    assert labels.kind_counts((("hierarchy", 3), ("pcanywhere", 5), ("run-as", 6_000))) == (
        "hierarchy 3",
        "pcAnywhere 5",
        "run-as 6,000",
    )
