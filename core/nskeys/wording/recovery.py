"""Words for recovery identities and recipients: who can open a backup that was made without a password."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from nskeys.model.recovery import NO_RECOVERY, EarlierIdentity, IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, Protection
from nskeys.wording.copies import UNPROVEN, backup_name
from nskeys.wording.passwords import weak_line
from nskeys.wording.text.numbers import count
from nskeys.wording.text.sentence import capitalised, either, listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

if TYPE_CHECKING:
    from nskeys.model.plans import BackupPlan
    from nskeys.model.recovery_plans import RecoveryPlan, RecoveryReport

NOT_CHECKED = "Custodians not yet checked: their shares open no backup before every one was proven."

_KINDS = MappingProxyType(
    {IdentityKind.PERSON: "recovery identity", IdentityKind.CUSTODIANS: "custodians' identity"}
)
_BRIEF = MappingProxyType({IdentityKind.PERSON: "identity", IdentityKind.CUSTODIANS: "custodians"})
_TAIL = 8
NO_IDENTITY = "There is no recovery identity, so a backup asks for a password."
IDENTITY_MEANS = (
    "Backups are encrypted to it without a person, so a timer can make them. Its password opens them all."
)
THEN_BACK_UP = "Backups go to it from now on, without a password; the next one is due now."
THEN_DRILL = (
    "None of them counts until a person has opened one with that password: make one, then drill it."
)


def identity_name(identity: RecoveryIdentity | EarlierIdentity) -> str:
    """Return text such as `recovery identity 2`."""
    return f"{_KINDS[identity.kind]} {identity.number}"


def split_words(identity: RecoveryIdentity) -> str:
    """Return text such as `3 of 5 shares`; empty for a person's identity."""
    return f"{identity.threshold} of {identity.shares} shares" if identity.shares else ""


def with_split(identity: RecoveryIdentity) -> str:
    """Return the identity with its split: `recovery identity 2`, `custodians' identity 1 (3 of 5
    shares)`."""
    split = split_words(identity)
    return identity_name(identity) + (f" ({split})" if split else "")


def recipient_name(recipient: str, recovery: Recovery) -> str:
    """Return the name of one of our identities, such as `recovery identity 2`; else the recipient,
    shortened."""
    known = recovery.named(recipient)
    return identity_name(known) if known is not None else short_recipient(recipient)


def short_recipient(recipient: str) -> str:
    """Return the recipient's kind and an end that can be compared: `age1...8k2f0v3s`, `ssh-ed25519
    ...Hv7q2d1k`."""
    head, _, tail = recipient.partition(" ")
    if tail:
        return safe(f"{head} ...{tail[-_TAIL:]}")
    return safe(f"{head[:4]}...{head[-_TAIL:]}" if len(head) > _TAIL + 7 else head)


def opened_by(recipients: Sequence[str], recovery: Recovery) -> str:
    """Return who opens a backup to these: `recovery identity 2 and ssh-ed25519 ...Hv7q2d1k`."""
    return listed(tuple(recipient_name(recipient, recovery) for recipient in recipients))


def not_proven_line(copy: BackupCopy) -> str:
    """Return the line about a backup that does not count before a person opened one for its recipients."""
    return f"{backup_name(copy)} {UNPROVEN} and does not count: prove it with 'nskeys drill latest'."


ROWS_ALONE = "Enter copies the database; no password is asked. p makes a key backup too."
UNATTENDED = "Enter writes it, reads it back and opens it; no password is asked. p takes one instead."


THEN_RUNBOOK = "r shows the runbook: print it, for a restore elsewhere asks for the server key on it."


def then_drill(copy: BackupCopy, recovery: Recovery) -> str:
    """Return the advice to drill after a backup was made in the app, by what really opens it."""
    if copy.backup.protection is Protection.PASSWORD:
        return "Keep the password apart from the file. d proves now that the credentials open with it."
    by = either(tuple(_drilled_by(recipient, recovery) for recipient in copy.backup.recipients))
    if copy.by_a_person:
        return f"d proves now that the credentials open with it, by {by}."
    return f"d proves, by {by}, that people can open it: until then it does not count."


def _drilled_by(recipient: str, recovery: Recovery) -> str:
    known = recovery.named(recipient)
    if isinstance(known, RecoveryIdentity) and known.kind is IdentityKind.CUSTODIANS:
        return f"the sheets of {count(known.threshold, 'custodian')}"
    return _way(recipient, recovery)


def who_opens(copy: BackupCopy, recovery: Recovery = NO_RECOVERY) -> str:
    """Return what opens it: `its password; hint: ...`, or `the password of recovery identity 1 (replaced
    since)`. Several are joined by "or", since each opens it alone."""
    backup = copy.backup
    hint = f"; hint: {safe(backup.hint)}" if backup.hint else ""
    if backup.protection is Protection.PASSWORD:
        return f"its password{hint}"
    ways = tuple(_way(recipient, recovery) for recipient in backup.recipients)
    return f"{' or '.join(ways)}{hint}"


def opener_brief(copy: BackupCopy, recovery: Recovery = NO_RECOVERY) -> str:
    """Return who opens it, in a word for each way: `by password`, `by identity or custodians`."""
    if copy.backup.protection is Protection.PASSWORD:
        return "by password"
    known = tuple(recovery.named(recipient) for recipient in copy.backup.recipients)
    ways = ["key file" if one is None else _BRIEF[one.kind] for one in known]
    return f"by {' or '.join(dict.fromkeys(ways))}"


def _way(recipient: str, recovery: Recovery) -> str:
    known = recovery.named(recipient)
    if known is None:
        return f"the identity of {short_recipient(recipient)}"
    name = identity_name(known)
    if isinstance(known, EarlierIdentity):
        since = " (replaced since)"
        return f"the password of {name}{since}" if known.kind is IdentityKind.PERSON else f"{name}{since}"
    return f"the password of {name}" if known.kind is IdentityKind.PERSON else with_split(known)


def plan_opens(plan: BackupPlan) -> str:
    """Return who will be able to open the planned backup: `recovery identity 2 and age1...8k2f0v3s`."""
    return opened_by(plan.recipients, Recovery(plan.identities))


def identity_rows(recovery: Recovery) -> tuple[tuple[str, str], ...]:
    """Return the identities in force and those before them, a name and a value a row; the recipients are
    public."""
    rows = []
    for one in recovery.identities:
        split = f", {split_words(one)}" if one.shares else ""
        rows.append((identity_name(one), f"made {when(one.created)}{split}"))
        rows.append(("", one.recipient))
        rows.extend(("", f"! {line}") for line in weak_line(one.weak))
    rows += [(identity_name(one), f"replaced; {one.recipient}") for one in recovery.earlier]
    return tuple(rows)


def plan_lines(plan: RecoveryPlan) -> tuple[str, ...]:
    """Return what making an identity will do."""
    name = f"{_KINDS[plan.kind]} {plan.number}"
    if plan.replaces is None:
        return (f"This makes {name}. Its password opens every backup that is made from now on.",)
    before = identity_name(plan.replaces)
    replacing = f"This makes {name}, in the place of {before}."
    if not plan.open_with_it:
        return (replacing,)
    known = count(plan.open_with_it, "known backup")
    return (replacing, f"For {known} the password of {before} is still needed: keep it.")


def made_lines(report: RecoveryReport) -> tuple[str, ...]:
    """Return that the identity is in force, and what is left to do."""
    name = identity_name(report.identity)
    opened = f"{capitalised(name)} is made: a test file opened with its password."
    return (opened, *weak_line(report.identity.weak), THEN_BACK_UP, THEN_DRILL)
