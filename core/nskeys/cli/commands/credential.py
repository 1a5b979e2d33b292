"""`nskeys credential`: one credential at a time, and the list of all."""

from argparse import Namespace
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.commands import credential_import, credential_list
from nskeys.cli.commands.options import KINDS, secret_option
from nskeys.cli.documents import Document, credential, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.parser import CommandParser, Commands, UsageProblem
from nskeys.cli.session import Session
from nskeys.model.credentials import Credential, CredentialKind, UnreadableCredential, check_fields
from nskeys.model.recoverability import CredentialCoverage, RecoveryState
from nskeys.ports import Purpose, SecretRequest
from nskeys.wording.credentials import comes_back
from nskeys.wording.fields import field_label
from nskeys.wording.labels import kid_name, kind_name, state_name
from nskeys.wording.reports import (
    NOT_AS_STORED,
    REVEALED,
    credential_done,
    unreadable_rows,
    unreadable_rows_line,
)
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import since, when

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.model.credentials import Credential
    from nskeys.model.recoverability import CredentialCoverage
    from nskeys.model.secret import SecretBytes


_FIELDS = ("kind", "name", "target", "account", "note")


def add(commands: Commands) -> None:
    """Tell the grammar."""
    credentials = commands.group("credential", "list, add, show, edit, remove and import credentials")
    credential_list.add(credentials)
    adding = credentials.command(
        "add",
        add_credential,
        "add a credential",
        usage="--kind KIND --name NAME --target TARGET --account ACCOUNT [--note TEXT] [--secret-file F]",
        text="Its secret is asked for on the terminal, or read from a file.",
        example=(
            "  nskeys credential add --kind run-as --name deploy-finance \\\n"
            "      --target 'finance-*' --account 'CORP\\svc-deploy'\n"
            "      an account that installs packages"
        ),
    )
    _field_options(adding, required=True)
    secret_option(adding)
    showing = credentials.command(
        "show",
        show_credential,
        "show one credential",
        usage="ID [--reveal]",
        text="Its secret is shown only with --reveal, and the audit trail says so.",
        example="  nskeys credential show run-as/deploy-finance --reveal\n      with its secret",
    )
    _reference(showing)
    showing.add_argument("--reveal", action="store_true", help="show its secret")
    editing = credentials.command(
        "edit",
        edit_credential,
        "change fields of a credential, or its secret",
        usage="ID [--kind KIND] [--name NAME] [--target TARGET] [--account ACCOUNT] [--note TEXT]"
        " [--secret-file F|--new-secret]",
        text="Without any option a new secret is asked for.",
        example="  nskeys credential edit run-as/deploy-finance --account 'CORP\\svc-install'",
    )
    _reference(editing)
    _field_options(editing, required=False)
    secret = editing.add_mutually_exclusive_group()
    secret.add_argument("--secret-file", metavar="F", help="file with its new secret (-: stdin)")
    secret.add_argument("--new-secret", action="store_true", help="ask for a new secret")
    removing = credentials.command(
        "remove",
        remove_credential,
        "remove a credential for good",
        usage="ID --yes",
        example="  nskeys credential remove run-as/deploy-finance --yes",
    )
    _reference(removing)
    removing.add_argument("--yes", action="store_true", help="say that it is meant")
    credential_import.add(credentials)


def add_credential(session: Session, options: Namespace) -> int:
    """A new one."""
    services = session.services()
    services.about.require()
    fields = check_fields(
        CredentialKind(options.kind), options.name, options.target, options.account, options.note or ""
    )
    with _ask(session, f"{fields.kind}/{fields.name}") as secret:
        credential = services.credentials.add(fields, secret, session.secrets)
    _tell(session, services, credential)
    session.output.say(credential_done(credential.reference, "added"))
    return Exit.DONE


def show_credential(session: Session, options: Namespace) -> int:
    """One, with its secret where that is wanted."""
    services = session.services()
    services.about.require()
    credential = services.credentials.show(options.reference)
    overview = services.recoverability.overview()
    coverage, now = overview.recoverability.coverage_of(credential), overview.taken
    if not options.reveal:
        _show(session, credential, coverage, now)
        ill = [row for row in overview.unreadable if row.row == credential.credential_id]
        if isinstance(credential, UnreadableCredential) and not ill:
            ill = unreadable_rows([credential])
        if ill:
            session.output.say(unreadable_rows_line(ill))
        return Exit.INCOMPLETE if ill else Exit.DONE
    with services.credentials.reveal(credential, session.secrets) as secret:
        _show(session, credential, coverage, now, secret.text())
    session.output.say(REVEALED)
    return Exit.DONE


def edit_credential(session: Session, options: Namespace) -> int:
    """Other fields, another secret, or both."""
    services = session.services()
    services.about.require()
    credential = services.credentials.show(options.reference)
    before = credential.fields
    given = {name: getattr(options, name) for name in _FIELDS if getattr(options, name) is not None}
    fields = check_fields(
        CredentialKind(given.get("kind", before.kind)),
        given.get("name", before.name),
        given.get("target", before.target),
        given.get("account", before.account),
        given.get("note", before.note),
    )
    if options.secret_file or options.new_secret or not given:
        with _ask(session, credential.reference) as secret:
            edited = services.credentials.edit(credential, fields, secret, session.secrets)
    else:
        edited = services.credentials.edit(credential, fields, None, session.secrets)
    _tell(session, services, edited)
    session.output.say(credential_done(edited.reference, "changed and sealed anew"))
    return Exit.DONE


def remove_credential(session: Session, options: Namespace) -> int:
    """The row, for good."""
    if not options.yes:
        raise UsageProblem("a credential is removed for good: say --yes", options.command)
    services = session.services()
    services.about.require()
    credential = services.credentials.show(options.reference)
    state = _state(services, credential)
    services.credentials.remove(credential)
    if session.output.as_json:
        session.output.document(documents.credential(credential, state))
    session.output.say(credential_done(credential.reference, "removed"))
    return Exit.DONE


def _show(
    session: Session,
    credential: "Credential",
    coverage: "CredentialCoverage",
    now: datetime,
    secret: str | None = None,
) -> None:
    """As it is stored, with the copies that it would come back from."""
    if session.output.as_json:
        document = credential_document(credential, coverage)
        session.output.document(document if secret is None else {**document, "secret": secret})
        return
    facts = _facts(credential, coverage.state)
    if coverage.exposed_since is not None:
        facts.append(("exposed", since(coverage.exposed_since, now)))
    facts += [("comes back from", line) for line in comes_back(coverage, now)]
    if secret is not None:
        facts.append((field_label("secret").lower(), secret))
    session.output.facts(facts)
    if secret is not None and safe(secret) != secret:
        session.output.say(NOT_AS_STORED)


def _tell(session: Session, services: "Services", credential: "Credential") -> None:
    state = _state(services, credential)
    if session.output.as_json:
        session.output.document(documents.credential(credential, state))
    else:
        session.output.facts(_facts(credential, state))


def _facts(credential: "Credential", state: RecoveryState) -> list[tuple[str, str]]:
    fields = credential.fields
    return [
        ("id", credential.credential_id),
        ("kind", kind_name(fields.kind)),
        *((name, getattr(fields, name)) for name in ("name", "target", "account", "note")),
        ("key", kid_name(credential.kid)),
        ("state", state_name(state)),
        ("created", when(credential.created)),
        ("changed", when(credential.updated)),
    ]


def _state(services: "Services", credential: "Credential") -> RecoveryState:
    return services.recoverability.assess().state_of(credential.kid)


def _ask(session: Session, subject: str) -> "SecretBytes":
    return session.secrets(SecretRequest(Purpose.CREDENTIAL_SECRET, subject), 0)


def _reference(parser: CommandParser) -> None:
    parser.add_argument("reference", metavar="ID", help="its id, a unique beginning of it, or kind/name")


def _field_options(parser: CommandParser, *, required: bool) -> None:
    parser.add_argument(
        "--kind", metavar="KIND", choices=KINDS, required=required, help="hierarchy, pcanywhere or run-as"
    )
    parser.add_argument("--name", metavar="NAME", required=required, help="any name, used once per kind")
    parser.add_argument(
        "--target", metavar="TARGET", required=required, help="URL, host[:port], or package or task"
    )
    parser.add_argument(
        "--account", metavar="ACCOUNT", required=required, help="DOMAIN\\user, caller, or user"
    )
    parser.add_argument("--note", metavar="TEXT", help="free text, stored readable: no secrets here")


def credential_document(item: Credential, coverage: CredentialCoverage) -> Document:
    """`credential show`: the item of the list, and where it would come back from, best proof first."""
    return {
        **credential(item, coverage.state),
        "exposed_since": time(coverage.exposed_since),
        "copies": [
            {
                "path": claim.copy.address,
                "generation": claim.copy.backup.generation,
                "location": claim.copy.where.location.value,
                "proof": claim.proof.value,
                "proven": time(claim.moment),
                "looked": time(claim.copy.look_moment),
            }
            for claim in coverage.copies
        ],
    }
