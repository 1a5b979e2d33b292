"""`nskeys backup`: the keys, encrypted once, in one place or several; each copy read back and opened."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.cli import documents
from nskeys.cli.commands.options import password_option, weak_option
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import guard, read_text_input
from nskeys.cli.parser import Commands, UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import FileUnreadable, NskeysError, RecipientRefused
from nskeys.model.plans import BackupPlan, BackupReport, best_of
from nskeys.model.register import BackupCopy
from nskeys.reasons import Problem, RecipientProblem
from nskeys.wording.destinations import location_name
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name, proof_words
from nskeys.wording.reports import backup_lines, not_needed_lines
from nskeys.wording.text.numbers import count


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "backup",
        run,
        "back the keys up",
        usage=(
            "[--to DESTINATION]... [--everywhere] [--recipient R]... [--password] [--password-file F] "
            "[--weak-password] [--hint TEXT] [--if-needed]"
        ),
        text=(
            "Each copy is read back from where it was put and opened by two readers before\n"
            "it counts. Nothing is ever replaced. Without --to it goes where the last one\n"
            "went. On this machine it is allowed, but the disk that dies takes it too.\n"
            "With several destinations one that fails holds up no other; exit code 1 then.\n"
            "Where there is a recovery identity it goes to that, and no password is asked."
        ),
        example=(
            "  nskeys backup --everywhere --if-needed --password-file /root/bp\n"
            "      to every destination that lacks a good copy of a key"
        ),
    )
    places = parser.add_mutually_exclusive_group()
    places.add_argument(
        "--to", metavar="DESTINATION", action="append", default=[], help="where; may be given several times"
    )
    places.add_argument("--everywhere", action="store_true", help="to every configured destination")
    parser.add_argument(
        "--recipient",
        metavar="R",
        action="append",
        default=[],
        help="age1..., an ssh key, a file of them",
    )
    parser.add_argument("--password", action="store_true", help="under a password in any case")
    password_option(parser)
    weak_option(parser)
    parser.add_argument(
        "--hint", metavar="TEXT", default="", help="reminds of the password; anybody reads it"
    )
    parser.add_argument("--if-needed", action="store_true", help="only where a key is in no good copy yet")


def run(session: Session, options: Namespace) -> int:
    """Make one, or say why none is needed."""
    services = session.services()
    to: Sequence[str] = services.backup.everywhere() if options.everywhere else options.to
    if options.if_needed:
        need = services.backup.need(to)
        if not need.missing_at:
            _tell(session, need.held)
            session.output.say(*not_needed_lines(need.held))
            return Exit.DONE
        to = need.missing_at
    password = options.password or options.password_file is not None
    if password and options.recipient:
        raise UsageProblem("a backup is for recipients or under a password, not both", options.command)
    recipients = recipients_of(options.recipient)
    plan = session.with_server_auth(
        lambda: services.backup.plan(to, options.hint, recipients, password=password), _problems
    )
    with session.progress() as progress:
        report = services.backup.execute(plan, session.secrets, progress)
    _tell(session, report.copies, report)
    session.output.say(*backup_lines(report))
    return Exit.DONE if report.whole else Exit.INCOMPLETE


def _problems(plan: BackupPlan) -> tuple[NskeysError, ...]:
    return tuple(failure.error for failure in plan.failures)


def _tell(session: Session, copies: Sequence[BackupCopy], report: BackupReport | None = None) -> None:
    first = best_of(copies)
    if session.output.as_json:
        failures = [(item.info.address, say(item.error).what) for item in report.failures] if report else []
        session.output.document(documents.backed_up(first, copies, failures))
        return
    keys = ", ".join(kid_name(kid) for kid in first.backup.kids)
    session.output.facts(
        [
            ("keys", f"{count(len(first.backup.kids), 'key')}: {keys}"),
            ("sha256", first.backup.kms_sha256),
            *(fact for copy in copies for fact in _copy_facts(copy)),
        ]
    )


def _copy_facts(copy: BackupCopy) -> tuple[tuple[str, str], ...]:
    return (
        ("file", copy.address),
        ("proof", proof_words(copy.proof)),
        ("place", location_name(copy.where)),
    )


_LIMIT = RECIPIENTS_LIMIT * RECIPIENT_LIMIT
_AS_IT_STANDS = ("age1", "ssh-", "ecdsa-", "sk-", "AGE-", "age-secret")


def recipients_of(values: Sequence[str]) -> tuple[str, ...]:
    """Every recipient in its one spelling; RecipientRefused, FileUnreadable."""
    return tuple(text for value in values for text in _recipients(value))


def _recipients(value: str) -> Iterator[str]:
    from nskeys.archive.age.recipients import parse_recipient, parse_recipients

    if value.startswith(_AS_IT_STANDS) or "PRIVATE KEY" in value:
        yield parse_recipient(value).text
        return
    data = read_text_input(value, _LIMIT, guard(value, secret=False))
    if len(data) > _LIMIT:
        raise FileUnreadable(value, Problem.TOO_LARGE)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise RecipientRefused(value, RecipientProblem.NONE) from None
    for recipient in parse_recipients(text, value):
        yield recipient.text
