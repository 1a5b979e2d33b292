"""`nskeys restore`: a plan, then all or nothing, then a proof credential by credential."""

from argparse import Namespace
from dataclasses import replace

from nskeys.cli import proof_documents
from nskeys.cli.commands.halves import named_key, pair_of
from nskeys.cli.commands.options import (
    opening_of,
    settings_of,
    usable_protector,
)
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import tell_failures
from nskeys.cli.session import Session
from nskeys.errors import Cancelled, KeyStoreUnreached
from nskeys.model.plans import RestorePlan, RestoreReport
from nskeys.ports import Settings
from nskeys.wording.labels import key_fate_name, key_state_name, kid_name
from nskeys.wording.next_steps import Voice
from nskeys.wording.pairs import pair_lines
from nskeys.wording.proofs import (
    IS_IT_THE_RUNBOOKS,
    inspected_line,
    plan_lines,
    proof_line,
    restore_lines,
)
from nskeys.wording.reports import NOTHING_CHANGED
from nskeys.wording.text.numbers import count

_HEADINGS = ("key", "here", "becomes", "opens")
_FOR_SETTING_UP = ("protector", "server_name", "cmdb")


def run(session: Session, options: Namespace) -> int:
    """Plan the restore; carry it out unless only the plan is wanted."""
    from nskeys.services.restore.service import RestoreChoices, require_named

    services = session.services(options.cmdb)
    target = services.restore.target()
    if target.unreached and not (options.plan or options.other_machine):
        raise KeyStoreUnreached(target.protector, target.unreached)
    configured = services.about.settings()
    if not target.sets_up:
        _refuse_settings(options, target.protector, configured)
    protector = usable_protector(services.protection, options.protector) if target.sets_up else ""
    settings = settings_of(configured, options)
    named = named_key(options)
    with session.progress(proof_line) as looking:
        pair = pair_of(session, services.pairs, options, named, looking)
    source = pair.source
    if source.facts is not None:
        require_named(source.address, source.facts, named)  # before a password is asked for
    session.output.say(
        inspected_line(source.inspected), *pair_lines(pair.copy, source.facts, pair.not_used)
    )
    with (
        opening_of(options) as opening,
        session.progress(proof_line) as progress,
        services.sources.opened(source, session.secrets, progress, opening) as open_source,
    ):
        plan = services.restore.plan(open_source, pair)
        if plan.sets_up and options.server_name is None:
            settings = replace(settings, server_name=plan.facts.server)
        if not options.plan:
            confirmed = named or _confirmed(session, plan, settings.server_name, protector)
            choices = RestoreChoices(settings, protector, confirmed, options.other_machine)
            report = services.restore.execute(plan, open_source, session.secrets, choices, progress)
    if options.plan:
        _tell_plan(session, plan, settings.server_name, protector)
        return Exit.DONE
    _tell(session, report)
    return Exit.INCOMPLETE if not report.proof.whole or report.not_recorded else Exit.DONE


def _confirmed(session: Session, plan: RestorePlan, server: str, protector: str) -> str:
    """Return the thumbprint of the server key that a person confirms on the terminal; empty where nothing
    is asked, or nobody is there. Raises Cancelled for a no."""
    if not plan.foreign:
        return ""
    session.output.say(*plan_lines(plan, Voice.COMMAND, server, protector))
    agreed = session.agreed(IS_IT_THE_RUNBOOKS)
    if agreed is False:
        raise Cancelled
    return plan.facts.server_key if agreed else ""


def _refuse_settings(options: Namespace, protector: str, settings: Settings) -> None:
    """Raise UsageProblem for options that contradict an existing set-up. The same values as at the set-up
    are accepted, so that a restore which was broken off can be repeated."""
    here = (protector, settings.server_name, settings.cmdb)
    for name, value in zip(_FOR_SETTING_UP, here, strict=True):
        if getattr(options, name) not in (None, "", value):
            option = f"--{name.replace('_', '-')}"
            raise UsageProblem(
                f"{option} is for a home that is not set up yet, and this one is", options.command
            )


def _tell_plan(session: Session, plan: RestorePlan, server: str, protector: str) -> None:
    if session.output.as_json:
        session.output.document("restore-plan", proof_documents.restore_planned(plan, server, protector))
    else:
        session.output.table(
            _HEADINGS,
            (
                (
                    kid_name(key.info.kid),
                    key_fate_name(key.fate),
                    key_state_name(key.state_after),
                    count(key.credentials, "credential"),
                )
                for key in plan.keys
            ),
        )
    session.output.say(*plan_lines(plan, Voice.COMMAND, server, protector), NOTHING_CHANGED)


def _tell(session: Session, report: RestoreReport) -> None:
    if session.output.as_json:
        session.output.document("restore", proof_documents.restored(report))
    else:
        tell_failures(session.output, report.proof, apart=True)
    session.output.say(*restore_lines(report))
