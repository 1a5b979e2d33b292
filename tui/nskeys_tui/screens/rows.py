"""Rows of the tables that several screens show: credentials and keys."""

from collections.abc import Mapping, Sequence

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import Credential
from nskeys.model.keys import Kid
from nskeys.model.recoverability import KeyCoverage, Recoverability, RecoveryState
from nskeys.services.credentials.pages import CredentialPages
from nskeys.services.credentials.service import CredentialService
from nskeys_tui.presenters.credentials import credential_cells, state_style
from nskeys_tui.presenters.keys import key_cells, key_style, widest
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row

COLUMNS = (
    Column("Kind", 10, 10, sort=SortBy.KIND),
    Column("Name", 14, weight=3, sort=SortBy.NAME, comfort=14),
    Column("Target", 12, weight=4, sort=SortBy.TARGET, comfort=24),
    Column("Account", 8, weight=3, essential=False, sort=SortBy.ACCOUNT, comfort=8),
    Column("Changed", 10, 10, essential=False, sort=SortBy.UPDATED),
    Column("State", 11, 11, styled=True),
    Column("", 1, 1, styled=True),
)
FIRST_ORDER = CredentialOrder(SortBy.KIND)
"""How the first screen sorts them at first."""


class CredentialRows:
    """One list. Call `renew` when the CMDB or the answer changed, so that the next fetch sees it."""

    def __init__(
        self,
        credentials: CredentialService,
        wanted: CredentialFilter,
        order: CredentialOrder,
        answer: Recoverability,
    ) -> None:
        self._credentials, self._order = credentials, order
        self._now = self._fresh(wanted, answer)

    def renew(self, wanted: CredentialFilter, answer: Recoverability) -> None:
        """Drop every cursor that was kept: rows may have come and gone."""
        self._now = self._fresh(wanted, answer)

    def total(self) -> int:
        return self._now[0].total()

    def beginning(self, count: int) -> Sequence[Row] | None:
        pages, keys = self._now
        return _rows(pages.beginning(count), keys) if pages.searched else None

    def stop(self) -> None:
        """Break off what is being fetched."""
        self._now[0].stop()

    def window(self, first: int, count: int) -> Sequence[Row]:
        pages, keys = self._now
        return _rows(pages.window(first, count), keys)

    def _fresh(
        self, wanted: CredentialFilter, answer: Recoverability
    ) -> tuple[CredentialPages, Mapping[Kid, KeyCoverage]]:
        return self._credentials.pages(wanted, self._order), {key.kid: key for key in answer.keys}


def _rows(found: Sequence[Credential], keys: Mapping[Kid, KeyCoverage]) -> Sequence[Row]:
    states = [(item, _state(keys, item)) for item in found]
    return [
        Row(item.credential_id, credential_cells(item, state), state_style(state)) for item, state in states
    ]


def _state(keys: Mapping[Kid, KeyCoverage], credential: Credential) -> RecoveryState:
    key = keys.get(credential.kid)
    return RecoveryState.LOST if key is None else key.state_of(credential.number)


_CREDENTIALS, _BACKUPS = 3, 4


def key_rows(keys: Sequence[KeyCoverage], *, brief: bool) -> tuple[Row, ...]:
    """Return a row for each key; its key is the key id."""
    return tuple(Row(key.kid, key_cells(key, brief=brief), key_style(key)) for key in keys)


def key_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns for these rows."""
    texts = [row.cells for row in rows]
    credentials, backups = widest(texts, _CREDENTIALS), widest(texts, _BACKUPS)
    return (
        Column("Key", 8, 8),
        Column("State", 11, 11),
        Column("Made", 16, 16, essential=False),
        Column("Credentials", max(11, credentials), weight=2, right=True),
        Column("Backups", max(7, backups), weight=3, styled=True),
        Column("", 1, 1, styled=True),
    )
