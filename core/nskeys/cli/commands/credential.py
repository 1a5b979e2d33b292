"""`nskeys credential`: one credential at a time, and the list of all."""

from argparse import Namespace
from datetime import datetime
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.database_documents import database_copy_document
from nskeys.cli.documents import Document, credential, time
from nskeys.cli.exit_codes import Exit
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.next_copy import say_next_copy
from nskeys.cli.session import Session
from nskeys.model.credentials import Credential, CredentialKind, UnreadableCredential, check_fields
from nskeys.model.recoverability import CredentialCoverage, RecoveryState
from nskeys.ports import Purpose, SecretRequest
from nskeys.wording.credentials import comes_back, row_comes_back
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


def add_credential(session: Session, options: Namespace) -> int:
    services = session.services()
    services.about.require()
    fields = check_fields(
        CredentialKind(options.kind), options.name, options.target, options.account, options.note or ""
    )
    with _ask(session, f"{fields.kind}/{fields.name}") as secret:
        credential = services.credentials.add(fields, secret, session.secrets)
    state = _tell(session, services, credential)
    session.output.say(credential_done(credential.reference, "added"))
    say_next_copy(session, services, state)
    return Exit.DONE


def show_credential(session: Session, options: Namespace) -> int:
    """Show one credential, with its secret where that is asked for."""
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
    """Change fields, the secret, or both."""
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
    state = _tell(session, services, edited)
    session.output.say(credential_done(edited.reference, "changed and sealed anew"))
    say_next_copy(session, services, state)
    return Exit.DONE


def remove_credential(session: Session, options: Namespace) -> int:
    if not options.yes:
        raise UsageProblem("a credential is removed for good: say --yes", options.command)
    services = session.services()
    services.about.require()
    credential = services.credentials.show(options.reference)
    state = _state(services, credential)
    services.credentials.remove(credential, session.secrets)
    if session.output.as_json:
        session.output.document("credential", documents.credential(credential, state))
    session.output.say(credential_done(credential.reference, "removed"))
    return Exit.DONE


def _show(
    session: Session,
    credential: "Credential",
    coverage: "CredentialCoverage",
    now: datetime,
    secret: str | None = None,
) -> None:
    """Print the credential with the copies that it would come back from."""
    if session.output.as_json:
        document = credential_document(credential, coverage)
        session.output.document(
            "credential-detail", document if secret is None else {**document, "secret": secret}
        )
        return
    facts = _facts(credential, coverage.state)
    if coverage.exposed_since is not None:
        facts.append(("exposed", since(coverage.exposed_since, now)))
    facts += [("comes back from", line) for line in comes_back(coverage, now)]
    facts += [("its row from", line) for line in row_comes_back(coverage, now)]
    if secret is not None:
        facts.append((field_label("secret").lower(), secret))
    session.output.facts(facts)
    if secret is not None and safe(secret) != secret:
        session.output.say(NOT_AS_STORED)


def _tell(session: Session, services: "Services", credential: "Credential") -> RecoveryState:
    state = _state(services, credential)
    if session.output.as_json:
        session.output.document("credential", documents.credential(credential, state))
    else:
        session.output.facts(_facts(credential, state))
    return state


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
    return services.recoverability.assess().state_of(credential)


def _ask(session: Session, subject: str) -> "SecretBytes":
    return session.secrets(SecretRequest(Purpose.CREDENTIAL_SECRET, subject), 0)


def credential_document(item: Credential, coverage: CredentialCoverage) -> Document:
    """Return the document of `credential show`: the item of the list, and where it would come back from,
    best proof first."""
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
        "database_copies": [database_copy_document(copy) for copy in coverage.databases],
        "lacks": None if coverage.lacks is None else coverage.lacks.value,
    }
