"""Keys in words: their states, their rotation, and the protector that binds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from nskeys.model.checkpoint import Predecessor
from nskeys.model.halves import Lack
from nskeys.model.keys import KeyState, Leftover
from nskeys.model.recoverability import KeyCoverage, RecoveryState
from nskeys.model.register import BackupCopy
from nskeys.model.statements import Statement, StatementKind
from nskeys.reasons import ProtectorProblem
from nskeys.wording.copies import backup_name, place_word, proof_ago, why_not
from nskeys.wording.labels import kid_name, protector_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised, listed
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import since, when

if TYPE_CHECKING:
    from nskeys.model.plans import RotationPlan, RotationReport

GONE = "No credential and no backup names it any more."
NO_COPY = "No backup in the register holds it."
_STATES = {
    KeyState.PRE_ACTIVE: "seals nothing yet: a backup elsewhere has to hold it first",
    KeyState.ACTIVE: "seals every new secret",
    KeyState.DEACTIVATED: "seals nothing new, opens what it sealed, is kept for good",
    KeyState.COMPROMISED: "must not be trusted; it opens what it sealed",
}
_RECOVERY = {
    RecoveryState.RECOVERABLE: "would come back",
    RecoveryState.AT_RISK: "lost with this machine: in no backup that counts",
    RecoveryState.LOST: "neither here nor in a backup that counts",
}


_LACKS = {
    Lack.KEYS: "would not",
    Lack.BOTH: "would not",
    Lack.COPY_KEY: "would not: no key backup that counts opens their database copy",
    Lack.DATABASE: "would not: in no database copy that counts",
    Lack.CHANGED: "changed since the last database copy",
}


def key_state_meaning(state: KeyState) -> str:
    """Return what a key in this state does."""
    return _STATES[state]


def key_recovery(key: KeyCoverage, now: datetime) -> str:
    """Return what becomes of a key when this server dies: `lost with this machine: ..., since 14:02`."""
    words = _RECOVERY[key.state]
    if key.good_copies and key.lacks is not None:
        words = f"would come back; of its credentials {number(key.uncovered)} {_LACKS[key.lacks]}"
    return f"{words}, {since(key.exposed_since, now)}" if key.exposed_since else words


def backups_short(backups: int) -> str:
    """Return text such as `3 backups`, `no backup`, where there is no room for more."""
    return count(backups, "backup") if backups else "no backup"


def more_keys(left_out: int) -> str:
    """Return the line about keys that the first screen has no room for: `and 3 more`."""
    return f"and {left_out:,} more"


def copy_proof(copy: BackupCopy, now: datetime, drilled: int, total: int) -> str:
    """Return how far the copy was proven, or why it does not count."""
    reason = why_not(copy)
    return f"does not count: it {reason}" if reason else proof_ago(copy, now, drilled, total)


WHY = "The old key stays: it seals nothing new, and opens what it sealed. No key is ever removed."
STOPPED = "Stopped. What was re-sealed is whole, the rest opens with the old key as before."
LEFT = "l lists what was left. Those credentials did not open, so their secrets must be re-entered."


def held_words(copy: BackupCopy) -> str:
    """Return text such as `Backup 4 holds it, and is not yet proven by a person.`"""
    return f"{backup_name(copy).capitalize()} in {safe(copy.destination)} holds it, and {why_not(copy)}."


def rotation_plan_lines(plan: RotationPlan) -> tuple[str, ...]:
    """Return the state of the rotation, and what the next step does."""
    kid = kid_name(plan.kid) if plan.kid else ""
    credentials = count(plan.to_reseal, "credential")
    are = "is" if plan.to_reseal == 1 else "are"
    if plan.creates:
        return (
            "A new key is made first. It stays inactive until a proven backup elsewhere holds it.",
            f"Then {credentials} {are} re-sealed under it.",
            WHY,
        )
    if plan.waits and plan.held_by is not None:
        what = "A drill is due" if plan.waits_for_a_drill else "A backup is due"
        how = "waits" if plan.activates else "is active"
        return (
            f"{what}: key {kid} {how}. {held_words(plan.held_by)}",
            f"Then {credentials} {are} re-sealed under it.",
            *exposes_lines(plan),
            WHY,
        )
    if plan.waits:
        how = "is made and waits" if plan.activates else "is active"
        return (
            f"A backup is due: key {kid} {how}, and no proven backup elsewhere holds it.",
            f"Once one does, {credentials} {are} re-sealed under it.",
            *exposes_lines(plan),
            WHY,
        )
    if plan.activates:
        return (
            f"A proven backup elsewhere holds key {kid}, which waits.",
            f"It becomes the active key, and {credentials} {are} re-sealed under it.",
            WHY,
        )
    left = f"{credentials} {are} still to be re-sealed" if plan.to_reseal else "every credential was tried"
    return (f"A rotation to key {kid} is under way, and {left}.", WHY)


def exposes_lines(step: RotationPlan | RotationReport) -> tuple[str, ...]:
    """Return what goes on without a backup would put at risk; nothing where that is nothing."""
    if not step.exposes:
        return ()
    exposed, they = count(step.exposes, "credential"), "it" if step.exposes == 1 else "they"
    return (f"Now {exposed} would come back. Re-sealed before that, {they} would not.",)


def rotation_next(plan: RotationPlan) -> str:
    """Return what a person does next."""
    if plan.creates:
        return "Enter makes the key. No credential is touched yet."
    if plan.waits_for_a_drill:
        return "d drills that backup here and now; afterwards the rotation goes on."
    if plan.waits:
        return "b makes the backup here and now; afterwards the rotation goes on."
    if plan.activates:
        return "Enter activates it and re-seals every credential. It can be stopped, and goes on later."
    return "Enter goes on where it stopped."


def without_backup_question(plan: RotationPlan) -> tuple[str, ...]:
    """Return the question before a key that is in no backup seals credentials."""
    key = f"Key {kid_name(plan.kid)}" if plan.kid else "The new key"
    credentials, have = count(plan.to_reseal, "credential"), "has" if plan.to_reseal == 1 else "have"
    return (
        f"{key} is in no proven backup elsewhere, and then {credentials} {have} none either.",
        *exposes_lines(plan),
        "If this machine dies before a backup is made, they are lost for good.",
    )


_HELPS = MappingProxyType(
    {
        "tpm2": "a stolen disk, and copies of disk or CMDB: only this machine's TPM opens the keys",
        "passphrase": "a stolen machine, and copies of its disk: the passphrase opens the keys",
        "file": "a copy of the CMDB alone: the keys are not in it",
        "pkcs11": "a stolen disk, and copies of disk or CMDB: only the token opens the keys",
    }
)
_BREAKS = MappingProxyType(
    {
        "tpm2": "whoever is root on this machine",
        "passphrase": (
            "a passphrase that is guessed or seen; and timers cannot use the keys, because nobody types it"
        ),
        "file": "a stolen disk, a copy of it, and whoever is root here: all of them have the keys",
        "pkcs11": "whoever has the token and its PIN",
    }
)
_LOST = MappingProxyType(
    {
        "tpm2": (
            "a new board, a TPM that firmware work cleared, or a newly installed system; updates of "
            "firmware, boot loader and kernel change nothing"
        ),
        "passphrase": "a forgotten passphrase, or this disk",
        "file": "this disk",
        "pkcs11": "a token that is gone, locked or erased",
    }
)
_STILL_OPENS = MappingProxyType(
    {
        "file": "{path} holds its key in the clear: whoever reads it has the keys of this server",
        "passphrase": "{path} still opens with the earlier passphrase",
        "tpm2": "{path} still opens with this machine's TPM",
        "pkcs11": "{path} still opens with the earlier token",
    }
)
NOT_REMOVED = "An earlier key store could not be removed"
CHANGE_MEANS = (
    "The keys stay the same. They are wrapped anew under a new key-encryption key and opened again; only "
    "then the old wrapping is removed from this disk."
)
NO_BACKUP = "No proven backup elsewhere holds every key of this server."
WITHOUT_BACKUP = "A disk that fails, or a passphrase that is forgotten, then takes the keys for good."
OLD_COPIES_ROTATE = (
    "Old copies of this disk still open with the earlier protector. A rotation (o on the first screen) "
    "seals every "
    "credential under a key that they do not hold."
)
ANOTHER_PASSPHRASE = "another passphrase"


def helps_against(protector: str) -> str:
    """Return what the protector helps against; empty for one that this version does not know."""
    return _HELPS.get(protector, "nothing that this version of nskeys knows of")


def broken_by(protector: str) -> str:
    """Return what defeats the protector."""
    return _BREAKS.get(protector, "nothing that this version of nskeys knows of")


def lost_with(protector: str) -> str:
    """Return how the keys are lost without an attacker, so that only a restore brings them back."""
    return _LOST.get(protector, "what this version of nskeys does not know")


def protector_title(name: str, current: str) -> str:
    """Return the protector's name in a list of choices: `Passphrase`, or `Another passphrase` where one is
    in force."""
    words = ANOTHER_PASSPHRASE if name == current == "passphrase" else protector_name(name)
    return capitalised(words)


def not_here(name: str, reason: ProtectorProblem | None) -> str:
    """Return text such as `TPM 2.0 is not to be had here: ...`."""
    return f"{protector_title(name, '')} is not available here{problem_text(reason)}."


def leftover_line(left: Leftover) -> str:
    """Return what should have been removed, and who can use the keys through it."""
    path = shown(left.path)
    if not left.opens:
        return f"{NOT_REMOVED}: {path}. Nothing that is left in it opens."
    still = _STILL_OPENS.get(left.protector or "", "what {path} takes to open cannot be told")
    return f"{NOT_REMOVED}: {still.format(path=path)}."


def leftover_way(left: Leftover) -> str:
    """Return what a person does about what is left."""
    return (
        "The next change tries again. Where it cannot be removed either, see why (lsattr, mount, the "
        f"system's log), then remove {shown(left.folder)} with all that is in it."
    )


def leftover_lines(left: Sequence[Leftover]) -> tuple[str, ...]:
    """Return the lines about everything that is left, what opens the keys first, and what to do."""
    ordered = sorted(left, key=lambda one: not one.opens)
    return tuple(line for one in ordered for line in (leftover_line(one), leftover_way(one)))


def helps_now(protector: str, left: Sequence[Leftover]) -> str:
    """Return what the protector helps against; nothing while an earlier key store still opens the keys."""
    opening = next((one for one in left if one.opens), None)
    if opening is None:
        return helps_against(protector)
    return f"not more than before, as long as {safe(opening.path)} is here"


def backup_before(copy: BackupCopy) -> str:
    """Return the line about the backup that a change can rely on."""
    place = f"{safe(copy.destination)} ({place_word(copy.where)})"
    return f"{backup_name(copy).capitalize()} in {place} holds every key."


SERVER_KEY_REPLACED = (
    "What the previous server key signed until now still counts; what it signs from now on does not.",
    "The runbook on paper names the earlier one: print it again with 'nskeys runbook'.",
)


SERVER_KEY_REPLACED_BY_KEY = (
    "What it signed until then still counts; what it signs afterwards does not.",
    "The runbook on paper names this one: print it again afterwards.",
)
COMPROMISED_MEANS = (
    "Once marked it seals nothing and opens what is there. Rotate (o) to seal its credentials anew.",
    "This cannot be undone.",
)


def server_key_lines(server_key: str, predecessors: Sequence[Predecessor]) -> tuple[str, ...]:
    """Return the thumbprint that a restore on another machine asks about, and the ones before."""
    return (
        f"{server_key} is the server key here. It is on the runbook, and a restore elsewhere asks for it.",
        *(f"Before it: {predecessor_words(one)}." for one in predecessors),
    )


def predecessor_words(before: Predecessor) -> str:
    """Return a server key before the present one, and how far it counts."""
    return f"{before.server_key}, up to change {number(before.upto)}"


def statement_words(statement: Statement) -> str:
    """Return how a server key came after the one before."""
    how = "restored" if statement.kind is StatementKind.RESTORED else "replaced"
    at = f"{when(statement.moment)}, at change {number(statement.upto)}"
    return f"{how} {at}: {kid_name(statement.server_key)}"


def compromised_lines(credentials: int) -> tuple[str, ...]:
    """Return what a key that was marked as compromised means for the credentials under it."""
    if not credentials:
        return ("No credential is sealed under it.",)
    under = (
        f"{count(credentials, 'credential')} under it: whoever knows the key and the database reads them."
    )
    return under, "'nskeys key rotate' seals them anew; then change them where they are used."


def compromised_in_use_line(kids: Sequence[str], credentials: int) -> str:
    """Return the line about credentials under compromised keys."""
    names = listed(tuple(kid_name(kid) for kid in kids))
    return f"{count(credentials, 'credential')} sealed under compromised keys ({names}); rotate the key."
