"""What tests of CMDBs do again and again."""

from collections.abc import Callable, Iterator, Sequence

from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import SealedCredential, SealedRow, UnreadableCredential
from nskeys.model.keys import Kid
from nskeys.ports import Cmdb
from tests.fakes.events import an_event

CMDB_ID = "c0" * 16


def add(cmdb: Cmdb, *rows: SealedCredential) -> None:
    """Add credentials in a change of their own."""
    with cmdb.changing(an_event()) as change:
        change.add(rows)


def total(cmdb: Cmdb) -> int:
    """How many credentials there are."""
    with cmdb.reading() as view:
        return view.total(CredentialFilter())


def stored(cmdb: Cmdb) -> tuple[SealedCredential, ...]:
    """Everything that is sealed, by id."""
    with cmdb.reading() as view:
        return view.sealed()


def every_sealed(cmdb: Cmdb, kid: Kid | None = None) -> list[SealedCredential]:
    """Everything that is sealed, or sealed by one key, read page by page."""
    found: list[SealedCredential] = []
    with cmdb.reading() as view:
        while page := view.sealed(kid, found[-1].credential.credential_id if found else ""):
            found += page
    return found


def raw(row: SealedCredential) -> SealedRow:
    """A credential as long work gets it."""
    return row.row()


def stream_raw(
    cmdb: Cmdb, unreadable: Callable[[UnreadableCredential], None] = lambda _: None
) -> Iterator[tuple[Kid, Sequence[SealedRow]]]:
    """Every sealed row, from a snapshot of its own."""
    with cmdb.reading() as view:
        yield from view.stream_rows(unreadable)


def read_everything(cmdb: Cmdb) -> None:
    """Ask every question that can be asked."""
    cmdb.exists()
    with cmdb.reading() as view:
        view.counts()
        view.total(CredentialFilter(text="x"))
        view.sealed()
        view.names()
        view.inventory()
        view.tallies()
        view.register_rows()
        view.drill_rows()
        view.rotation()
        view.audit_head()
        view.checkpoint()
        view.key_rows()
        view.statements()
        view.notes()
        view.audit_entries()
    list(stream_raw(cmdb))
