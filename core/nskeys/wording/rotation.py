"""A rotation in words: what the next step does, what it waits for, and what going on without means."""

from nskeys.model.plans import RotationPlan
from nskeys.model.register import BackupCopy
from nskeys.wording.copies import backup_name, why_not
from nskeys.wording.labels import kid_name
from nskeys.wording.text.numbers import count
from nskeys.wording.text.terminal import safe

WHY = "The old key stays, seals nothing new, and opens what it sealed. Nothing is ever thrown away."
STOPPED = "Stopped. What was re-sealed is whole, the rest opens with the old key as before."
LEFT = "l lists what was left. Those credentials did not open, so their secrets must be re-entered."


def waits(plan: RotationPlan) -> bool:
    """Whether nothing can be done before a backup, or a plain word that it shall go without."""
    return plan.activates and not plan.gate_open


def held_words(copy: BackupCopy) -> str:
    """`Backup 4 holds it, and is not yet proven by a person.`"""
    return f"{backup_name(copy).capitalize()} in {safe(copy.destination)} holds it, and {why_not(copy)}."


def rotation_plan_lines(plan: RotationPlan) -> tuple[str, ...]:
    """How things stand, and what the next step does about it."""
    kid = kid_name(plan.kid) if plan.kid else ""
    credentials = count(plan.to_reseal, "credential")
    are = "is" if plan.to_reseal == 1 else "are"
    if plan.creates:
        return (
            "A new key is made, and waits: a proven backup elsewhere has to hold it first.",
            f"Then {credentials} {are} re-sealed under it.",
            WHY,
        )
    if waits(plan) and plan.held_by is not None:
        what = "A drill is due" if plan.waits_for_a_drill else "A backup is due"
        return (
            f"{what}: key {kid} waits. {held_words(plan.held_by)}",
            f"Then {credentials} {are} re-sealed under it.",
            WHY,
        )
    if waits(plan):
        return (
            f"A backup is due: key {kid} is made and waits, and no proven backup elsewhere holds it.",
            f"Once one does, {credentials} {are} re-sealed under it.",
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


def rotation_next(plan: RotationPlan) -> str:
    """What a person does now."""
    if plan.creates:
        return "Enter makes the key. No credential is touched yet."
    if plan.waits_for_a_drill:
        return "d drills that backup here and now; afterwards the rotation goes on."
    if waits(plan):
        return "b makes the backup here and now; afterwards the rotation goes on."
    if plan.activates:
        return "Enter activates it and re-seals every credential. It can be stopped, and goes on later."
    return "Enter goes on where it stopped."


def without_backup_question(plan: RotationPlan) -> tuple[str, ...]:
    """What is asked before a key seals that no backup holds."""
    key = f"Key {kid_name(plan.kid)}" if plan.kid else "The new key"
    credentials, have = count(plan.to_reseal, "credential"), "has" if plan.to_reseal == 1 else "have"
    return (
        f"{key} is in no proven backup elsewhere, and then {credentials} {have} none either.",
        "If this machine dies before a backup is made, they are lost for good.",
    )
