"""The register: every copy of every backup, as just checked or as the last check found it."""

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import BackupCopy
from nskeys.ports import Progress, Stage
from nskeys.services.status.overview import Overview
from nskeys.wording.database_copies import database_copy_added
from nskeys.wording.next_steps import Voice
from nskeys.wording.register import EMPTY, LOOKING, looked_words, unreadable_words
from nskeys.wording.reports import copy_added
from nskeys.wording.text.numbers import count
from nskeys_tui.dialogs.questions import ChoiceDialog
from nskeys_tui.presenters.register import copy_about, copy_cells, copy_style
from nskeys_tui.screens.backup_picker import browsed_backup, typed_backup
from nskeys_tui.screens.copies_list import CopiesList
from nskeys_tui.screens.copy_detail import CopyScreen, retire_copy
from nskeys_tui.screens.database import DatabaseScreen
from nskeys_tui.screens.diary import DiaryScreen
from nskeys_tui.screens.drill import DrillScreen
from nskeys_tui.screens.restore import RestoreScreen
from nskeys_tui.screens.server_prompts import answer_server
from nskeys_tui.screens.session import show_done
from nskeys_tui.widgets.choice_list import Choice
from nskeys_tui.widgets.table.columns import Column
from nskeys_tui.widgets.table.rows import Row
from nskeys_tui.widgets.table.table import CredentialTable

_BROWSE, _TYPE = "browse", "type"
_WAYS = (Choice(_BROWSE, "Find it by browsing"), Choice(_TYPE, "Type where it is"))


class RegisterScreen(CopiesList):
    """Lists the copies of key backups; drills one, restores from one, adds and retires them."""

    NAME = "Register"
    HELP = (
        "Every backup that was made, and where its copies are. A copy counts when it lies elsewhere, was "
        "opened once, and was good when last looked at. c looks at all and writes down what was seen."
    )
    COLUMNS = (
        Column("Backup", 6, 6, right=True),
        Column("Made", 10, 10, essential=False),
        Column("Proof", 16, 16),
        Column("Proven", 10, 10, essential=False),
        Column("Where", 9, 9),
        Column("Seen", 11, 11, styled=True),
        Column("Keys", 4, 4, right=True, essential=False),
        Column("", 1, 1, styled=True),
    )
    EMPTY = EMPTY
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "detail", "Show", priority=True, tooltip="Everything about this copy"),
        Binding("d", "drill", "Drill", tooltip="Prove this copy, without restoring it"),
        Binding("r", "restore", "Restore", tooltip="Restore keys from this copy"),
        Binding("a", "add", "Add", tooltip="Make a copy known that lies elsewhere or was found again"),
        Binding("c", "check", "Check all", tooltip="Look at every copy and write down what was seen"),
        Binding("x", "retire", "Retire", tooltip="Stop counting this copy; its file stays"),
        Binding("D", "database", "Database", tooltip="The database copies, in a list of their own"),
        Binding("y", "diary", "Diary", tooltip="Every drill that was tried, also those that failed"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.finding:
            return False
        if action in ("detail", "drill", "restore", "retire"):
            copy = self._copy()
            return copy is not None and (action != "retire" or copy.retired is None)
        if action == "check":
            return self.overview is not None and bool(self.overview.copies)
        return super().check_action(action, parameters)

    # --- showing -----------------------------------------------------------------------------------------

    def show_overview(self, overview: Overview, *, looked: bool) -> None:
        copies = overview.copies
        rows = [Row(str(n), copy_cells(copy), copy_style(copy)) for n, copy in enumerate(copies)]
        parts = [count(len(copies), "copy")]
        if overview.unreadable_rows:
            parts.append(unreadable_words(overview.unreadable_rows))
        if copies:
            parts.append(looked_words(copies) if looked else LOOKING)
        if kept := sum(copy.retired is None for copy in overview.made_copies):
            parts.append(count(kept, "database copy"))
        self.say(*parts)
        self.show_rows(rows)

    def about(self, key: str) -> tuple[tuple[str, str], ...]:
        copy = self._copy(key)
        return () if copy is None or self.overview is None else copy_about(copy, self.overview)

    def _copy(self, key: str | None = None) -> BackupCopy | None:
        """Return the copy of a row; without a key, of the one under the cursor."""
        key = self.row_key if key is None else key
        copies = self.overview.copies if self.overview is not None else ()
        return copies[int(key)] if key is not None and int(key) < len(copies) else None

    # --- one copy ----------------------------------------------------------------------------------------

    @on(CredentialTable.RowChosen)
    def _chosen(self, message: CredentialTable.RowChosen) -> None:
        message.stop()
        copy = self._copy(message.key)
        if copy is not None and self.overview is not None:
            self.app.push_screen(CopyScreen(self.session, copy, self.overview))

    def action_drill(self) -> None:
        self._go(DrillScreen)

    def action_restore(self) -> None:
        self._go(RestoreScreen)

    def action_diary(self) -> None:
        """Open the diary of drills."""
        self.app.push_screen(DiaryScreen(self.session))

    def action_database(self) -> None:
        """Open the list of database copies."""
        self.app.push_screen(DatabaseScreen(self.session))

    def _go(self, screen: type[DrillScreen] | type[RestoreScreen]) -> None:
        copy = self._copy()
        if copy is not None:
            made: Screen[None] = screen(self.session, copy.address)
            self.app.push_screen(made)

    @work(exclusive=True, group="act")
    async def action_retire(self) -> None:
        """Retire a copy, after a confirmation."""
        copy = self._copy()
        if copy is not None and await retire_copy(self, self.session, copy):
            self.load()

    # --- all of them -------------------------------------------------------------------------------------

    @work(exclusive=True, group="act")
    async def action_add(self) -> None:
        """Make a copy known."""
        address = await self._which_file()
        if not address:
            return

        services, secrets = self.session.services, self.session.secrets

        def run(progress: Progress) -> BackupCopy | DatabaseCopy:
            progress.stage(Stage.RECORDING)
            if services.database.is_part(address):
                return services.database.add(address, secrets)
            return services.register.add(address, secrets)

        outcome = await self.session.work("Add a copy", run, (Stage.RECORDING,))
        while outcome.error is not None and await answer_server(self, self.session, outcome.error):
            outcome = await self.session.work("Add a copy", run, (Stage.RECORDING,))
        added = outcome.value
        if added is not None:
            show_done(
                self.app,
                database_copy_added(added, Voice.KEY)
                if isinstance(added, DatabaseCopy)
                else copy_added(added, Voice.KEY),
            )
            self.load()
        elif outcome.error is not None:
            await self.tell(outcome.error)

    async def _which_file(self) -> str:
        way = await self.app.push_screen_wait(
            ChoiceDialog("Add a copy", ("A copy that was carried elsewhere, or found again.",), _WAYS)
        )
        if way == _BROWSE:
            return await browsed_backup(self, self.session) or ""
        return (await typed_backup(self, _as_typed) or "") if way == _TYPE else ""


async def _as_typed(address: str) -> str:
    return address
