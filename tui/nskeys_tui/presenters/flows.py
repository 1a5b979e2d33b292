"""What was decided in a guided flow before the step that is shown, as rows."""

from datetime import datetime

from nskeys.services.database.pairs import Pair
from nskeys.services.flows.backup import BackupFlow, BackupStep
from nskeys.services.flows.custodians import CustodiansFlow
from nskeys.services.flows.source import SourceFlow
from nskeys.wording.custodians import split_title
from nskeys.wording.flows import YOUR_PASSWORD
from nskeys.wording.pairs import copy_brief
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import ago
from nskeys.wording.unlock import opens_with

Pairs = tuple[tuple[str, str], ...]


def source_so_far(flow: SourceFlow, now: datetime) -> Pairs:
    """Return which pair was chosen: its file, its server and age, its database copy, and who opens it."""
    return () if flow.pair is None else _pair_rows(flow.pair, now)


def _pair_rows(pair: Pair, now: datetime) -> Pairs:
    source, facts = pair.source, pair.source.facts
    if facts is None:
        return (("File", safe(source.address)),)
    copy = () if pair.copy is None else (("Database", copy_brief(pair.copy, now)),)
    made = f"{safe(facts.server)}, backup {facts.generation}, made {ago(facts.created, now)}"
    return (("File", safe(source.address)), ("Server", made), *copy, ("Opens with", opens_with(facts)))


def backup_so_far(flow: BackupFlow) -> Pairs:
    """Return what opens the backup that is about to be written; its plan says where it goes."""
    if flow.plan is None or flow.step is not BackupStep.REVIEW or flow.unattended:
        return ()
    return (("Opens with", YOUR_PASSWORD),)


def custodians_so_far(flow: CustodiansFlow) -> Pairs:
    """Return how many custodians there will be, and where their sheets go."""
    if not flow.shares:
        return ()
    folder = (("Sheets", f"in {safe(flow.folder)}"),) if flow.folder else ()
    return (("Numbers", split_title(flow.shares, flow.threshold)), *folder)
