"""`nskeys credential list`: page by page, so that 100,000 rows need no more room than one page."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import Credential, CredentialKind, UnreadableCredential, UnreadableRow
from nskeys.model.recoverability import RecoveryState
from nskeys.wording.labels import kind_name, state_name

if TYPE_CHECKING:
    from nskeys.bootstrap import Services

_LISTED = ("credentials", "listing")
_HEADINGS = ("kind", "name", "target", "account", "state", "id")


def run(session: Session, options: Namespace) -> int:
    services = session.services()
    overview = services.recoverability.overview()
    keys = {key.kid: key for key in overview.recoverability.keys}

    def state(item: Credential) -> RecoveryState:
        key = keys.get(item.kid)
        return RecoveryState.LOST if key is None else key.state_of(item.number)

    ill: list[UnreadableCredential] = []
    found = _noting(_rows(services, options), ill)
    if session.output.as_json:
        from nskeys.cli import documents

        session.output.array(
            "credential",
            (documents.credential(item, state(item)) for item in found),
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
                state_name(state(item)),
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
    listed = [row for row in known if row.table in _LISTED]
    if not listed and not met:
        return Exit.DONE
    from nskeys.wording.reports import unreadable_rows, unreadable_rows_line

    named = {row.row for row in known}
    more = [row for row in unreadable_rows(met) if row.row not in named]
    rows = [*listed, *more]
    if not rows:
        return Exit.DONE
    session.output.say(unreadable_rows_line(rows))
    return Exit.INCOMPLETE


def _rows(services: "Services", options: Namespace) -> Iterator[Credential]:
    """Yield what the options ask for."""
    wanted = CredentialFilter(CredentialKind(options.kind) if options.kind else None, options.find or "")
    return services.credentials.listed(wanted, options.limit)
