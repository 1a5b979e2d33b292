"""`nskeys registry`: KMSBackupPath and KMSBackupDate."""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.model.times import to_rfc3339
from nskeys.wording.reports import registry_future
from nskeys.wording.text.times import is_future


def run(session: Session, _: Namespace) -> int:
    about = session.services().about
    about.require()
    values = about.registry()
    if session.output.as_json:
        session.output.document("registry", documents.registry(values))
    else:
        date = "" if values.backup_date is None else to_rfc3339(values.backup_date)
        session.output.facts([("KMSBackupPath", values.backup_path or ""), ("KMSBackupDate", date)])
    if values.backup_date is not None and is_future(values.backup_date, about.now()):
        session.output.say(registry_future(values.backup_date))
    return Exit.DONE
