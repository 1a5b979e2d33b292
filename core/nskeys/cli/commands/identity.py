"""`nskeys identity`: the recovery identity, to which backups go that nobody types a password for."""

from argparse import Namespace

from nskeys.cli.documents import Document, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session
from nskeys.model.recovery import IdentityKind, Recovery
from nskeys.wording.recovery import NO_IDENTITY, identity_name, identity_rows, made_lines, plan_lines


def create(session: Session, options: Namespace) -> int:
    """Make the first identity."""
    known = session.services().recovery.show().of(IdentityKind.PERSON)
    if known is not None:
        raise UsageProblem(
            f"there is {identity_name(known)} already; 'nskeys identity replace' makes another",
            options.command,
        )
    return _make(session)


def replace(session: Session, options: Namespace) -> int:
    """Make the next identity."""
    if session.services().recovery.show().of(IdentityKind.PERSON) is None:
        raise UsageProblem("there is none yet; 'nskeys identity create' makes one", options.command)
    return _make(session)


def show(session: Session, _: Namespace) -> int:
    """Show the identities in force and those before them."""
    recovery = session.services().recovery.show()
    if session.output.as_json:
        session.output.document("identity", recovery_document(recovery))
    else:
        session.output.facts(identity_rows(recovery))
    if not recovery:
        session.output.say(NO_IDENTITY)
    return Exit.DONE


def _make(session: Session) -> int:
    services = session.services()
    plan = services.recovery.plan(IdentityKind.PERSON)
    session.output.say(*plan_lines(plan))
    with session.progress() as progress:
        report = services.recovery.execute(plan, session.secrets, progress)
    if session.output.as_json:
        session.output.document("identity", recovery_document(services.recovery.show()))
    else:
        session.output.facts(identity_rows(services.recovery.show()))
    session.output.say(*made_lines(report))
    return Exit.DONE


def recovery_document(known: Recovery) -> Document:
    """Return the identities in force and those before them, newest first."""
    return {
        "identities": [
            {
                "kind": one.kind.value,
                "number": one.number,
                "recipient": one.recipient,
                "created": time(one.created),
                "sha256": one.sha256,
                "shares": one.shares,
                "threshold": one.threshold,
                "weak_password": one.weak,
            }
            for one in known.identities
        ],
        "earlier": [
            {"kind": one.kind.value, "number": one.number, "recipient": one.recipient}
            for one in known.earlier
        ],
    }
