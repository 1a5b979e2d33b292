"""One credential in words: its fields, its secret while it is hidden, and the questions about it."""

from datetime import datetime

from nskeys.errors import FieldInvalid
from nskeys.model.credentials import Credential, UnreadableCredential
from nskeys.model.halves import Lack
from nskeys.model.recoverability import CopyClaim, CredentialCoverage, RecoveryState
from nskeys.model.register import Proof
from nskeys.wording.copies import copy_place
from nskeys.wording.database_copies import copy_proof_name, database_place
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name, kind_name, proof_name, state_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, when

HIDDEN = "sealed; s shows it"
OPENING = "opening …"
EMPTY_SECRET = "(empty: the account has no password)"
SHOWN_FOR_S = 60.0
"""Seconds for which a secret is shown."""
NOTED = "It is hidden after a minute, and when you leave. The audit trail says that you saw it."
GENERATED = "generated; Ctrl+R shows it"
SHOWN_ESCAPED = "Characters that a terminal must not get are shown as escapes."
RE_ENTER_SECRET = "type it again: the one that is stored does not open"
KEEP_SECRET = "leave it empty to keep the secret as it is"
_MOST_COPIES = 8
_PLACE = 500
"""Cells for a place: lines are broken where they have to be, and nothing is cut."""
_STATE_MEANS = {
    RecoveryState.RECOVERABLE: "comes back from a key backup and a database copy",
    RecoveryState.AT_RISK: "in no backup that counts, so it is lost with this machine",
    RecoveryState.LOST: "opens neither here nor from backups that count, or its row is damaged",
}
_LACKS = {
    Lack.KEYS: "its key is in no backup that counts, so it is lost with this machine",
    Lack.BOTH: "its key and its row are in no backup that counts, so it is lost with this machine",
    Lack.COPY_KEY: "no key backup that counts opens its database copy, so it is lost with this machine",
    Lack.DATABASE: "its row is in no database copy that counts, so it is lost with this machine",
    Lack.CHANGED: "it changed since the last database copy, so that change is lost with this machine",
}


def credential_title(credential: Credential) -> str:
    """Return text such as `run-as deploy-finance`."""
    return f"{kind_name(credential.fields.kind)} {safe(credential.fields.name)}"


def state_words(state: RecoveryState, lacks: Lack | None = None) -> str:
    """Return a state and what it means: `at risk: its row is in no database copy that counts, ...`."""
    exposed = lacks is not None and state is RecoveryState.AT_RISK
    return f"{state_name(state)}: {_LACKS[lacks] if exposed and lacks else _STATE_MEANS[state]}"


def sealed_words(credential: Credential) -> str:
    """Return which key seals it, and the change that it is from: `by key 7f3a91c2, in change 812`."""
    if isinstance(credential, UnreadableCredential):
        return f"its row cannot be read{problem_text(credential.problem)}"
    return f"by key {kid_name(credential.kid)}, in change {number(credential.number)}"


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
    """Return the key backups that a credential's key would come back from, best proof first, one a line
    with its place and proof, and a line for those that are left out."""
    shown = coverage.copies[:_MOST_COPIES]
    lines = [f"{copy_place(claim.copy, _PLACE, now)}: {claim_words(claim, now)}" for claim in shown]
    left = len(coverage.copies) - len(shown)
    return (*lines, f"and from {count(left, 'copy')} more") if left else tuple(lines)


def row_comes_back(coverage: CredentialCoverage, now: datetime) -> tuple[str, ...]:
    """Return the database copies that a credential's row would come back from, newest first, as
    `comes_back` does."""
    shown = coverage.databases[:_MOST_COPIES]
    lines = [
        f"{database_place(copy, _PLACE, now)}: {copy_proof_name(copy.proof)}, {ago(copy.copy.created, now)}"
        for copy in shown
    ]
    left = len(coverage.databases) - len(shown)
    return (*lines, f"and from {count(left, 'copy')} more") if left else tuple(lines)
