"""`nskeys restore`: a plan, then all or nothing, then a proof credential by credential."""

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.commands.options import (
    opening_of,
    opening_options,
    protector_options,
    settings_of,
    usable_protector,
)
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.parser import Commands, UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import KeyStoreUnreached
from nskeys.model.plans import RestorePlan, RestoreReport
from nskeys.wording.labels import key_fate_name, key_state_name, kid_name
from nskeys.wording.next_steps import Voice
from nskeys.wording.proofs import inspected_line, plan_lines, proof_line, restore_lines
from nskeys.wording.reports import NOTHING_CHANGED
from nskeys.wording.text.numbers import count

if TYPE_CHECKING:
    from nskeys.services.installation import Installation

_HEADINGS = ("key", "here", "becomes", "opens")
_FOR_SETTING_UP = ("protector", "server_name", "cmdb")


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "restore",
        run,
        "bring the keys back from a backup",
        usage=(
            "FILE [--plan] [--accept-foreign] [--other-machine] [--password-file F] [--identity F] "
            "[--shares] [--shares-file F] [--weak-password]"
        ),
        text=(
            "An empty home is set up by it, or one with nothing but the copied database, or\n"
            "one whose keys are bound to another machine: then --protector and --cmdb are as\n"
            "for 'nskeys init', and the server is called as in the backup unless you say\n"
            "--server-name. A key that opens here is never replaced,\n"
            "nor one whose TPM may only be away, unless you say --other-machine.\n"
            "Afterwards every credential is opened; exit code 1 if some do not open, or if\n"
            "the register could not be told."
        ),
        example=(
            "  nskeys restore /media/stick/ns01-5ac19e2b-20261122T140200Z.zip --plan\n"
            "      what a restore would do; it asks for the password, and changes nothing"
        ),
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, a bare .kms, or 'latest'")
    parser.add_argument("--plan", action="store_true", help="show what would happen, change nothing")
    parser.add_argument(
        "--accept-foreign",
        action="store_true",
        help="take one not signed by this server, or lacking keys",
    )
    parser.add_argument(
        "--other-machine", action="store_true", help="the TPM of the keys here is gone, and not only away"
    )
    opening_options(parser)
    protector_options(parser, "the backup's")


def run(session: Session, options: Namespace) -> int:
    """Plan it; carry it out unless only the plan is wanted."""
    from nskeys.services.keys.protector import binding
    from nskeys.services.open_backup import find_source, opened

    services = session.services(options.cmdb)
    installation = services.installation
    bound = binding(installation.key_store)
    if bound.unreached and not (options.plan or options.other_machine):
        raise KeyStoreUnreached(installation.key_store.info().protector, bound.unreached)
    sets_up = bound.replaceable or not installation.key_store.exists()
    if not sets_up:
        _refuse_settings(options, installation)
    protector = usable_protector(installation, options.protector) if sets_up else ""
    settings = settings_of(installation.settings.read(), options)
    source = find_source(installation, options.file, most=True)
    session.output.say(inspected_line(source.inspected))
    with (
        opening_of(options) as opening,
        session.progress(proof_line) as progress,
        opened(installation, source, session.secrets, progress, opening) as open_source,
    ):
        plan = services.restore.plan(open_source)
        if plan.sets_up and options.server_name is None:
            settings = replace(settings, server_name=plan.facts.server)
        if not options.plan:
            report = services.restore.execute(
                plan,
                open_source,
                session.secrets,
                settings,
                protector,
                options.accept_foreign,
                progress,
                options.other_machine,
            )
    if options.plan:
        _tell_plan(session, plan, settings.server_name, protector)
        return Exit.DONE
    _tell(session, report)
    return Exit.INCOMPLETE if report.proof.failed or report.not_recorded else Exit.DONE


def _refuse_settings(options: Namespace, installation: "Installation") -> None:
    """UsageProblem for what would be set up otherwise than it is; the same words as the first time, as
    after a restore that was broken off, are no contradiction."""
    settings = installation.settings.read()
    here = (installation.key_store.info().protector, settings.server_name, settings.cmdb)
    for name, value in zip(_FOR_SETTING_UP, here, strict=True):
        if getattr(options, name) not in (None, "", value):
            option = f"--{name.replace('_', '-')}"
            raise UsageProblem(
                f"{option} is for a home that is not set up yet, and this one is", options.command
            )


def _tell_plan(session: Session, plan: RestorePlan, server: str, protector: str) -> None:
    if session.output.as_json:
        session.output.document(documents.restore_planned(plan, server, protector))
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
        session.output.document(documents.restored(report))
    else:
        tell_failures(session.output, report.proof, apart=True)
    session.output.say(*restore_lines(report))
