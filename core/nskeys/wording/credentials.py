"""One credential in words: its fields, its secret while it is hidden, and the questions about it."""

from datetime import datetime

from nskeys.errors import FieldInvalid
from nskeys.model.credentials import Credential, UnreadableCredential
from nskeys.model.recoverability import CopyClaim, CredentialCoverage, RecoveryState
from nskeys.model.register import Proof
from nskeys.wording.copies import copy_place
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name, kind_name, proof_name, state_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, when

HIDDEN = "sealed; s shows it"
OPENING = "opening …"
EMPTY_SECRET = "(empty: the account has no password)"
NOTED = "The audit trail says that you saw it."
SHOWN_ESCAPED = "Characters that a terminal must not get are shown as escapes."
RE_ENTER_SECRET = "type it again: the one that is stored does not open"
KEEP_SECRET = "leave it empty to keep the secret as it is"
_MOST_COPIES = 8
_PLACE = 500
"""Cells for a place: lines are broken where they have to be, and nothing is cut."""
_STATE_MEANS = {
    RecoveryState.RECOVERABLE: "comes back from a backup",
    RecoveryState.AT_RISK: "in no backup that counts, so it is lost with this machine",
    RecoveryState.LOST: "its key is neither here nor in a backup that counts, or its row cannot be read",
}


def credential_title(credential: Credential) -> str:
    """Return text such as `run-as deploy-finance`."""
    return f"{kind_name(credential.fields.kind)} {safe(credential.fields.name)}"


def state_words(state: RecoveryState) -> str:
    """Return a state and what it means: `at risk: in no backup that counts, ...`."""
    return f"{state_name(state)}: {_STATE_MEANS[state]}"


def sealed_words(credential: Credential) -> str:
    """Return which key seals it and since when: `by key 7f3a91c2, since 2026-11-22 14:02`."""
    if isinstance(credential, UnreadableCredential):
        return f"its row cannot be read{problem_text(credential.problem)}"
    return f"by key {kid_name(credential.kid)}, since {when(credential.sealed)}"


def dates_words(created: datetime, updated: datetime) -> str:
    """Return when it was added, and when it was changed, where that is another moment."""
    added = when(created)
    return added if updated == created else f"{added}, changed {when(updated)}"


def secret_length(secret: str) -> str:
    """Return how many characters a secret has, so that spaces at its ends are not overlooked."""
    return count(len(secret), "character")


def remove_question(credential: Credential) -> tuple[str, str]:
    return (
        f"Remove {credential_title(credential)}? Its secret is gone for good.",
        "The audit trail keeps its name. A copy of the CMDB may still hold it.",
    )


def empty_secret_question(name: str) -> str:
    return f"The secret of {safe(name)} is empty. Store it as that of an account without a password?"


def field_problem(error: FieldInvalid) -> str:
    """Return what is wrong with a field, and what to do."""
    return str(say(error))


def claim_words(claim: CopyClaim, now: datetime) -> str:
    """Return how far it was proven that a credential comes back from a copy: `it opened in a drill 3 days
    ago`."""
    when = "" if claim.moment is None else f" {ago(claim.moment, now)}"
    if claim.proof is Proof.CREDENTIALS_OPEN:
        return f"it opened in a drill{when}"
    return f"{proof_name(claim.proof)}{',' if when else ''}{when}"


def comes_back(coverage: CredentialCoverage, now: datetime) -> tuple[str, ...]:
    """Return the copies that a credential would come back from, best proof first, one a line with its place
    and proof, and a line for those that are left out."""
    shown = coverage.copies[:_MOST_COPIES]
    lines = [f"{copy_place(claim.copy, _PLACE, now)}: {claim_words(claim, now)}" for claim in shown]
    left = len(coverage.copies) - len(shown)
    return (*lines, f"and from {count(left, 'copy')} more") if left else tuple(lines)
