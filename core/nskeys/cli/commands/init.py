"""`nskeys init`: a new installation."""

from argparse import Namespace
from dataclasses import replace

from nskeys.cli import documents
from nskeys.cli.commands.options import settings_of, usable_protector
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.wording.labels import kid_name, protector_name
from nskeys.wording.reports import set_up_lines


def run(session: Session, options: Namespace) -> int:
    services = session.services(options.cmdb)
    settings = settings_of(services.about.settings(), options)
    protector = usable_protector(services.protection, options.protector)
    if options.server_name is None and options.accept_loss:
        # Its credentials stay, so it is the same server and keeps the name in the database.
        settings = replace(settings, server_name=services.set_up.look().server or settings.server_name)
    report = services.set_up.execute(protector, session.secrets, settings, options.accept_loss)
    if session.output.as_json:
        session.output.document("init", documents.set_up(report))
        return Exit.DONE
    session.output.facts(
        [
            ("server", report.server),
            ("cmdb", report.cmdb),
            ("cmdb id", report.cmdb_id),
            ("home", report.home),
            ("protector", protector_name(report.protector)),
            ("key", kid_name(report.kid)),
        ]
    )
    session.output.say(*set_up_lines(report, options.accept_loss or 0))
    return Exit.DONE
