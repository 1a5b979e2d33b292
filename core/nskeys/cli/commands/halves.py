"""The two halves that a command is about: those that were named, or the newest pair at a place."""

import re
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import BackupForeign, NothingToRestore, SeveralServers
from nskeys.model.pairs import Lying, Owner
from nskeys.ports import Progress, Stage
from nskeys.reasons import ForeignReason
from nskeys.wording.pairs import WHOSE, owner_lines

if TYPE_CHECKING:
    from nskeys.services.database.pairs import Pair, PairService


def named_key(options: Namespace) -> str:
    """Return the thumbprint that was given, as paper or a screen shows it; empty where none was."""
    named = "".join((options.server_key or "").split()).lower()
    if options.server_key is not None and not re.fullmatch("[0-9a-f]{64}", named):
        raise UsageProblem(
            "--server-key is the 64 digits of the server key on the runbook", options.command
        )
    return named


def pair_of(
    session: Session,
    pairs: "PairService",
    options: Namespace,
    named: str,
    progress: Progress,
    drill: bool = False,
) -> "Pair":
    """Return the halves that were named, or the newest pair at a place; for a restore, or for a `drill`,
    which replaces no CMDB. Raises SeveralServers where nobody says whose."""
    keys_only = getattr(options, "keys_only", False)
    wanted = "" if keys_only else options.database or ""
    progress.stage(Stage.LOOKING)
    lying = pairs.look(options.file, progress.checkpoint)
    if lying is None:
        pair = pairs.named(options.file, wanted, most=True, drill=drill)
    else:
        owner = _owner(session, lying, named or pairs.own_key(lying))
        elsewhere = pairs.look(wanted, progress.checkpoint) if wanted else None
        pair = pairs.newest(lying, owner, elsewhere)
    return replace(pair, copy=None) if keys_only else pair


def _owner(session: Session, lying: Lying, named: str) -> Owner:
    """Return whose archives are wanted: there is one owner, the server key was named, or a person says its
    first digits."""
    owners = [one for one in lying.owners() if named in ("", one.server_key)]
    if len(owners) > 1 and not named:
        session.output.say(*owner_lines(owners))
        typed = (session.asked(WHOSE) or "").strip().lower()
        owners = [one for one in owners if typed and one.server_key.startswith(typed)] or owners
    match owners:
        case []:
            if others := lying.owners():
                raise BackupForeign(lying.place, (ForeignReason.NAMED_OTHERWISE,), others[0].server_key)
            raise NothingToRestore(lying.place, 0, tuple(one.address for one in lying.refused))
        case [owner]:
            return owner
    raise SeveralServers(lying.place, tuple(one.server_key for one in owners))
