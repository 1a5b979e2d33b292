"""The backups at a destination, newest first, to choose one."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from nskeys.ports import Listed
from nskeys.wording.destinations import odd_names
from nskeys.wording.text.numbers import size
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import KnownRows, Row
from nskeys_tui.widgets.table.table import CredentialTable

_COLUMNS = (Column("Backup", 24, path=True), Column("Size", 11, 11, right=True))


class BackupList(Dialog[str]):
    """Returns the name of a file; None for Esc. Names are outside text."""

    DEFAULT_CSS = """
    BackupList {
        & .dialog--edge { width: 100%; height: 100%; padding: 0; }
        & .dialog--frame { height: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Open", priority=True, tooltip="Look into the backup under the cursor"),
    ]

    def __init__(self, address: str, found: Sequence[Listed], left_out: int = 0) -> None:
        super().__init__("Backups there")
        self._address, self._found, self._left_out = address, tuple(found), left_out

    def body(self) -> Iterable[Widget]:
        yield text(safe(self._address))
        if self._left_out:
            yield text(f"! {odd_names(self._address, self._left_out)}")
        yield CredentialTable(_COLUMNS, empty="No backup lies there")

    def on_mount(self) -> None:
        rows = [
            Row(str(number), (safe(listed.name), size(listed.size)))
            for number, listed in enumerate(self._found)
        ]
        self.query_one(CredentialTable).show(KnownRows(rows))

    def action_take(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        self.dismiss(self._found[int(message.key)].name)
