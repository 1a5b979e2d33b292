"""The audit trail: who changed what, newest line first, and whether it is intact."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.audit import AuditEntry
from nskeys.ports import Progress, Stage
from nskeys.services.status.audit import AuditService, AuditVerdict
from nskeys.wording.audit import EMPTY, trail_line
from nskeys.wording.reports import audit_lines
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe
from nskeys_tui.dialogs.questions import FactsDialog, MessageDialog
from nskeys_tui.screens.checkpoint import CheckpointScreen
from nskeys_tui.screens.list_screen import ListScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable


class _Trail:
    """Lines as rows; only those near the screen are held."""

    def __init__(self, audit: AuditService) -> None:
        self._audit = audit
        self.held: dict[str, AuditEntry] = {}

    def total(self) -> int:
        """Return how many lines there are."""
        return self._audit.total()

    def window(self, first: int, count: int) -> Sequence[Row]:
        entries = self._audit.window(first, count)
        self.held = {str(entry.number): entry for entry in entries}
        return [Row(str(entry.number), entry_cells(entry)) for entry in entries]


class AuditScreen(ListScreen):
    """Shows the lines of the audit trail, and verifies them."""

    NAME = "Audit trail"
    HELP = (
        "Every change writes one line: when, who (by the login session; what SUDO_USER says is a claim), "
        "what, and of what; never a secret. Each line's hash covers all before it; the server key signs "
        "the last one."
    )
    COLUMNS = (
        Column("When", 16, 16),
        Column("Who", 8, 24, weight=2),
        Column("What", 14, 21, weight=3),
        Column("Of", 10, weight=3, path=True),
    )
    EMPTY = EMPTY
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "detail", "Show", priority=True, tooltip="This line in full"),
        Binding("c", "checkpoint", "Checkpoint", tooltip="What the server key signed, and what differs"),
        Binding("v", "verify", "Verify", tooltip="Check that no line was changed, cut or put back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._trail = _Trail(session.services.audit)

    def on_mount(self) -> None:
        self.query_one(CredentialTable).show(self._trail)

    def on_screen_resume(self) -> None:
        """Reload: there may be new lines."""
        self.query_one(CredentialTable).reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return a line is needed."""
        return self.row_key is not None if action == "detail" else super().check_action(action, parameters)

    @on(CredentialTable.WindowMoved)
    def _moved(self, message: CredentialTable.WindowMoved) -> None:
        message.stop()
        if message.total:
            lines = f"{message.first:,} to {message.last:,} of {count(message.total, 'line')}"
            self.say(f"newest first, {lines}")

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the line in full width."""
        entry = self._trail.held.get(key)
        return () if entry is None else entry_about(entry)

    def action_detail(self) -> None:
        self.query_one(CredentialTable).action_choose()

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        entry = self._trail.held.get(message.key)
        if entry is not None:
            self.app.push_screen(FactsDialog("A line of the audit trail", entry_rows(entry)))

    def action_checkpoint(self) -> None:
        self.app.push_screen(CheckpointScreen(self.session))

    @work(exclusive=True, group="act")
    async def action_verify(self) -> None:
        """Recompute the whole chain."""

        def run(progress: Progress) -> AuditVerdict:
            progress.stage(Stage.LOOKING)
            return self.session.services.audit.verify()

        outcome = await self.session.work("Check the audit trail", run, (Stage.LOOKING,))
        if outcome.value is not None:
            first, *rest = audit_lines(outcome.value)
            self.app.push_screen(MessageDialog(self.NAME, first, *rest))
        elif isinstance(outcome.error, NskeysError):
            await self.tell(outcome.error)


def entry_cells(entry: AuditEntry) -> tuple[str, ...]:
    """Return when, who, what, and of what."""
    line = trail_line(entry.line)
    return (line.time, line.who, line.what, line.subject)


def entry_about(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """Return a line below the table."""
    line = trail_line(entry.line)
    return (
        ("What", f"{line.what}: {line.subject}" if line.subject else line.what),
        ("Who", f"{line.who_in_full or '-'}, {line.time}, line {number(entry.number)}"),
        ("Details", line.details or "-"),
    )


def entry_rows(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """Return a line in full, also as it is stored."""
    line = trail_line(entry.line)
    return (
        ("Line", number(entry.number)),
        ("When", line.time),
        ("Who", line.who_in_full),
        ("What", line.what),
        ("Of", line.subject),
        ("Details", line.details or "-"),
        ("Hash", entry.digest.hex()),
        ("Stored", safe(entry.line)),
    )
