"""`nskeys credential list`: page by page, so that 100,000 rows need no more room than one page."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import Credential, CredentialKind, UnreadableCredential, UnreadableRow
from nskeys.wording.labels import kind_name, state_name
from nskeys.wording.reports import unreadable_rows, unreadable_rows_line

if TYPE_CHECKING:
    from nskeys.bootstrap import Services

_LISTED = ("credentials", "listing")
_HEADINGS = ("kind", "name", "target", "account", "state", "id")


def run(session: Session, options: Namespace) -> int:
    services = session.services()
    overview = services.recoverability.overview()
    answer = overview.recoverability
    states = {key.kid: key.state for key in answer.keys}
    ill: list[UnreadableCredential] = []
    found = _noting(_rows(services, options), ill)
    if session.output.as_json:
        session.output.array(
            documents.credential(item, states.get(item.kid) or answer.state_of(item.kid)) for item in found
        )
        return _tell_unreadable(session, overview.unreadable, ill)
    session.output.table(
        _HEADINGS,
        (
            (
                kind_name(item.fields.kind),
                item.fields.name,
                item.fields.target,
                item.fields.account,
                state_name(states.get(item.kid) or answer.state_of(item.kid)),
                item.credential_id[:12],
            )
            for item in found
        ),
    )
    return _tell_unreadable(session, overview.unreadable, ill)


def _noting(found: Iterator[Credential], ill: list[UnreadableCredential]) -> Iterator[Credential]:
    """Yield the same credentials, and note those that cannot be read."""
    for item in found:
        if isinstance(item, UnreadableCredential):
            ill.append(item)
        yield item


def _tell_unreadable(
    session: Session, known: Sequence[UnreadableRow], met: Sequence[UnreadableCredential]
) -> Exit:
    """Say which rows cannot be read: those found before the list, and those met in it where there were too
    many to look at before."""
    named = {row.row for row in known}
    more = [row for row in unreadable_rows(met) if row.row not in named]
    rows = [*(row for row in known if row.table in _LISTED), *more]
    if not rows:
        return Exit.DONE
    session.output.say(unreadable_rows_line(rows))
    return Exit.INCOMPLETE


def _rows(services: "Services", options: Namespace) -> Iterator[Credential]:
    """Yield what the options ask for."""
    wanted = CredentialFilter(CredentialKind(options.kind) if options.kind else None, options.find or "")
    return services.credentials.listed(wanted, options.limit)
