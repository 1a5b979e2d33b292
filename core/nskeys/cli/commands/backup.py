"""`nskeys backup`: keys and rows, each where it is needed, in one place or several; each copy read back and
opened."""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.cli import documents
from nskeys.cli.commands.database import copied_facts, copy as copy_database
from nskeys.cli.database_documents import copied_document
from nskeys.cli.documents import Document
from nskeys.cli.exit_codes import Exit
from nskeys.cli.files import guard, read_text_input
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.errors import FileUnreadable, NskeysError, RecipientRefused
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.plans import best_of
from nskeys.model.register import BackupCopy
from nskeys.reasons import Problem, RecipientProblem
from nskeys.services.backup.both import BothPlan, BothReport, Halves, Needs
from nskeys.wording.database_copies import both_lines, not_needed_line
from nskeys.wording.destinations import location_name
from nskeys.wording.errors import say
from nskeys.wording.labels import kid_name, proof_words
from nskeys.wording.reports import not_needed_lines
from nskeys.wording.text.numbers import count


def run(session: Session, options: Namespace) -> int:
    """Make each half where it is needed, or say why none is."""
    if options.database_only:
        return _database_only(session, options)
    services = session.services()
    halves = Halves.KEYS if options.keys_only else Halves.BOTH
    to: Sequence[str] = services.backup.everywhere() if options.everywhere else options.to
    password = options.password or options.password_file is not None
    if password and options.recipient:
        raise UsageProblem("a backup is for recipients or under a password, not both", options.command)
    if options.if_needed:
        needs = services.both_halves.need(to, halves)
        if needs.nothing:
            return _tell_needless(session, needs)
        recipients = recipients_of(options.recipient)
        plan = session.with_server_auth(
            lambda: services.both_halves.plan_for(needs, options.hint, recipients, password), _problems
        )
    else:
        recipients = recipients_of(options.recipient)
        plan = session.with_server_auth(
            lambda: services.both_halves.plan(to, options.hint, recipients, password, halves), _problems
        )
    with session.progress() as progress:
        report = services.both_halves.execute(plan, session.secrets, progress)
    _tell(session, report)
    session.output.say(*both_lines(report))
    if report.keys_problem is not None:
        raise report.keys_problem
    return Exit.DONE if report.whole else Exit.INCOMPLETE


def _database_only(session: Session, options: Namespace) -> int:
    about_keys = options.recipient or options.password or options.password_file or options.hint
    if about_keys or options.keys_only:
        said = "--database-only makes no key backup, so it takes nothing that is for one"
        raise UsageProblem(said, options.command)
    return copy_database(session, Namespace(**vars(options), while_small=False))


def _problems(plan: BothPlan) -> tuple[NskeysError, ...]:
    return plan.failures


def _tell_needless(session: Session, needs: Needs) -> int:
    keys = () if needs.keys is None else needs.keys.held
    copies = () if needs.database is None else needs.database.held
    copied = None if needs.database is None else copied_document(copies, None)
    _show(session, documents.backed_up(keys, [], made=False, database=copied), keys, copies)
    session.output.say(*not_needed_lines(keys), *([not_needed_line(copies)] if copies else []))
    return Exit.DONE


def _tell(session: Session, report: BothReport) -> None:
    made, rows, problem = report.keys, report.database, report.database_problem
    keys = report.plan.held if made is None else made.copies
    copies = report.plan.held_copies if rows is None else rows.copies
    failures = [] if made is None else [(one.info.address, say(one.error).what) for one in made.failures]
    copied = copied_document(copies, rows) if rows is not None or copies else None
    said = None if problem is None else say(problem).what
    _show(
        session,
        documents.backed_up(keys, failures, made=made is not None, database=copied, problem=said),
        keys,
        copies,
    )


def _show(
    session: Session, document: Document, keys: Sequence[BackupCopy], copies: Sequence[DatabaseCopy]
) -> None:
    """Print both halves: what was made, or what makes it needless."""
    if session.output.as_json:
        session.output.document("backup", document)
    else:
        session.output.facts(
            [*_keys_facts(keys), *(fact for copy in copies for fact in copied_facts(copy))]
        )


def _keys_facts(copies: Sequence[BackupCopy]) -> list[tuple[str, str]]:
    if not copies:
        return []
    first = best_of(copies)
    keys = ", ".join(kid_name(kid) for kid in first.backup.kids)
    return [
        ("keys", f"{count(len(first.backup.kids), 'key')}: {keys}"),
        ("sha256", first.backup.kms_sha256),
        *(fact for copy in copies for fact in _copy_facts(copy)),
    ]


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
