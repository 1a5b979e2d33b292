"""The credential table's columns and rows: the CMDB's pages, painted by what becomes of each."""

from collections.abc import Mapping, Sequence

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.keys import Kid
from nskeys.model.recoverability import Recoverability, RecoveryState
from nskeys.ports import Cmdb
from nskeys.services.credentials.pages import CredentialPages
from nskeys_tui.presenters.credentials import credential_cells, state_style
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
    """One list. `renew` when the CMDB or the answer changed: the next fetch then sees it."""

    def __init__(
        self, cmdb: Cmdb, wanted: CredentialFilter, order: CredentialOrder, answer: Recoverability
    ) -> None:
        self._cmdb, self._order = cmdb, order
        self._now = self._fresh(wanted, answer)

    def renew(self, wanted: CredentialFilter, answer: Recoverability) -> None:
        """Forget every place that was known: rows may have come and gone."""
        self._now = self._fresh(wanted, answer)

    def total(self) -> int:
        """How many there are."""
        return self._now[0].total()

    def window(self, first: int, count: int) -> Sequence[Row]:
        """These."""
        pages, states = self._now
        found = pages.window(first, count)
        known = [(item, states.get(item.kid, RecoveryState.LOST)) for item in found]
        return [
            Row(item.credential_id, credential_cells(item, state), state_style(state))
            for item, state in known
        ]

    def _fresh(
        self, wanted: CredentialFilter, answer: Recoverability
    ) -> tuple[CredentialPages, Mapping[Kid, RecoveryState]]:
        states = {key.kid: key.state for key in answer.keys}
        return CredentialPages(self._cmdb, wanted, self._order), states
