"""Rows of the tables that several screens show: credentials and keys."""

from collections.abc import Mapping, Sequence

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
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
    Column("Name", 14, weight=3, sort=SortBy.NAME),
    Column("Target", 14, weight=4, sort=SortBy.TARGET),
    Column("Account", 15, weight=3, essential=False, sort=SortBy.ACCOUNT),
    Column("Changed", 10, 10, essential=False, sort=SortBy.UPDATED),
    Column("State", 11, 11, styled=True),
    Column("", 1, 1, styled=True),
)


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

    def window(self, first: int, count: int) -> Sequence[Row]:
        pages, states = self._now
        found = pages.window(first, count)
        rows = [(item, states.get(item.kid, RecoveryState.LOST)) for item in found]
        return [
            Row(item.credential_id, credential_cells(item, state), state_style(state))
            for item, state in rows
        ]

    def _fresh(
        self, wanted: CredentialFilter, answer: Recoverability
    ) -> tuple[CredentialPages, Mapping[Kid, RecoveryState]]:
        states = {key.kid: key.state for key in answer.keys}
        return self._credentials.pages(wanted, self._order), states


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
