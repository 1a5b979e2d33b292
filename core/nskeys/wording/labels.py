"""A word for everything the model can be: kinds, states, proofs, places, protectors, actions.

Short words fit a column and stand inside a sentence, so they begin small; what ends with a full stop is a
sentence. JSON uses the tokens, never these words.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from nskeys.model.audit import Action
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyFate, KeyState, Kid
from nskeys.model.recoverability import DueReason, RecoveryState
from nskeys.model.register import CopyStatus, Proof, Protection
from nskeys.reasons import FailureReason
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe

_KINDS = MappingProxyType(
    {
        CredentialKind.HIERARCHY: "hierarchy",
        CredentialKind.PCANYWHERE: "pcAnywhere",
        CredentialKind.RUN_AS: "run-as",
    }
)
_STATES = MappingProxyType(
    {
        RecoveryState.RECOVERABLE: "recoverable",
        RecoveryState.AT_RISK: "at risk",
        RecoveryState.LOST: "lost",
    }
)
_KEY_STATES = MappingProxyType(
    {
        KeyState.PRE_ACTIVE: "pre-active",
        KeyState.ACTIVE: "active",
        KeyState.DEACTIVATED: "deactivated",
        KeyState.COMPROMISED: "compromised",
    }
)
_KEY_FATES = MappingProxyType({KeyFate.NEW: "new", KeyFate.PRESENT: "already here"})
_PROOFS = MappingProxyType(
    {
        Proof.RECORDED: ("recorded", "recorded, nothing else is known of it"),
        Proof.PRESENT: ("present", "file is there, not read yet"),
        Proof.INTACT: ("intact", "file is intact, not opened yet"),
        Proof.OPENED: ("opened", "opened after it was written"),
        Proof.KEYS_MATCH: ("keys match", "opened, and its keys match"),
        Proof.CREDENTIALS_OPEN: ("credentials open", "every credential of its keys opened"),
    }
)
_SIGHTS = MappingProxyType(
    {
        CopyStatus.GOOD: "good",
        CopyStatus.MISSING: "missing",
        CopyStatus.CHANGED: "changed",
        CopyStatus.UNREACHABLE: "unreachable",
        CopyStatus.NOT_LOOKED: "not looked at",
    }
)
_PROTECTORS = MappingProxyType(
    {
        "tpm2": (
            "TPM 2.0",
            "keys in TPM 2.0",
            "keys in TPM 2.0: a copy of this disk alone does not open them",
        ),
        "passphrase": (
            "passphrase",
            "keys under a passphrase",
            "keys under a passphrase: it is asked for once per run",
        ),
        "file": (
            "plain file",
            "keys in a plain file",
            "keys in a plain file: whoever copies this disk has the keys",
        ),
        "pkcs11": (
            "security token",
            "keys in a security token",
            "keys in a security token: without the token they do not open",
        ),
    }
)
_PROTECTIONS = MappingProxyType(
    {Protection.PASSWORD: "a password", Protection.RECIPIENTS: "an identity of its recipients"}
)
_DUE = MappingProxyType(
    {
        DueReason.NEVER: "No backup was made yet.",
        DueReason.KEY_MISSING: "The last backup lacks a key of this server.",
        DueReason.KEY_NEWER: "A key of this server is newer than the last backup.",
        DueReason.NO_GOOD_COPY: "A key of this server is in no good copy of a backup.",
        DueReason.OTHER_RECIPIENTS: "The last backup does not open with the recovery identity in force.",
    }
)
_FAILURES = MappingProxyType(
    {
        FailureReason.KEY_MISSING: ("key missing", "its key is missing"),
        FailureReason.TAMPERED: (
            "changed or damaged",
            "its row was changed after it was sealed, or is damaged",
        ),
        FailureReason.UNREADABLE: ("unreadable", "its row cannot be read"),
    }
)
_ACTIONS = MappingProxyType(
    {
        Action.SET_UP: "set up",
        Action.LOSS_ACCEPTED: "loss accepted",
        Action.MIGRATED: "CMDB migrated",
        Action.CREDENTIAL_ADDED: "credential added",
        Action.CREDENTIAL_EDITED: "credential edited",
        Action.CREDENTIAL_REVEALED: "secret revealed",
        Action.CREDENTIAL_REMOVED: "credential removed",
        Action.CREDENTIALS_IMPORTED: "credentials imported",
        Action.CREDENTIALS_EXPORTED: "credentials exported",
        Action.KEY_CREATED: "key created",
        Action.ROTATION_ACTIVATED: "new key activated",
        Action.ROTATION_RESEALED: "credentials re-sealed",
        Action.ROTATION_FINISHED: "rotation finished",
        Action.BACKUP_BEGAN: "backup began",
        Action.BACKED_UP: "backed up",
        Action.BACKUP_FAILED: "backup failed",
        Action.DATABASE_COPIED: "database copied",
        Action.DATABASE_DECLARED: "database backup declared",
        Action.DATABASE_CHECK_BEGAN: "database backup about to be checked",
        Action.DATABASE_CHECKED: "database backup checked",
        Action.DATABASE_WITHDRAWN: "database backup withdrawn",
        Action.DRILLED: "drilled",
        Action.DRILL_FAILED: "drill failed",
        Action.RESTORED: "restored",
        Action.REGISTER_CHECKED: "register checked",
        Action.REGISTER_ADDED: "copy registered",
        Action.REGISTER_RETIRED: "copy retired",
        Action.PRUNE_BEGAN: "copy about to be deleted",
        Action.PRUNED: "old copy deleted",
        Action.PRUNE_FAILED: "old copy not deleted",
        Action.DESTINATION_ADDED: "destination added",
        Action.DESTINATION_REMOVED: "destination removed",
        Action.SERVER_TRUSTED: "server trusted",
        Action.PROTECTOR_CHANGED: "protector changed",
        Action.SERVER_KEY_REPLACED: "server key replaced",
        Action.KEY_COMPROMISED: "key marked as compromised",
        Action.IDENTITY_CREATED: "recovery identity made",
        Action.IDENTITY_REPLACED: "recovery identity replaced",
        Action.CUSTODIANS_SPLIT: "shares made for custodians",
        Action.CUSTODIANS_CHECKED: "every share was proven",
        Action.SCHEDULE_INSTALLED: "schedule installed",
        Action.SCHEDULE_REMOVED: "schedule removed",
        Action.DATABASE_MOVED: "CMDB moved to another database",
        Action.MISMATCH_ACCEPTED: "mismatch accepted",
    }
)


def kind_name(kind: str) -> str:
    """Return `hierarchy`, `pcAnywhere` or `run-as`; an unknown kind is made safe."""
    return _KINDS[CredentialKind(kind)] if kind in tuple(CredentialKind) else safe(kind)


def kind_counts(kinds: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    """Return counts such as `hierarchy 3`, `pcAnywhere 5`."""
    return tuple(f"{kind_name(kind)} {number(n)}" for kind, n in kinds)


def kid_name(kid: Kid | str) -> str:
    """Return a key id as screens show it: its first 8 digits."""
    return safe(kid[:8])


def state_name(state: RecoveryState) -> str:
    """Return `recoverable`, `at risk` or `lost`."""
    return _STATES[state]


def key_state_name(state: KeyState) -> str:
    """Return `pre-active`, `active`, `deactivated` or `compromised`."""
    return _KEY_STATES[state]


def key_fate_name(fate: KeyFate) -> str:
    """Return what a restore does with a key: `new`, `already here`."""
    return _KEY_FATES[fate]


def proof_name(proof: Proof) -> str:
    """Return a proof for a column: `opened`."""
    return _PROOFS[proof][0]


def proof_words(proof: Proof) -> str:
    """Return a proof in words, claiming that and no more: `opened after it was written`."""
    return _PROOFS[proof][1]


def sight_name(status: CopyStatus) -> str:
    """Return what the last look at a copy found: `good`, `missing`, ..."""
    return _SIGHTS[status]


def protector_name(protector: str) -> str:
    """Return `TPM 2.0`, `passphrase`, `plain file`, ..."""
    return _protector(protector)[0]


def protector_label(protector: str) -> str:
    """Return the label at the head of the screen: `keys in TPM 2.0`."""
    return _protector(protector)[1]


def protector_words(protector: str) -> str:
    """Return the label and what it means: `keys in a plain file: whoever copies this disk has the keys`."""
    return _protector(protector)[2]


def protection_name(protection: Protection) -> str:
    """Return what opens a backup: `a password`."""
    return _PROTECTIONS[protection]


def due_sentence(reason: DueReason) -> str:
    """Return why a backup is due."""
    return _DUE[reason]


def failure_words(reason: FailureReason) -> str:
    """Return why a credential did not open, to stand behind its name."""
    return _FAILURES[reason][1]


def failure_name(reason: FailureReason) -> str:
    """Return why a credential did not open, for a column: `key missing`."""
    return _FAILURES[reason][0]


def action_name(action: str) -> str:
    """Return the words for a line of the audit trail; an action that a newer version wrote is made safe."""
    return _ACTIONS[Action(action)] if action in tuple(Action) else safe(action)


def _protector(protector: str) -> tuple[str, str, str]:
    name = safe(protector)
    return _PROTECTORS.get(protector, (name, f"keys in {name}", f"keys in {name}"))
