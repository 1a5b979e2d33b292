"""The register in words: what was seen of each copy, how far it was proven, what retiring it means."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.model.register import PROOFS, BackupCopy, CopyStatus
from nskeys.wording.copies import backup_name, why_not
from nskeys.wording.labels import kind_counts, proof_name, sight_name
from nskeys.wording.passwords import strength_words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, when

if TYPE_CHECKING:
    from nskeys.model.database_register import DatabaseCopy
    from nskeys.services.register.service import RetirePlan

EMPTY = "No backup was made yet."
LOOKING = "looking at each copy …"
STAYS = "Afterwards it no longer counts. Its file stays where it is."


def unreadable_words(rows: int) -> str:
    """Return the line above the list about rows that cannot be shown."""
    return f"! {count(rows, 'row')} cannot be understood"


def looked_words(copies: "Sequence[BackupCopy | DatabaseCopy]") -> str:
    """Return the line above the list that tells whether each copy was looked at for it."""
    checked = sum(copy.by_check for copy in copies)
    if not checked:
        return "each looked at now"
    return "as last checked" if checked == len(copies) else f"{number(checked)} as last checked"


def seen_word(copy: "BackupCopy | DatabaseCopy") -> str:
    """Return `good`, `missing`, `changed`, ..., `retired`, `deleted` or `unsigned`, for a column."""
    if copy.retired is not None:
        return "deleted" if copy.pruned else "retired"
    return sight_name(copy.status) if copy.signed else "unsigned"


def counts_words(copy: BackupCopy) -> str:
    """Return whether the copy makes anything recoverable, and if not why."""
    reason = why_not(copy)
    return f"no: it {reason}" if reason else "yes: its keys can be restored from it"


def look_words(copy: "BackupCopy | DatabaseCopy", now: datetime) -> str:
    """Return what the last look found: `missing, looked at just now; last good 3 days ago`. For a copy on
    another server, the last check counts: `good, by the check 2 hours ago`."""
    if not copy.signed:
        return "not looked at: its address may be anybody's"
    verb = "by the check" if copy.by_check else "looked at"
    looked = f"{sight_name(copy.status)}, {verb} {ago(copy.look_moment, now)}"
    if copy.status is CopyStatus.GOOD or copy.good_moment is None:
        return looked
    return f"{looked}; last good {ago(copy.good_moment, now)}"


def proof_dates(copy: BackupCopy) -> tuple[str, ...]:
    """Return every level of proof and when it was last reached, weakest first; `not yet` for the others."""
    if not copy.signed:
        return ("none that this server vouches for",)
    levels = ((proof_name(proof), copy.reached(proof)) for proof in PROOFS)
    return tuple(f"{name} {when(moment) if moment else 'not yet'}" for name, moment in levels)


def typed_words(copy: BackupCopy, now: datetime) -> str:
    """Return when a person last typed what opens it."""
    if copy.typed is None or not copy.signed:
        return "never, as far as is known"
    return f"{when(copy.typed)}, {ago(copy.typed, now)}"


def weak_password_lines(copies: Sequence[BackupCopy]) -> tuple[str, ...]:
    """Return the lines below the list about backups that are easy to open, once somebody has the file."""
    weak = {copy.backup.kms_sha256: copy for copy in copies if copy.signed and copy.weak is not None}
    return tuple(
        f"! The password of {backup_name(copy)} is {strength_words(copy.weak)}."
        for copy in weak.values()
        if copy.weak is not None
    )


def vouched_words(copy: "BackupCopy | DatabaseCopy") -> str:
    """Return who signed the row."""
    if copy.signed:
        return "by the key of this server"
    return "by nobody: another server wrote it, or it was changed in the database"


def retire_lines(plan: "RetirePlan") -> tuple[str, ...]:
    """Return the question before a copy is retired."""
    asked = f"Retire {backup_name(plan.copy)} in {safe(plan.copy.address)}?"
    losing = (f"{losing_words(plan)} If this machine dies, they are lost.",) if plan.credentials else ()
    return (asked, *losing, STAYS)


def losing_words(plan: "RetirePlan") -> str:
    """Return which credentials lose their only backup: how many of which kinds, and the first few by
    name."""
    have = "has" if plan.credentials == 1 else "have"
    kinds = ", ".join(kind_counts(plan.kinds))
    rest = plan.credentials - len(plan.examples)
    shown = [safe(credential.fields.name) for credential in plan.examples]
    shown += [f"{number(rest)} more"] if rest and shown else []
    return (
        f"{count(plan.credentials, 'credential')}{f' ({kinds})' if kinds else ''} {have} no other backup "
        f"elsewhere that counts{': ' + listed(tuple(shown)) if shown else ''}."
    )


def retire_answer(plan: "RetirePlan") -> str:
    """Return the answer that confirms retiring, which says what is given up."""
    if not plan.credentials:
        return "Yes, retire it"
    have = "has" if plan.credentials == 1 else "have"
    return f"Yes, although {count(plan.credentials, 'credential')} {have} no other"
