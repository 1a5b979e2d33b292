"""The two halves of a backup in sentences: what lies at a place, what a restore takes and what it lacks."""

from collections.abc import Sequence
from datetime import datetime

from nskeys.model.backup import BackupFacts
from nskeys.model.database_copy import CopyFacts
from nskeys.model.keys import Kid
from nskeys.model.pairs import LyingCopy, NotUsed, Owner, PlannedDatabase
from nskeys.model.plans import DrillReport, RestorePlan
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name
from nskeys.wording.next_steps import Voice
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import ago, when

WHOSE = "Which server key is on the runbook? Type its first digits"
NEWEST_THERE = "a folder, sftp:// or s3://: the newest backup there"
WHERE_HELP = (
    "A folder, sftp://user@server/folder or s3://bucket: the newest backup there. Or a .zip that nskeys "
    "wrote, or its .kms."
)
WHOSE_TITLE = "whose backups?"
WHOSE_QUESTION = (
    "Archives of more than one server key or CMDB lie there. Whose do you want? The runbook shows the "
    "server key."
)
NO_COPY_TO_RESTORE = "no copy beside it that it opens"
NO_COPY_TO_DRILL = "no copy beside it that it opens: the credentials of the CMDB here are tried"
WITHOUT_ROWS = (
    "No CMDB is here, and no database copy was found that this backup opens: the keys come back, and no "
    "credential."
)
_NAME_A_COPY = {
    Voice.COMMAND: "'--database PLACE' says where a copy lies.",
    Voice.KEY: "Where a copy lies apart, leave with Esc and use 'nskeys restore FILE --database PLACE'.",
}
WITHHELD = "Nothing here tells whether a newer backup was held back."
_SHOWN = 5


def owner_lines(owners: Sequence[Owner]) -> tuple[str, ...]:
    """Return whose archives lie at a place, one a line, the server key in full."""
    return (
        "Archives of more than one server key or CMDB lie there:",
        *(
            f"{shown(one.server)}, up to change {number(one.number)} of {when(one.created)}, "
            f"CMDB {one.cmdb_id[:8]}, server key {one.server_key}"
            for one in owners
        ),
    )


def owner_choice(owner: Owner) -> tuple[str, str]:
    """Return whose archives these are, and in a line below the server key and the CMDB in full."""
    return (
        f"{shown(owner.server)}, up to change {number(owner.number)} of {when(owner.created)}",
        f"server key {owner.server_key}, CMDB {owner.cmdb_id}",
    )


def copy_rows(copy: LyingCopy, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return what a database copy is, as rows: its file, and what is in it."""
    facts = copy.facts
    made = f"change {number(facts.number)} of {when(facts.created)}, {ago(facts.created, now)}"
    inside = f"{count(facts.credentials, 'credential')} in {count(len(facts.parts), 'part')}"
    return (("Database", safe(copy.address)), ("Its rows", f"{made}: {inside}"))


def copy_brief(copy: LyingCopy, now: datetime) -> str:
    """Return text such as `copy 187, made 3 hours ago`."""
    return f"copy {number(copy.facts.number)}, made {ago(copy.facts.created, now)}"


def pair_lines(
    copy: LyingCopy | None, backup: BackupFacts | None, not_used: Sequence[NotUsed]
) -> tuple[str, ...]:
    """Return what the database copy is, before a password is asked for, and what either half lacks."""
    lines = [] if copy is None else [f"{copy_line(copy.facts)}."]
    if copy is not None and backup is not None:
        lines += lacking_lines(copy.wanted_and_lacking(backup))
    lines += not_used_lines(not_used)
    return tuple(lines)


def copy_line(facts: CopyFacts) -> str:
    """Return what a database copy is: `Database copy of change 187 of ns01, made 2026-11-30 02:00, with 14
    credentials in 1 part`."""
    return (
        f"Database copy of change {number(facts.number)} of {shown(facts.server)}, made "
        f"{when(facts.created)}, with {count(facts.credentials, 'credential')} in "
        f"{count(len(facts.parts), 'part')}"
    )


def lacking_lines(lacking: Sequence[tuple[Kid, int]]) -> tuple[str, ...]:
    """Return which keys the credentials want and the key backup lacks."""
    return tuple(
        f"{count(rows, 'credential')} of it {'wants' if rows == 1 else 'want'} key {kid_name(kid)}, "
        "which is not in the key backup."
        for kid, rows in lacking
    )


def not_used_lines(not_used: Sequence[NotUsed]) -> tuple[str, ...]:
    """Return what was left out, and why."""
    lines = [f"Not used: {say(one.error).what}" for one in not_used[:_SHOWN]]
    if len(not_used) > _SHOWN:
        lines.append(f"Not used: {count(len(not_used) - _SHOWN, 'more file')}.")
    return tuple(lines)


def pair_proof_line(report: DrillReport) -> str:
    """Return which rows a drill of both halves tried."""
    if report.copy is None:
        return ""
    facts = report.copy.facts
    return (
        f"The rows of the database copy of change {number(facts.number)}, made {when(facts.created)}, were "
        "tried with the keys of the backup and nothing else."
    )


def rows_lines(plan: RestorePlan, voice: Voice = Voice.COMMAND) -> tuple[str, ...]:
    """Return where the rows come from; nothing where the CMDB that is here stays."""
    if plan.database is not None:
        return database_lines(plan.database)
    return (f"{WITHOUT_ROWS} {_NAME_A_COPY[voice]}",) if plan.without_rows else ()


def database_lines(planned: PlannedDatabase) -> tuple[str, ...]:
    """Return what a restore does with the database copy, and how old its rows are."""
    facts, into = planned.copy.facts, f"{planned.engine}, {shown(planned.target)}"
    age = ago(facts.created, planned.moment)
    lines = [
        f"The CMDB is here already ({into}): a restore that was broken off made it from this copy."
        if planned.here
        else f"The CMDB is made from the copy: {into}.",
        f"Its rows are those of change {number(facts.number)}, {when(facts.created)} ({age}). {WITHHELD}",
    ]
    if planned.later:
        lines.append(
            f"This server went on to change {number(planned.highest)}. A backup is a change too; but what "
            f"was added or edited after change {number(facts.number)} is not in the copy."
        )
    lines += lacking_lines(planned.lacking)
    if facts.unexplained:
        lines.append("Nothing vouches for its rows: the copy says that they are not its checkpoint's.")
    if facts.left_out.count:
        lines.append(f"The copy lacks {count(facts.left_out.count, 'row')} that could not be written down.")
    return tuple(lines)
