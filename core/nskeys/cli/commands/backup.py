"""`nskeys backup`: the keys, encrypted once, in one place or several; each copy read back and opened."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import guard, read_text_input
from nskeys.cli.grammar.parser import UsageProblem
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


def run(session: Session, options: Namespace) -> int:
    """Make a backup, or say why none is needed."""
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
    """Return every recipient in its normal spelling. Raises RecipientRefused, FileUnreadable."""
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
