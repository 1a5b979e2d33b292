"""Proofs and restores in sentences: which credentials opened, which did not, and what that means."""

from collections.abc import Sequence

from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.credentials import SealedRow
from nskeys.model.diary import DiaryFate
from nskeys.model.keys import Kid
from nskeys.model.next_steps import NextAction
from nskeys.model.plans import DrillReport, ProofReport, RestorePlan, RestoreReport
from nskeys.model.register import BackupCopy, Signer
from nskeys.reasons import FailureReason
from nskeys.wording.checkpoint import counted_anew_line
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.drills import diary_fate
from nskeys.wording.errors import say
from nskeys.wording.errors.backups import foreign_words
from nskeys.wording.inventory import difference_lines
from nskeys.wording.labels import failure_words, kid_name, proof_words, protector_label, protector_words
from nskeys.wording.next_steps import Voice, step_words
from nskeys.wording.pairs import pair_proof_line, rows_lines
from nskeys.wording.passwords import weak_line
from nskeys.wording.problems import problem_text
from nskeys.wording.recovery import with_split
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised, listed
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import when

BARE = "This is a bare .kms: its companions were not checked, for it has none."
UNREACHED_MEANS = (
    "Its keys would take the place of those that are here. If the TPM is only away, bring it back instead: "
    "nothing is lost, and nothing has to be restored."
)
NOT_WRITTEN_DOWN = "The register could not be updated, so it counts as before."
STORED_NOT_TRIED = (
    "The keys are stored. Trying the credentials was stopped; Verify in the menu (m) tries them all."
)

NOT_RESTORED = "Not restored: nothing was changed."
COMPARE_KEY = (
    "Anybody can make a server key: compare the number with the runbook's. Without a runbook, say yes only "
    "where nobody else could write to the place of this file."
)
IS_IT_THE_RUNBOOKS = "Is that the server key on the runbook? Type yes to restore"
_OPENED, _FAILED = "opened", "failed"


def proof_line(row: SealedRow, failure: FailureReason | None) -> str:
    """Return the line of one credential that was tried: `opened run-as/deploy-finance`."""
    reference = safe(f"{row[1]}/{row[2]}")
    if failure is None:
        return f"{_OPENED}   {reference}"
    return f"{_FAILED}   {reference}: {failure_words(failure)}"


def proof_sentence(proof: ProofReport) -> str:
    """Return how many credentials opened."""
    total = proof.opened + proof.failed
    if not total:
        return "There are no credentials, so none could be opened."
    if not proof.failed:
        return f"Every credential opened ({number(total)})."
    return f"{number(proof.opened)} of {count(total, 'credential')} opened, {number(proof.failed)} did not."


def failure_lines(proof: ProofReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what to do about credentials that did not open, or that something else changed; nothing where
    all are well."""
    reasons = {item.failure for item in proof.failures}
    lines = list(difference_lines(proof.differences))
    if FailureReason.KEY_MISSING in reasons:
        lines.append(f"Where a key is missing, {step_words(NextAction.RESTORE, voice)}")
    if reasons & {FailureReason.TAMPERED, FailureReason.UNREADABLE}:
        how = step_words(NextAction.NEW_SECRET, voice)
        first = ", once it was accepted as it is" if proof.differences else ""
        lines.append(f"A row that was changed or damaged needs a new secret{first}: {how}")
    return tuple(lines)


def contents_line(facts: BackupFacts) -> str:
    """Return what is in a backup: `backup 41 of ns01, made 2026-11-22 14:02, with 2 keys for 14
    credentials`."""
    keys, credentials = count(len(facts.keys), "key"), count(facts.credentials, "credential")
    return (
        f"backup {number(facts.generation)} of {shown(facts.server)}, made {when(facts.created)}, "
        f"with {keys} for {credentials}"
    )


def inspected_line(inspected: Inspected) -> str:
    """Return what a file is, before its password is asked for."""
    if inspected.manifest is None:
        return BARE
    line = contents_line(inspected.manifest.facts)
    return f"{capitalised(line)}."


def plan_lines(
    plan: RestorePlan, voice: Voice = Voice.COMMAND, server: str = "", protector: str = ""
) -> tuple[str, ...]:
    """Return what a restore would do. `server` and `protector` are those of a home that it sets up, as far
    as they are chosen."""
    now = f"now {number(plan.opens_before)} {'does' if plan.opens_before == 1 else 'do'}"
    lines = [f"{number(plan.opens_after)} of {count(plan.total, 'credential')} will open; {now}."]
    # What speaks for another backup comes first, where no short screen can cut it off.
    if plan.stranded:
        lines.append(f"Not in this backup: {_keys(plan.stranded)}.")
    if plan.newer_known is not None:
        lines.append(newer_line(plan.newer_known))
    if plan.elsewhere:
        lines.append("The keys here are bound to another machine; those of the backup take their place.")
    elif plan.unreached:
        confirmed = step_words(NextAction.RESTORE_HERE, voice)
        lines.append(
            f"The keys here are bound to a TPM that cannot be asked{problem_text(plan.unreached)}. "
            f"Where this is another machine, those of the backup take their place; {confirmed}."
        )
    elif plan.sets_up:
        lines.append("This home is set up by the restore.")
    lines += rows_lines(plan, voice)
    if plan.sets_up and server:
        differs = f"; the backup calls it {shown(plan.facts.server)}" if server != plan.facts.server else ""
        lines.append(f"The server will be called {shown(server)}{differs}.")
    binds = plan.protector_here or protector.partition(":")[0]
    if binds and (plan.sets_up or plan.added):
        lines.append(f"This server will have {protector_words(binds)}.")
    lines += bound_before_lines(plan.protector_before, protector)
    lines += signer_lines(plan)
    if plan.foreign:
        why = listed(tuple(foreign_words(reason) for reason in plan.foreign))
        lines.append(f"{step_words(NextAction.RESTORE_FOREIGN, voice)}: {why}.")
    return tuple(lines)


def newer_line(newer: BackupCopy) -> str:
    """Return the newer key backup that the register knows."""
    return (
        f"The register knows a newer one: {backup_name(newer)} of {when(newer.backup.created)} "
        f"in {safe(newer.address)} ({place_word(newer.where)})."
    )


def signer_lines(plan: RestorePlan) -> tuple[str, ...]:
    """Return what a person confirms: the server key, and the recovery identities that come into force."""
    lines = []
    if plan.foreign:
        lines.append(f"It is signed by server key {plan.facts.server_key}. {COMPARE_KEY}")
    if plan.recovery.identities:
        named = listed(tuple(with_split(identity) for identity in plan.recovery.identities))
        lines.append(f"Backups go to {named} from then on.")
    return tuple(lines)


_ADD_AGAIN = {
    Voice.COMMAND: "add them again with 'nskeys destination add'.",
    Voice.KEY: "add them again under Destinations in the menu (m).",
}


def restore_lines(report: RestoreReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what a restore did."""
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
    lines = [f"{first}{also}.", proof_sentence(report.proof), *failure_lines(report.proof, voice)]
    if report.database is not None:
        facts = report.database.copy.facts
        lines.insert(0, f"The CMDB is that of change {number(facts.number)}, {when(facts.created)}.")
    if report.newer_known is not None:
        lines.append(newer_line(report.newer_known))
    if report.stranded:
        lines.append(
            f"Unreadable here, for the backup lacked {'it' if len(report.stranded) == 1 else 'them'}: "
            f"{_keys(report.stranded)}. The key store that holds "
            f"{'it' if len(report.stranded) == 1 else 'them'} stays in the home as "
            f"store/{report.kept_generation}, bound to the other machine."
        )
    if report.added and report.protector:
        lines.append(f"This server now has {protector_words(report.protector)}.")
        again = step_words(NextAction.PROTECTOR_CHANGE, voice)
        lines += bound_before_lines(report.protector_before, report.protector, again)
    if report.not_recorded is not None:
        lines.append(f"{NOT_WRITTEN_DOWN} {say(report.not_recorded)}")
    lines.extend(weak_line(report.weak, "passphrase"))
    if report.rotation_advised:
        lines.append(counted_anew_line(voice))
        lines.append(f"These keys come from other hardware; {step_words(NextAction.ROTATE, voice)}")
    if report.rotation_advised and report.protector:
        lines.append(f"Destinations are set on each machine: {_ADD_AGAIN[voice]}")
    if report.goes_to:
        lines.append(f"Until you say otherwise, the next backup goes to {shown(report.goes_to)}.")
    return tuple(lines)


def bound_before_lines(before: str, now: str, way: str = "") -> tuple[str, ...]:
    """Return how the keys were bound on the server of the backup, as far as the database tells, where that
    was otherwise; a warning, with the `way` to mend it, where it was stronger."""
    if not before or before == (now.partition(":")[0] or "file"):
        return ()
    was = f"On the server of this backup: {protector_label(before)}, as far as the database tells."
    return (f"That is weaker than before. {was} {way}".rstrip() if now == "file" else was,)


def _keys(kids: Sequence[Kid]) -> str:
    return listed(tuple(f"key {kid_name(kid)}" for kid in kids))


def drill_lines(report: DrillReport, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return what a drill proved, whether the register knows, and who signed the backup."""
    lines = [f"Proof: {proof_words(report.reached)}.", proof_sentence(report.proof)]
    if report.copy is not None:
        lines.append(pair_proof_line(report))
    lines += difference_lines(report.proof.differences)
    if report.foreign:
        why = listed(tuple(foreign_words(reason) for reason in report.foreign))
        lines.append(f"It does not count for this server: {why}.")
    elif report.recorded:
        lines.append("The result is in the register.")
    elif report.not_recorded is not None:
        lines.append(f"{NOT_WRITTEN_DOWN} {say(report.not_recorded)}")
    elif not report.nowhere:
        lines.append(f"The register does not know this copy; {step_words(NextAction.REGISTER_ADD, voice)}")
    if report.nowhere:
        lines.append(
            "No CMDB is here, so the result was not recorded: the server itself does not know of it."
        )
    elif report.diary is not DiaryFate.SIGNED:
        lines.append(diary_fate(report.diary))
    lines.append(f"It is signed by server key {report.facts.server_key}.")
    return tuple(lines)


def signer_words(signer: Signer) -> str:
    """Return whose server key signed a backup."""
    return {
        Signer.THIS_SERVER: "by the key of this server",
        Signer.PREDECESSOR: "by an earlier server key of this server",
        Signer.REPLACED: "by an earlier server key of this server, after that key was replaced",
        Signer.OTHER_SERVER: "not by the key of this server, but by the one below",
        Signer.UNKNOWN: "by the server key below; there is none here to compare it with",
    }[signer]
