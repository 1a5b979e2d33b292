"""`nskeys backup`: the keys, encrypted under a password, read back and opened."""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.commands.options import password_option
from nskeys.cli.exits import Exit
from nskeys.cli.parser import Commands
from nskeys.cli.session import Session
from nskeys.model.register import BackupCopy
from nskeys.wording.names import kid_name, proof_words
from nskeys.wording.places import location_name
from nskeys.wording.reports import backup_lines, not_needed_lines
from nskeys.wording.sizes import count


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "backup",
        run,
        "back the keys up",
        usage="[--to DESTINATION] [--password-file F] [--hint TEXT] [--if-needed]",
        text=(
            "The backup is read back from where it was put and opened by two readers before\n"
            "it counts. Nothing is ever replaced. Without --to it goes where the last one\n"
            "went. On this machine it is allowed, but the disk that dies takes it too."
        ),
        example=(
            "  nskeys backup --to /mnt/vault/nskeys --if-needed --password-file /root/bp\n"
            "      from a timer; a folder on another machine that is mounted"
        ),
    )
    parser.add_argument("--to", metavar="DESTINATION", help="where: a folder, or a mounted share")
    password_option(parser)
    parser.add_argument(
        "--hint", metavar="TEXT", default="", help="reminds of the password; anybody reads it"
    )
    parser.add_argument("--if-needed", action="store_true", help="only if a key is in no backup yet")


def run(session: Session, options: Namespace) -> int:
    """Make one, or say why none is needed."""
    services = session.services()
    if options.if_needed:
        last = services.recoverability.assess().last
        if last is not None and not services.backup.due(options.to):
            _tell(session, last)
            session.output.say(*not_needed_lines(last))
            return Exit.DONE
    plan = services.backup.plan(options.to, options.hint)
    with session.progress() as progress:
        report = services.backup.execute(plan, session.secrets, progress)
    _tell(session, report.copy)
    session.output.say(*backup_lines(report))
    return Exit.DONE


def _tell(session: Session, copy: BackupCopy) -> None:
    if session.output.as_json:
        session.output.document(documents.backup(copy))
        return
    keys = ", ".join(kid_name(kid) for kid in copy.backup.kids)
    session.output.facts(
        [
            ("file", copy.address),
            ("keys", f"{count(len(copy.backup.kids), 'key')}: {keys}"),
            ("sha256", copy.backup.kms_sha256),
            ("proof", proof_words(copy.proof)),
            ("place", location_name(copy.where)),
        ]
    )
