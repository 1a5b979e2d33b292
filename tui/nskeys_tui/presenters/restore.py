"""Restoring and drilling: files, plans and proofs, as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from nskeys.model.credentials import Credential
from nskeys.model.pairs import Owner
from nskeys.model.plans import CredentialProof, DrillReport, PlannedKey, RestorePlan
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.reasons import FailureReason, ForeignReason
from nskeys.services.database.pairs import Pair
from nskeys.wording.copies import backup_name, place_word
from nskeys.wording.database_copies import copy_proof_words
from nskeys.wording.destinations import location_name
from nskeys.wording.errors.backups import foreign_words
from nskeys.wording.labels import (
    failure_name,
    failure_words,
    key_fate_name,
    key_state_name,
    kid_name,
    kind_counts,
    kind_name,
    proof_words,
    sight_name,
)
from nskeys.wording.pairs import copy_rows, lacking_lines, owner_choice
from nskeys.wording.proofs import BARE, UNREACHED_MEANS, signer_lines
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago, when
from nskeys.wording.unlock import opens_with

_REMEMBERED = 6
_SHOWN_KEYS = 8


def remembered_choices(copies: Sequence[BackupCopy], now: datetime) -> tuple[tuple[str, str, str], ...]:
    """Return address, name and state of the backups in the register, newest first."""
    kept = [copy for copy in copies if copy.retired is None]
    return tuple((copy.address, _made(copy, now), _about(copy)) for copy in kept[:_REMEMBERED])


def _made(copy: BackupCopy, now: datetime) -> str:
    """Return which backup it is; its file has no name that a person could tell it by."""
    made = copy.backup.created
    name = f"{capitalised(backup_name(copy))} of {when(made)}, {ago(made, now)}"
    return f"{name}, {count(len(copy.backup.kids), 'key')}"


def _about(copy: BackupCopy) -> str:
    place = f"{safe(copy.destination)} ({place_word(copy.where)})"
    if copy.status is CopyStatus.GOOD:
        return f"{place}: {proof_words(copy.proof)}"
    return f"! {place}: {sight_name(copy.status)}"


def owner_choices(owners: Sequence[Owner]) -> tuple[tuple[str, str, str], ...]:
    """Return the choices of whose archives are meant; the key is their place in the list."""
    return tuple((str(place), *owner_choice(owner)) for place, owner in enumerate(owners))


def lacking(pair: Pair) -> tuple[str, ...]:
    """Return which keys the rows of a pair want and its key backup lacks."""
    facts = pair.source.facts
    return () if pair.copy is None or facts is None else lacking_lines(pair.copy.wanted_and_lacking(facts))


def contents_rows(pair: Pair, now: datetime, without_copy: str) -> tuple[tuple[str, str], ...]:
    """Return what both halves say about themselves, before a password is asked."""
    source = pair.source
    database = (("Database", without_copy),) if pair.copy is None else copy_rows(pair.copy, now)
    rows = [("Key backup", safe(source.address)), ("Where", location_name(source.where)), *database]
    facts = source.facts
    if facts is None:
        return (*rows, ("Contents", BARE))
    kinds = ", ".join(kind_counts(kind for kind in facts.kinds if kind[1]))
    shown = [f"{kid_name(key.info.kid)} {key_state_name(key.info.state)}" for key in facts.keys]
    more = [f"and {number(len(shown) - _SHOWN_KEYS)} more"] if len(shown) > _SHOWN_KEYS else []
    return (
        *rows,
        ("Server", safe(facts.server)),
        ("Made", f"{when(facts.created)}, {ago(facts.created, now)}"),
        ("Backup", f"number {number(facts.generation)} of CMDB {facts.cmdb_id[:8]}"),
        ("Keys", ", ".join(shown[:_SHOWN_KEYS] + more)),
        ("Covered then", f"{count(facts.credentials, 'credential')}{f' ({kinds})' if kinds else ''}"),
        ("Opens with", opens_with(facts)),
        ("Hint", safe(facts.hint) or "none"),
    )


def key_rows(plan: RestorePlan) -> tuple[tuple[str, str], ...]:
    """Return each key of the backup, what the restore does with it, and the credentials it opens here."""
    return tuple(
        (
            kid_name(key.info.kid),
            _fate(key),
        )
        for key in plan.keys
    )


def _fate(key: PlannedKey) -> str:
    state = f"{key_fate_name(key.fate)}, {key_state_name(key.state_after)}"
    return f"{state}; opens {count(key.credentials, 'credential')} here"


def foreign_title(reasons: Sequence[ForeignReason]) -> str:
    """Return what is asked about a backup that needs a plain yes."""
    titles = {
        ForeignReason.UNREACHED: "Is this another machine?",
        ForeignReason.LACKS_KEYS: "This backup lacks keys",
        ForeignReason.NOT_VOUCHED: "Is this the server key on your runbook?",
    }
    asked = [reason for reason in reasons if reason is not ForeignReason.NOT_VOUCHED or len(reasons) == 1]
    return titles.get(asked[0], "This backup is foreign") if len(asked) == 1 else "Are you sure?"


def foreign_yes(reasons: Sequence[ForeignReason]) -> str:
    """Return the answer that restores."""
    ours = tuple(reasons) == (ForeignReason.NOT_VOUCHED,)
    return "It is on the runbook: restore" if ours else "Restore it all the same"


def foreign_question(plan: RestorePlan) -> tuple[str, ...]:
    """Return what has to be confirmed before a backup is restored that nothing here vouches for, or that
    lacks keys."""
    reasons, effect = plan.questions, "Its keys would be stored beside the keys of this server."
    if plan.sets_up:
        effect = "Its keys would become those of this server."
    if ForeignReason.LACKS_KEYS in reasons:
        effect = "Its keys would take the place of those that are bound to another machine."
    if ForeignReason.UNREACHED in reasons:
        effect = UNREACHED_MEANS
    return (
        *(f"{capitalised(words)}." for words in map(foreign_words, reasons)),
        *signer_lines(plan),
        effect,
    )


def proof_cells(
    credential: Credential, failures: Mapping[str, FailureReason], upto: int | None = None
) -> tuple[str, tuple[str, ...], str]:
    """Return key, cells and style of a credential that was tried; one that was changed after change `upto`,
    of which the rows are that were tried, is not claimed to have opened."""
    failure = failures.get(credential.credential_id)
    fields = credential.fields
    if upto is not None and credential.number > upto:
        cells = (kind_name(fields.kind), safe(fields.name), safe(fields.account))
        return credential.credential_id, (*cells, "changed since", ""), ""
    cells = (kind_name(fields.kind), safe(fields.name), safe(fields.account))
    if failure is None:
        return credential.credential_id, (*cells, "opened", ""), "good"
    return credential.credential_id, (*cells, failure_name(failure), "!"), "error"


def re_entry_lines(failures: Sequence[CredentialProof], server: str, moment: datetime) -> tuple[str, ...]:
    """Return the list to save: what must be re-entered, with everything but the secrets."""
    lines = [f"{safe(server)}, {when(moment)}: {count(len(failures), 'credential')} to be re-entered", ""]
    for failure in failures:
        fields = failure.credential.fields
        lines += [
            f"[ ] {kind_name(fields.kind)}  {safe(fields.name)}",
            f"    target   {safe(fields.target)}",
            f"    account  {safe(fields.account)}",
            f"    changed  {when(failure.credential.updated)}",
            f"    why      {failure_words(failure.failure) if failure.failure else ''}",
        ]
    return tuple(lines)


def drill_rows(report: DrillReport) -> tuple[tuple[str, str], ...]:
    """Return what a drill proved of each half, and then their files."""
    opened = f"{number(report.proof.opened)} of {count(_tried(report), 'credential')}"
    rows = [("Opened", opened), ("Key backup", proof_words(report.reached))]
    files = [("Backup file", safe(report.address))]
    if report.copy is not None and report.copy_reached is not None:
        rows.append(("Database", copy_proof_words(report.copy_reached)))
        files.append(("Copy file", safe(report.copy.address)))
    return (*rows, *files)


def _tried(report: DrillReport) -> int:
    return report.proof.opened + report.proof.failed
