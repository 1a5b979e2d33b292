"""`nskeys registry`: KMSBackupPath and KMSBackupDate."""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.parser import Commands
from nskeys.cli.session import Session
from nskeys.model.times import to_rfc3339
from nskeys.wording.reports import registry_future
from nskeys.wording.text.times import is_future


def add(commands: Commands) -> None:
    """Tell the grammar."""
    commands.command(
        "registry",
        run,
        "show KMSBackupPath and KMSBackupDate",
        text="Where the last good backup went, and when. Empty until there is one.",
        example="  nskeys registry --json",
    )


def run(session: Session, _: Namespace) -> int:
    """Both values."""
    installation = session.services().installation
    installation.require()
    values = installation.registry.read()
    if session.output.as_json:
        session.output.document(documents.registry(values))
    else:
        date = "" if values.backup_date is None else to_rfc3339(values.backup_date)
        session.output.facts([("KMSBackupPath", values.backup_path or ""), ("KMSBackupDate", date)])
    if values.backup_date is not None and is_future(values.backup_date, installation.clock.now()):
        session.output.say(registry_future(values.backup_date))
    return Exit.DONE
