"""Proofs and restores in sentences: which credentials opened, which did not, and what that means."""

from collections.abc import Sequence

from nskeys.model.backup import Facts, Inspected
from nskeys.model.keys import Kid
from nskeys.model.operations import (
    DiaryFate,
    DrillReport,
    FailureReason,
    ProofReport,
    RestorePlan,
    RestoreReport,
)
from nskeys.ports import SealedRow
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.diary import diary_fate
from nskeys.wording.errors import say
from nskeys.wording.failures.backups import foreign_words
from nskeys.wording.failures.tokens import clause
from nskeys.wording.names import failure_words, kid_name, proof_words
from nskeys.wording.passwords import weak_line
from nskeys.wording.sentence import listed
from nskeys.wording.sizes import count, number
from nskeys.wording.terminal import safe, shown
from nskeys.wording.times import when
from nskeys.wording.ways import COMMANDS, Ways

BARE = "This is a bare .kms: its companions were not checked, for it has none."
UNREACHED_MEANS = (
    "Its keys would take the place of those that are here. If the TPM is only away, bring it back instead: "
    "nothing is lost, and nothing has to be restored."
)
STORED_NOT_TRIED = (
    "The keys are stored. Trying the credentials was stopped; Verify in the menu (m) tries them all."
)

_OPENED, _FAILED = "opened", "failed"


def proof_line(row: SealedRow, failure: FailureReason | None) -> str:
    """One credential that was tried: `opened   run-as/deploy-finance`."""
    reference = safe(f"{row[1]}/{row[2]}")
    if failure is None:
        return f"{_OPENED}   {reference}"
    return f"{_FAILED}   {reference}: {failure_words(failure)}"


def proof_sentence(proof: ProofReport) -> str:
    """How many credentials opened."""
    total = proof.opened + proof.failed
    if not total:
        return "There are no credentials, so none could be opened."
    if not proof.failed:
        return f"Every credential opened ({number(total)})."
    return f"{number(proof.opened)} of {count(total, 'credential')} opened, {number(proof.failed)} did not."


def failure_lines(proof: ProofReport, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """What to do about credentials that did not open; nothing where all did."""
    reasons = {item.failure for item in proof.failures}
    lines = []
    if FailureReason.KEY_MISSING in reasons:
        lines.append(f"Where a key is missing, {ways.bring_key_back}")
    if FailureReason.TAMPERED in reasons:
        lines.append(f"A row that was changed or damaged needs a new secret: {ways.new_secret}")
    return tuple(lines)


def contents_line(facts: Facts) -> str:
    """What a backup is: `backup 41 of ns01, made 2026-11-22 14:02, with 2 keys for 14 credentials`."""
    keys, credentials = count(len(facts.keys), "key"), count(facts.credentials, "credential")
    return (
        f"backup {number(facts.generation)} of {shown(facts.server)}, made {when(facts.created)}, "
        f"with {keys} for {credentials}"
    )


def inspected_line(inspected: Inspected) -> str:
    """What a file is, before its password is asked for."""
    if inspected.manifest is None:
        return BARE
    line = contents_line(inspected.manifest.facts)
    return f"{line[0].upper()}{line[1:]}."


def plan_lines(plan: RestorePlan, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """What a restore would mean."""
    now = f"now {number(plan.opens_before)} {'does' if plan.opens_before == 1 else 'do'}"
    lines = [f"{number(plan.opens_after)} of {count(plan.total, 'credential')} will open; {now}."]
    if plan.elsewhere:
        lines.append("The keys here are bound to another machine; those of the backup take their place.")
    elif plan.unreached:
        lines.append(
            f"The keys here are bound to a TPM that cannot be asked{clause(plan.unreached)}. Where this is "
            f"another machine, those of the backup take their place; {ways.other_machine}."
        )
    elif plan.sets_up:
        lines.append("This home is set up by the restore.")
    if plan.foreign:
        why = listed(tuple(foreign_words(reason) for reason in plan.foreign))
        lines.append(f"{ways.accept_foreign}: {why}.")
    if plan.stranded:
        lines.append(f"Not in this backup: {_keys(plan.stranded)}.")
    if plan.newer_known is not None:
        newer = plan.newer_known
        lines.append(
            f"The register knows a newer one: {backup_name(newer)} of {when(newer.backup.created)} "
            f"in {safe(newer.address)} ({place_word(newer.where)})."
        )
    return tuple(lines)


def restore_lines(report: RestoreReport, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """What a restore did."""
    added, present = len(report.added), len(report.present)
    was = "was" if added == 1 else "were"
    first = (
        f"{count(added, 'key')} {was} added" if added else "Every key was here already, so none was added"
    )
    also = (
        f", {count(present, 'key')} {'was' if present == 1 else 'were'} here already"
        if added and present
        else ""
    )
    lines = [f"{first}{also}.", proof_sentence(report.proof), *failure_lines(report.proof, ways)]
    if report.stranded:
        lines.append(
            f"Unreadable here, for the backup lacked {'it' if len(report.stranded) == 1 else 'them'}: "
            f"{_keys(report.stranded)}. The key store that holds "
            f"{'it' if len(report.stranded) == 1 else 'them'} stays in the home as "
            f"store/{report.kept_generation}, bound to the other machine."
        )
    lines.extend(weak_line(report.weak, "passphrase"))
    if report.rotation_advised:
        lines.append(f"These keys come from other hardware; {ways.rotate_restored}")
    return tuple(lines)


def _keys(kids: Sequence[Kid]) -> str:
    return listed(tuple(f"key {kid_name(kid)}" for kid in kids))


def drill_lines(report: DrillReport, ways: Ways = COMMANDS) -> tuple[str, ...]:
    """What a drill proved, and whether the register knows."""
    lines = [f"Proof: {proof_words(report.reached)}.", proof_sentence(report.proof)]
    if report.foreign:
        why = listed(tuple(foreign_words(reason) for reason in report.foreign))
        lines.append(f"It does not count for this server: {why}.")
    elif report.recorded:
        lines.append("The register has this result.")
    elif report.not_recorded is not None:
        lines.append(f"The register could not be told. {say(report.not_recorded)}")
    else:
        lines.append(f"The register does not know this copy; {ways.know_copy}")
    if report.diary is not DiaryFate.SIGNED:
        lines.append(diary_fate(report.diary))
    return tuple(lines)


def signer_words(signed: bool, ours: bool, known: bool) -> str:
    """Who signed a backup, as far as it can be told before it is opened."""
    if not signed:
        return "by nobody"
    if ours:
        return "by the key of this server"
    return "not by the key of this server" if known else "yes; whose key it is cannot be told here yet"
